"""Whoever loses the right to read hears nothing more, at the next check at the latest; others read on."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from factoryos.kernel import clock
from factoryos.kernel.live import Right, hub, line
from factoryos.kernel.live.line import Line
from factoryos.kernel.models import Membership, User
from tests.floor import a_factory
from tests.kernel.readers import Listener, a_right, cut_the_line, eventually, in_thread, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hub, "CHECK_SECONDS", 0.2)
    yield


def signed_in() -> Right:
    factory = a_factory()
    Session.objects.create(session_key="s3cret", session_data="", expire_date=clock.now() + timedelta(days=1))
    right = a_right(factory)
    password = User.objects.get(uuid=right.person).password
    return Right(right.person, factory.pk, session="s3cret", sign_in=hashlib.sha256(password.encode()).hexdigest())


def leave_the_factory(right: Right) -> None:
    Membership.objects.filter(user__uuid=right.person).delete()


def deactivate(right: Right) -> None:
    User.objects.filter(uuid=right.person).update(is_active=False)


def sign_out(right: Right) -> None:
    Session.objects.all().delete()


def let_the_session_run_out(right: Right) -> None:
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))


def change_the_password(right: Right) -> None:
    User.objects.filter(uuid=right.person).update(password="another")


@pytest.mark.parametrize(
    "lose", [leave_the_factory, deactivate, sign_out, let_the_session_run_out, change_the_password],
    ids=lambda lose: lose.__name__,
)  # fmt: skip
def test_a_lost_right_ends_the_stream(lose: Callable[[Right], None]) -> None:
    right, other = signed_in(), a_right(a_factory())

    async def scene() -> None:
        reader, colleague = await Listener(right).open(), await Listener(other).open()
        await asyncio.sleep(0.5)
        assert not reader.ended, "it holds until it is lost"
        await in_thread(lambda: lose(right))
        await eventually(lambda: reader.ended, within=2)
        assert reader.names == ["gone"]
        assert not colleague.ended
        await reader.close()
        await colleague.close()

    asyncio.run(scene())


def test_a_token_ends_its_stream_to_the_second() -> None:
    factory = a_factory()
    ends_at = time.time() + 1.0
    right = a_right(factory, ends_at=ends_at)

    async def scene() -> None:
        reader = await Listener(right).open()
        await tell(factory, 1)
        await eventually(lambda: reader.ended, within=3)
        assert ends_at <= time.time() < ends_at + 0.5
        assert reader.names == ["told", "gone"]
        await reader.close()

    asyncio.run(scene())


def test_a_right_lost_while_the_database_was_away_is_noticed_before_anything_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "CHECK_SECONDS", 60.0)
    right = signed_in()
    factory_id = right.factory_id

    async def scene() -> None:
        reader = await Listener(right).open()
        await asyncio.sleep(0.1)
        away = line.listening
        monkeypatch.setattr(hub.lines, "listening", _unreachable)
        await in_thread(cut_the_line)
        await in_thread(lambda: leave_the_factory(right))
        await tell(await in_thread(lambda: _factory(factory_id)), 1)
        monkeypatch.setattr(hub.lines, "listening", away)
        await eventually(lambda: reader.ended)
        assert reader.names == ["gone"]
        await reader.close()

    asyncio.run(scene())


def _unreachable() -> None:
    raise OSError("no route to the database")


def _factory(factory_id: int):  # type: ignore[no-untyped-def]
    from factoryos.kernel.models import Factory

    return Factory.objects.get(pk=factory_id)


def test_all_rights_are_asked_about_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rights = [a_right(a_factory()) for _ in range(10)]
    asked: list[str] = []
    ask = Line.ask

    async def counting(self: Line, question: str, parameters: object = ()) -> object:
        asked.append(question)
        return await ask(self, question, parameters)  # type: ignore[arg-type]

    async def scene() -> None:
        readers = [await Listener(rights[n % 10]).open() for n in range(50)]
        monkeypatch.setattr(Line, "ask", counting)
        await asyncio.sleep(1.1)
        checks = sum("kernel_membership" in question for question in asked)
        assert 3 <= checks <= 6
        for reader in readers:
            await reader.close()

    asyncio.run(scene())

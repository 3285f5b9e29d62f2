"""Readers of the live stream in the test's own event loop, and writers in threads, on committed rows."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from django.db import connection, transaction

from factoryos.kernel import live, outbox
from factoryos.kernel.live import Announcement, Right, Wish
from factoryos.kernel.live.line import NAME
from factoryos.kernel.models import Factory, Membership, User
from tests.callers import a_user

T = TypeVar("T")
TOPIC = "order.moved"


def a_right(factory: Factory, **facts: Any) -> Right:
    user: User = a_user()
    Membership.objects.create(user=user, factory=factory, roles=["viewer"])
    return Right(person=user.uuid, factory_id=factory.pk, **facts)


def shown(announcement: Announcement) -> tuple[str, dict[str, Any]]:
    return "told", {"n": announcement.payload["n"]}


class Listener:
    """A feed that is read as quickly as it comes, unless told otherwise; what came is kept in order."""

    def __init__(
        self, right: Right, *, topics: tuple[str, ...] = (TOPIC,), about: str | None = None, since: str | None = None
    ) -> None:
        wish = Wish(factory_id=right.factory_id, topics=frozenset(topics), about=about)
        self.pieces: AsyncIterator[bytes] = live.feed(
            right=right, wish=wish, show=shown, since=since, face="test", farewell=b"event: gone\ndata: {}\n\n"
        )
        self.text = ""
        self.ended = False
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> "Listener":
        await self.one()
        self.task = asyncio.create_task(self._read())
        return self

    async def one(self) -> str:
        piece = (await anext(self.pieces)).decode()
        self.text += piece
        return piece

    async def _read(self) -> None:
        async for piece in self.pieces:
            self.text += piece.decode()
        self.ended = True

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        await self.pieces.aclose()  # type: ignore[attr-defined]

    @property
    def events(self) -> list[tuple[str, int, Any]]:
        """(name, position, data) of each event so far."""
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields:
                found.append((fields["event"], int(fields.get("id", 0)), json.loads(fields["data"])))
        return found

    @property
    def numbers(self) -> list[int]:
        return [data["n"] for name, _, data in self.events if name == "told"]

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.events]

    @property
    def last_id(self) -> str:
        return [line[4:] for line in self.text.splitlines() if line.startswith("id: ")][-1]


async def in_thread(work: Callable[[], T]) -> T:
    """Run database work beside the loop, on a connection that is given back."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(run)


def put(factory: Factory | None, *numbers: int, topic: str = TOPIC, key: str = "k") -> None:
    with transaction.atomic():
        for n in numbers:
            outbox.put(topic=topic, factory_id=factory and factory.pk, key=key, payload={"n": n})


async def tell(factory: Factory, *numbers: int, **facts: Any) -> None:
    """Write announcements and relay them."""

    def work() -> None:
        put(factory, *numbers, **facts)
        outbox.relay()

    await in_thread(work)


async def eventually(condition: Callable[[], Any], *, within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


def listeners() -> list[int]:
    """The backends of all listening connections to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", [NAME]
        )
        return [row[0] for row in cursor.fetchall()]


def cut_the_line() -> int:
    """Kill every listening connection; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [NAME],
        )
        return len(cursor.fetchall())

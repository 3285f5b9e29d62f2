"""`manage.py poll_once`: what it reads, what it says, how it ends, and that it may be called beside a poller."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from iot import shards
from iot.models import Connection, CounterBaseline, CountEvent, PollShard
from iot.poller import work
from tests.floor import a_machine
from tests.polling.presses import Stand
from tests.polling.test_poller import a_poller, all_booked, booked, known, some_made, stint, wired
from tests.polling.wiring import a_connection, a_counter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand() as found:
        yield found


def poll_once(**options: Any) -> str:
    out = StringIO()
    call_command("poll_once", skip_checks=True, stdout=out, **options)
    return out.getvalue()


def test_each_reading_is_booked_once_and_it_says_what_came_of_it(stand: Stand) -> None:
    line, machine = wired(stand)
    assert f"{line.factory.slug} {line.code} (modbus_tcp): 1 of 1 points read. Pieces: 0 booked" in poll_once()
    CounterBaseline.objects.update(at="2026-01-01T00:00:00Z")
    some_made(stand)()
    assert f"{stand.made} without an order, 0 for a person to decide" in poll_once(connection=line.code.lower())
    assert booked(machine) == stand.made
    assert "Pieces: 0 booked, 0 without an order" in poll_once(factory=line.factory.slug)
    assert stand.lines == set()
    line.refresh_from_db()
    assert line.health == "ok"
    assert PollShard.objects.get().lease_until is not None
    assert shards.claim(owner="another", most=1)  # given back


def test_what_could_not_be_read_is_said_and_told_by_the_exit_code(stand: Stand) -> None:
    line, machine = wired(stand)
    sick = a_counter(line, a_machine(line.factory), where={"address": 900})
    dead = a_connection(line.factory)
    a_counter(dead, a_machine(line.factory))
    out = StringIO()
    with pytest.raises(CommandError, match="2 of 2 connections were not read whole") as ended:
        call_command("poll_once", skip_checks=True, stdout=out)
    assert ended.value.returncode == 2
    said = out.getvalue()
    assert f"{line.code} (modbus_tcp): 1 of 2 points read" in said
    assert f"good of {sick.machine.code}: Unit 1 refuses to give register 900" in said
    assert f"{dead.code} (modbus_tcp): 0 of 1 points read" in said
    assert CountEvent.objects.filter(machine=machine).exists()
    dead.refresh_from_db()
    assert (dead.health, bool(dead.last_error)) == ("failing", True)


@pytest.mark.parametrize(
    ("options", "why"),
    [({"connection": "nowhere"}, "no such connection"), ({"factory": "none"}, "no such"), ({}, "no conn")],
)
def test_where_there_is_nothing_to_read_it_says_so(options: dict[str, str], why: str) -> None:
    with pytest.raises(CommandError, match=why) as ended:
        poll_once(**options)
    assert ended.value.returncode == 1


def test_one_that_is_switched_off_is_not_read(stand: Stand) -> None:
    line, _ = wired(stand)
    Connection.objects.update(active=False)
    with pytest.raises(CommandError, match="switched on"):
        poll_once(connection=line.code)
    assert not CountEvent.objects.exists()


def test_beside_a_poller_it_is_handed_the_shard_and_gives_it_back(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, machine = wired(stand)
    monkeypatch.setattr(work, "LINES_CLOSE_S", 0.05)
    said: list[str] = []
    with a_poller() as poller:
        stint(poller, known, some_made(stand), lambda: said.append(poll_once()))
        assert "1 of 1 points read" in said[0]
        fence = PollShard.objects.get().fence
        assert stint(poller, all_booked(machine, stand))
        assert PollShard.objects.get().fence == fence + 1


def test_a_poller_that_does_not_answer_is_not_disturbed(stand: Stand) -> None:
    """It may be frozen, with its line open."""
    wired(stand)
    (lease,) = shards.claim(owner="frozen", most=1)
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("poll_once", skip_checks=True, stdout=out, wait=0.3)
    assert ended.value.returncode == 2
    assert "not read, frozen polls it and did not let go" in out.getvalue()
    assert shards.renew([lease]) == [lease]
    assert not CountEvent.objects.exists()

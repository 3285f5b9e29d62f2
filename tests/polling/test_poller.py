"""The poller at work: real sockets on one side, the database on the other."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, OperationalError, connection, transaction
from django.db.models import F

from factoryos.kernel import clock, outbox
from factoryos.kernel.problems import Busy
from iot import shards
from iot.booking import book
from iot.engine import health as engine_health
from iot.machine_states import report
from iot.models import Connection, CounterBaseline, CounterPoint, CountEvent, MachineStateInterval, PollShard
from iot.poller import desk, leases, threads, work
from iot.poller.poller import Poller
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine, done
from tests.polling.presses import GOOD, RUNS, Stand
from tests.polling.wiring import a_connection, a_counter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand() as found:
        yield found


@pytest.fixture
def poller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Poller]:
    monkeypatch.setattr(desk, "EVERY_S", 0.1)
    monkeypatch.setattr(work, "RENEW_S", 0.1)
    monkeypatch.setattr(engine_health, "FIRST_PAUSE_S", 0.1)
    with a_poller() as found:
        yield found


@contextmanager
def a_poller() -> Iterator[Poller]:
    poller = Poller()
    try:
        yield poller
    finally:
        poller.close()


def wired(stand: Stand, *, state: bool = False, every_s: float = 0.05) -> tuple[Connection, Machine]:
    """A press with a counter of its good pieces and, if so wished, a point that says what it does."""
    factory = a_factory()
    machine = a_machine(factory)
    line = a_connection(factory, address=stand.address, poll_every_s=every_s)
    a_counter(line, machine, where={"address": GOOD}, max_rate=5000.0)
    if state:
        where = {"address": RUNS}
        CounterPoint.objects.create(connection=line, machine=machine, role="state", where=where, encoding="u16")
    return line, machine


def on_a_shard_of_its_own(line: Connection, **facts: Any) -> None:
    Connection.objects.filter(pk=line.pk).update(shard=PollShard.objects.create(**facts))


def stint(poller: Poller, *meanwhile: Callable[[], Any], rest: float = 0.1) -> bool:
    """One stint in which other things go on, one after the other, and then for a `rest` of seconds nothing."""
    raised: list[BaseException] = []
    ended: list[float] = []

    def happen() -> None:
        try:
            for one in meanwhile:
                one()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()
            ended.append(time.monotonic())

    thread = threading.Thread(target=happen)
    thread.start()
    polled = poller.stint(seconds=30, told_to_end=lambda: bool(ended) and time.monotonic() > ended[0] + rest)
    thread.join(10)
    assert not raised, raised
    return polled


def until(true: Callable[[], Any], what: str, *, within: float = 15) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.02)


def known() -> None:
    """Every counter has been read once."""
    until(lambda: not CounterBaseline.objects.filter(raw=None).exists(), "the counters are known")


def some_made(stand: Stand) -> Callable[[], None]:
    def make() -> None:
        before = stand.made
        stand.start()
        until(lambda: stand.made > before + 50, "it makes pieces")
        stand.stop()

    return make


def booked(machine: Machine) -> int:
    return int(sum(CountEvent.objects.filter(machine=machine).values_list("pieces", flat=True)))


def will_be(machine: Machine, state: str) -> Callable[[], None]:
    return lambda: until(lambda: Machine.objects.get(pk=machine.pk).state == state, f"it is {state}")


def all_booked(machine: Machine, stand: Stand) -> Callable[[], None]:
    """Every piece that was made is booked, and no other."""
    return lambda: until(lambda: booked(machine) == stand.made > 0, "every piece is booked")


def heard_by_now() -> None:
    until(lambda: leases._counted()[3] == 1, "the poller listens")


def states(machine: Machine) -> list[str]:
    return list(MachineStateInterval.objects.filter(machine=machine).order_by("id").values_list("state", flat=True))


def test_what_a_press_makes_is_booked_to_the_last_piece(stand: Stand, poller: Poller) -> None:
    line, machine = wired(stand)
    assert stint(poller, known, some_made(stand), all_booked(machine, stand))
    line.refresh_from_db()
    assert (line.health, line.last_error) == ("ok", "")
    assert line.health_since is not None


def test_between_two_stints_the_line_stays_open_and_the_shard_ours(stand: Stand, poller: Poller) -> None:
    wired(stand)
    assert stint(poller, known)
    lines, fence = stand.lines, PollShard.objects.get().fence
    assert len(lines) == 1
    assert shards.claim(owner="another", most=1) == []
    assert stint(poller)
    assert stand.lines == lines
    assert PollShard.objects.get().fence == fence + 1


def test_closed_it_leaves_no_line_and_others_may_take_over_at_once(stand: Stand) -> None:
    wired(stand)
    with a_poller() as poller:
        stint(poller)
    assert stand.lines == set()
    assert len(shards.claim(owner="another", most=1)) == 1


def test_with_nothing_to_poll_a_stint_ends_at_once(poller: Poller) -> None:
    began = time.monotonic()
    assert not poller.stint(seconds=30, told_to_end=lambda: False)
    assert time.monotonic() - began < 2


def test_told_to_end_a_stint_is_cut_short(stand: Stand, poller: Poller) -> None:
    wired(stand)
    began = time.monotonic()
    assert poller.stint(seconds=30, told_to_end=lambda: time.monotonic() > began + 0.2)
    assert time.monotonic() - began < 3


def test_states_are_told_when_they_change_and_silence_is_no_data_at_once(stand: Stand, poller: Poller) -> None:
    line, machine = wired(stand, state=True)
    stint(poller, will_be(machine, "idle"), stand.start, will_be(machine, "running"), stand.stop)
    stint(poller, will_be(machine, "idle"), stand.fall_silent, will_be(machine, "no_data"))
    assert states(machine) == ["idle", "running", "idle", "no_data"]
    line.refresh_from_db()
    assert line.health in ("failing", "probing")
    assert line.last_error
    stand.answer()
    stint(poller, will_be(machine, "idle"))
    line.refresh_from_db()
    assert (line.health, states(machine)[4:]) == ("ok", ["idle"])


def test_a_machine_that_another_line_speaks_for_is_not_silent(stand: Stand, poller: Poller) -> None:
    line, machine = wired(stand, state=True)
    other = a_connection(line.factory, health="ok")  # nothing listens there
    CounterPoint.objects.filter(role="good").update(connection=other)
    on_a_shard_of_its_own(other, lease_owner="another", lease_until=clock.now() + timedelta(minutes=1))
    done(report, machine=machine, state="running", at=clock.now())
    stand.fall_silent()
    stint(poller, lambda: until(lambda: Connection.objects.get(pk=line.pk).health == "probing", "it is given up"))
    assert states(machine) == ["running"]


def test_health_is_written_only_when_it_changes(stand: Stand, poller: Poller) -> None:
    """Not when a stint begins, and not when another poller begins."""
    wired(stand)
    stint(poller, known)
    before = row_version()
    stint(poller)
    poller.close()
    with a_poller() as another:
        stint(another)
        assert PollShard.objects.get().lease_owner == another.owner
    assert row_version() == before


def row_version() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM iot_connection")
        return cursor.fetchone()


def test_a_poller_whose_shard_was_taken_over_writes_nothing_and_closes_its_line(stand: Stand, poller: Poller) -> None:
    _, machine = wired(stand)
    stint(poller, known)
    seen: list[tuple[int, set[int]]] = []

    def take_over() -> None:
        PollShard.objects.update(
            lease_owner="another", lease_until=clock.now() + timedelta(minutes=1), fence=F("fence") + 1
        )

    def look() -> None:
        time.sleep(0.3)
        seen.append((booked(machine), stand.lines))

    stint(poller, take_over, stand.start, look)
    assert seen == [(0, set())]
    assert not stint(poller)


def test_control_left_alone_the_same_poller_books_and_keeps_its_line(stand: Stand, poller: Poller) -> None:
    _, machine = wired(stand)
    stint(poller, known)
    stint(poller, stand.start, lambda: time.sleep(0.3))
    assert booked(machine) > 0
    assert len(stand.lines) == 1


def test_what_is_changed_is_polled_as_it_is_now_and_what_is_switched_off_has_no_data(
    stand: Stand, poller: Poller
) -> None:
    line, machine = wired(stand, state=True)
    with Stand() as another:
        another.start()
        at = {"address": another.address, "version": F("version") + 1}
        change = Connection.objects.filter(pk=line.pk)
        stint(poller, will_be(machine, "idle"), lambda: change.update(**at), will_be(machine, "running"))
        assert (stand.lines, len(another.lines)) == (set(), 1)
        stint(poller, lambda: change.update(active=False, version=F("version") + 1), will_be(machine, "no_data"))
        assert another.lines == set()


@pytest.mark.parametrize("error", [OperationalError, InternalError])  # InternalError: it has become a standby, 25006
def test_a_database_that_is_away_loses_nothing(
    stand: Stand, poller: Poller, monkeypatch: pytest.MonkeyPatch, error: type[DatabaseError]
) -> None:
    _, machine = wired(stand)
    stint(poller, known)
    away = [True]

    def no_claim(**kwargs: Any) -> Any:
        raise error("the connection is lost")

    def no_book(*args: Any, **kwargs: Any) -> Any:
        if away[0]:
            raise error("the connection is lost")
        return book(*args, **kwargs)

    monkeypatch.setattr(leases, "claim", no_claim)
    monkeypatch.setattr(desk, "book", no_book)
    assert stint(poller, some_made(stand))
    assert booked(machine) == 0
    away.clear()
    away.append(False)
    assert stint(poller, all_booked(machine, stand))


def test_connections_that_the_server_ends_are_opened_anew(stand: Stand, poller: Poller) -> None:
    _, machine = wired(stand)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()[0]

    def end_them_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [ours],
            )
            assert cursor.fetchone()[0] >= 3  # to book, to keep leases, to listen

    stint(poller, known, heard_by_now, end_them_all, some_made(stand))
    fence = PollShard.objects.get().fence
    stint(poller, all_booked(machine, stand), heard_by_now)
    assert PollShard.objects.get().fence == fence + 1


def test_a_reading_that_cannot_be_booked_holds_up_no_other(
    stand: Stand, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, machine = wired(stand)
    sick = a_counter(line, a_machine(line.factory), where={"address": GOOD}, max_rate=5000.0)

    def book_but_one(samples: Any, **kwargs: Any) -> Any:
        if any(sample.point_id == sick.pk for sample in samples):
            raise ArithmeticError("this one cannot be")
        return book(samples, **kwargs)

    monkeypatch.setattr(desk, "book", book_but_one)

    def other_known() -> None:
        until(CountEvent.objects.exists, "the other is known")

    stint(poller, other_known, some_made(stand), all_booked(machine, stand))
    assert not CountEvent.objects.filter(point=sick).exists()


def boundary(machine: Machine, *, ago: float = 0) -> None:
    """An order begins or ends on the machine, and the relay has told it."""
    at = clock.now() - timedelta(seconds=ago)
    payload = {"machines": [machine.pk], "at": at.isoformat()}
    with transaction.atomic():
        outbox.put(topic="machine.boundary", factory_id=machine.factory_id, key="1", payload=payload)
    outbox.relay()


def test_an_order_s_start_and_stop_are_read_at_once(stand: Stand, poller: Poller) -> None:
    _, machine = wired(stand, every_s=600)  # by the clock it would be read in some seconds, then never again

    def read() -> None:
        boundary(machine)

    stint(poller, heard_by_now, read, known, some_made(stand), read, all_booked(machine, stand))


def test_a_boundary_s_reading_is_kept_until_it_is_booked(
    stand: Stand, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later reading would say the same, but not to whom the pieces belong."""
    _, machine = wired(stand)
    tried: list[Any] = []

    def busy_at_first(samples: Any, **kwargs: Any) -> Any:
        asked = [sample for sample in samples if sample.boundary is not None]
        tried.extend(asked)
        if asked and len(tried) < 3:
            raise Busy()
        return book(samples, **kwargs)

    monkeypatch.setattr(desk, "book", busy_at_first)
    stint(poller, known, heard_by_now, lambda: boundary(machine), lambda: until(lambda: len(tried) > 2, "it is tried"))
    assert len(set(tried)) == 1


def test_control_of_a_boundary_long_past_nobody_is_told(stand: Stand, poller: Poller) -> None:
    _, machine = wired(stand, every_s=600)
    stint(poller, heard_by_now, lambda: boundary(machine, ago=5), some_made(stand), lambda: boundary(machine, ago=5))
    assert not CountEvent.objects.exists()


def test_a_poller_that_comes_back_after_a_long_time_first_says_that_nothing_was_heard(
    stand: Stand, poller: Poller
) -> None:
    _, machine = wired(stand, state=True)
    stand.start()
    stint(poller, will_be(machine, "running"))
    before = clock.now() - timedelta(hours=12)
    MachineStateInterval.objects.update(started_at=before - timedelta(hours=1))
    PollShard.objects.update(polled_at=before, lease_until=before)
    stint(poller, lambda: until(lambda: len(states(machine)) == 3, "it was silent, and runs again"))
    rows = list(MachineStateInterval.objects.filter(machine=machine).order_by("started_at"))
    assert [row.state for row in rows] == ["running", "no_data", "running"]
    assert rows[1].started_at == before


def test_what_another_may_have_counted_between_two_stints_is_told_anew(stand: Stand, poller: Poller) -> None:
    """The counter shows what it showed before, but went to 5 and was set back while another read it."""
    wired(stand)
    stint(poller, known)
    PollShard.objects.update(lease_until=None)
    shards.give_back(shards.claim(owner="another", most=1))
    CounterBaseline.objects.update(raw=5)
    doubted = CounterBaseline.objects.filter(doubted=0)
    stint(poller, lambda: until(doubted.exists, "it is told what the counter shows", within=5))


def test_two_pollers_share_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        on_a_shard_of_its_own(a_connection(a_factory()))
    monkeypatch.setattr(leases, "_counted", lambda: (4, 4, False, 1))
    first = leases.claim(owner="first", had=[])
    assert len(first) == 4  # nobody else was there
    monkeypatch.setattr(leases, "_counted", lambda: (4, 0, False, 2))
    assert leases.claim(owner="second", had=[]) == []
    kept = leases.claim(owner="first", had=first)
    assert len(kept) == 2
    assert len(leases.claim(owner="second", had=[])) == 2


def test_shards_of_a_poller_that_is_frozen_are_not_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It still counts as one of two."""
    long_ago = clock.now() - timedelta(seconds=leases.OVERDUE_S + 1)
    for owner in ("frozen", "frozen", "frozen", "awake"):
        on_a_shard_of_its_own(a_connection(a_factory()), lease_owner=owner, lease_until=long_ago)
    counted = leases._counted
    monkeypatch.setattr(leases, "_counted", lambda: (*counted()[:3], 2))
    assert leases.somebody_is_missing()
    assert len(leases.claim(owner="awake", had=[])) == 4
    assert not leases.somebody_is_missing()


def test_a_poller_frozen_in_the_middle_of_a_transaction_keeps_its_shard_from_nobody(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends its session, and with it the lock on the shard."""
    monkeypatch.setattr(threads, "IDLE_MS", 200)
    wired(stand)
    (lease,) = shards.claim(owner="frozen", most=1)
    PollShard.objects.update(lease_until=clock.now())

    def freeze() -> None:
        with transaction.atomic():
            shards.hold(lease)
            time.sleep(1)

    async def frozen() -> None:
        thread = threads.DatabaseThread("frozen")
        freezing = asyncio.create_task(thread.do(freeze))
        await asyncio.sleep(0.1)
        another = threads.DatabaseThread("another")
        assert await another.do(shards.claim, owner="another", most=1) == []
        await asyncio.sleep(0.3)
        assert len(await another.do(shards.claim, owner="another", most=1)) == 1
        with pytest.raises(DatabaseError):
            await freezing
        await thread.close()
        await another.close()

    asyncio.run(frozen())


def test_pollers_are_counted_by_their_listening_sessions(stand: Stand, poller: Poller) -> None:
    wired(stand)
    assert leases._counted()[3] == 0
    stint(poller, heard_by_now)
    assert leases._counted()[3] == 1

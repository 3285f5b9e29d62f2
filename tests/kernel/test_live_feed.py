"""What a reader hears: everything of their factory, once, in order, whatever happens to the connection; nothing else."""

import asyncio
import gc
import random

import pytest
from django.db import connection, transaction

from factoryos.kernel import metrics, outbox
from factoryos.kernel.live import feeding, hub, seats
from factoryos.kernel.live.hub import hub_of_this_loop
from factoryos.kernel.live.line import Line
from factoryos.kernel.live.reader import MOST_WAITING
from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.problems import Busy, RateLimited
from tests.floor import a_factory
from tests.kernel.readers import Listener, a_right, cut_the_line, eventually, in_thread, listeners, put, tell

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_announced_reaches_the_reader_with_its_position() -> None:
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        reader = await Listener(right).open()
        await tell(factory, 1, 2)
        await eventually(lambda: len(reader.events) == 2)
        positions = await in_thread(
            lambda: list(OutboxMessage.objects.order_by("id").values_list("position", flat=True))
        )
        assert reader.events == [("told", positions[0], {"n": 1}), ("told", positions[1], {"n": 2})]
        await reader.close()

    asyncio.run(scene())


def test_the_first_word_says_when_to_come_back_and_where_from() -> None:
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        await tell(factory, 1)
        reader = Listener(right)
        told = await in_thread(lambda: OutboxMessage.objects.get().position)
        assert await reader.one() == f"retry: {feeding.RETRY_MS}\nid: {told}\n\n"
        await reader.close()
        await tell(factory, 2)
        again = await Listener(right, since=reader.last_id).open()
        await eventually(lambda: again.numbers == [2])
        await again.close()

    asyncio.run(scene())


def test_another_factorys_announcements_never_come_neither_live_nor_afterwards() -> None:
    ours, theirs = a_factory(), a_factory()
    right, stranger = a_right(ours), a_right(theirs)

    async def scene() -> None:
        await tell(ours, 0)
        mark = str(await in_thread(lambda: OutboxMessage.objects.get().position))
        reader, other = await Listener(right).open(), await Listener(stranger).open()
        await tell(theirs, 1, 2, 3)
        await tell(ours, 4, key="thing")
        await tell(theirs, 5, key="thing")
        await eventually(lambda: reader.numbers == [4] and other.numbers == [1, 2, 3, 5])
        replayed = await Listener(right, since=mark).open()
        named = await Listener(right, since=mark, about="thing").open()
        await tell(ours, 6)
        await eventually(lambda: replayed.numbers == [4, 6])
        assert named.numbers == [4] and reader.numbers == [4, 6]
        for each in (reader, other, replayed, named):
            await each.close()

    asyncio.run(scene())


def test_only_the_topics_and_the_thing_asked_for_come() -> None:
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        reader = await Listener(right, topics=("order.created",), about="a").open()
        await tell(factory, 1, topic="order.created", key="b")
        await tell(factory, 2, topic="order.moved", key="a")
        await tell(factory, 3, topic="order.created", key="a")
        await eventually(lambda: reader.numbers == [3])
        await reader.close()

    asyncio.run(scene())


def test_heartbeats_come_even_if_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "BEAT_SECONDS", 0.05)
    right = a_right(a_factory())

    async def scene() -> None:
        reader = await Listener(right).open()
        await eventually(lambda: reader.text.count(": \n\n") >= 3)
        await reader.close()

    asyncio.run(scene())


# --- Coming back ------------------------------------------------------------------------------------------------------


def test_nothing_is_lost_or_repeated_over_broken_connections_late_commits_and_two_relays() -> None:
    """Readers who leave and come back all the time hear exactly what one hears who stays."""
    factory, other = a_factory(), a_factory()
    right = a_right(factory)
    writers, each = 4, 40

    def write(number: int) -> None:
        chance = random.Random(number)
        for n in range(each):
            with transaction.atomic():
                put(factory, number * each + n)
                put(other, -1)
                if chance.random() < 0.3:  # a row that is written early and seen late
                    connection.cursor().execute("SELECT pg_sleep(0.02)")

    async def relays(until: asyncio.Event) -> None:
        while not until.is_set():
            await in_thread(outbox.relay)
        await in_thread(outbox.relay)

    async def restless(heard: list[int], done: asyncio.Event) -> None:
        mark: str | None = None
        chance = random.Random(7)
        while not done.is_set() or len(heard) < writers * each:
            reader = await Listener(right, since=mark).open()
            await asyncio.sleep(chance.random() * 0.05)
            await reader.close()
            heard += reader.numbers
            mark = reader.last_id if "id: " in reader.text else mark

    async def scene() -> None:
        steady = await Listener(right).open()
        written, heard, done = asyncio.Event(), [list[int]() for _ in range(3)], asyncio.Event()
        await tell(factory, -2)  # so that each has a mark from the first moment on
        await eventually(lambda: steady.numbers == [-2])
        coming = [asyncio.create_task(restless(numbers, done)) for numbers in heard]
        relaying = [asyncio.create_task(relays(written)) for _ in range(2)]
        await asyncio.gather(*(in_thread(lambda number=number: write(number)) for number in range(writers)))  # type: ignore[misc]
        written.set()
        await asyncio.gather(*relaying)
        done.set()
        await asyncio.wait_for(asyncio.gather(*coming), 30)
        await eventually(lambda: len(steady.numbers) == writers * each + 1)
        assert sorted(steady.numbers[1:]) == list(range(writers * each))
        for numbers in heard:
            assert numbers == steady.numbers[1:]
        await steady.close()

    asyncio.run(scene())


def test_a_long_absence_is_told_page_by_page_and_goes_over_into_live_without_a_seam() -> None:
    factory = a_factory()
    right = a_right(factory)
    missed = hub.PAGE * 2 + 7

    async def scene() -> None:
        await tell(factory, -1)
        mark = str(await in_thread(lambda: OutboxMessage.objects.get().position))
        await tell(factory, *range(missed))
        reader = await Listener(right, since=mark).open()
        await tell(factory, *range(missed, missed + 50))
        await eventually(lambda: len(reader.numbers) >= missed + 50)
        assert reader.numbers == list(range(missed + 50))
        await reader.close()

    asyncio.run(scene())


def test_joining_later_than_in_the_step_of_the_last_page_would_leave_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what is dealt out between the last page and the joining is never heard."""
    factory = a_factory()
    right = a_right(factory)
    join = hub.Hub._join
    held: list[object] = []

    def late(self: hub.Hub, reader: object) -> None:
        if reader.since is None:  # type: ignore[attr-defined]
            join(self, reader)  # type: ignore[arg-type]
        else:
            held.append(reader)

    async def scene() -> None:
        await tell(factory, 0)
        mark = str(await in_thread(lambda: OutboxMessage.objects.get().position))
        steady = await Listener(right).open()
        monkeypatch.setattr(hub.Hub, "_join", late)
        reader = await Listener(right, since=mark).open()
        await eventually(lambda: held)
        await tell(factory, 1)
        await eventually(lambda: steady.numbers == [1])
        join(hub_of_this_loop(), held[0])  # type: ignore[arg-type]
        await tell(factory, 2)
        await eventually(lambda: reader.numbers == [2])
        await steady.close()
        await reader.close()

    asyncio.run(scene())


@pytest.mark.parametrize("since", ["x", "-1", "0", "1e3", "99999999999999999999", "123456789", "١"])
def test_who_cannot_be_told_what_they_missed_is_told_to_start_anew(since: str) -> None:
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        reader = await Listener(right, since=since).open()
        await eventually(lambda: reader.names == ["reset"])
        await tell(factory, 1)
        await eventually(lambda: reader.names == ["reset", "told"])
        await reader.close()

    asyncio.run(scene())


@pytest.mark.parametrize(("hours", "names"), [(23, ["told"]), (25, ["reset"])])
def test_a_day_is_kept_for_who_comes_back(hours: int, names: list[str]) -> None:
    factory = a_factory()
    right = a_right(factory)

    def age() -> str:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_outboxmessage SET done_at = now() - make_interval(hours => %s)", [hours])
        return str(OutboxMessage.objects.order_by("position")[0].position)

    async def scene() -> None:
        await tell(factory, 1, 2)
        reader = await Listener(right, since=await in_thread(age)).open()
        await eventually(lambda: reader.names == names)
        await reader.close()

    asyncio.run(scene())


def test_a_killed_connection_is_made_again_and_nothing_is_lost() -> None:
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        reader = await Listener(right).open()
        for n in range(5):
            await tell(factory, 2 * n)
            assert await in_thread(cut_the_line) <= 1
            await tell(factory, 2 * n + 1)
            await eventually(lambda n=n: len(reader.numbers) == 2 * n + 2)  # type: ignore[misc]
        assert reader.numbers == list(range(10))
        await reader.close()

    asyncio.run(scene())


def test_a_lost_notification_costs_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.3)
    monkeypatch.setattr(Line, "heard", lambda self: False)
    factory = a_factory()
    right = a_right(factory)

    async def scene() -> None:
        reader = await Listener(right).open()
        await tell(factory, 1)
        await eventually(lambda: reader.numbers == [1])
        await reader.close()

    asyncio.run(scene())


# --- Bounds -----------------------------------------------------------------------------------------------------------


def test_a_reader_who_does_not_read_is_reset_once_and_holds_up_nobody() -> None:
    factory = a_factory()
    right = a_right(factory)
    many = MOST_WAITING * 3

    async def scene() -> None:
        before = metrics.RESETS._value.get()
        slow, quick = Listener(right), await Listener(right).open()
        await slow.one()
        for n in range(0, many, 64):
            await tell(factory, *range(n, n + 64))
            await eventually(lambda n=n: len(quick.numbers) == n + 64)  # type: ignore[misc]
            waiting = [len(reader._queue) for reader in hub_of_this_loop()._readers]
            assert max(waiting) <= MOST_WAITING
        assert metrics.RESETS._value.get() == before + 1
        slow.task = asyncio.create_task(slow._read())
        await eventually(lambda: slow.names == ["reset"])
        await tell(factory, many)
        await eventually(lambda: slow.numbers == [many])
        assert quick.numbers == list(range(many + 1)) and "reset" not in quick.names
        assert slow.events[0][1] == quick.events[-2][1], "from where it was reset it can resume"
        for each in (slow, quick):
            await each.close()

    asyncio.run(scene())


def test_a_person_has_twenty_seats_and_gets_them_back() -> None:
    right, other = a_right(a_factory()), a_right(a_factory())

    async def scene() -> None:
        before = seats.taken()
        readers = [await Listener(right).open() for _ in range(seats.MOST_OF_A_PERSON - 1)]
        never_begun = Listener(right)
        with pytest.raises(RateLimited):
            Listener(right)
        Listener(other)
        del never_begun
        gc.collect()
        assert seats.taken() == before + seats.MOST_OF_A_PERSON - 1, "one that never began is left too"
        readers.append(await Listener(right).open())
        for reader in readers:
            await reader.close()
        assert seats.taken() == before

    asyncio.run(scene())


def test_a_process_has_a_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "MOST", seats.taken())
    right = a_right(a_factory())
    with pytest.raises(Busy):
        Listener(right)
    monkeypatch.undo()
    Listener(right)


def test_any_number_of_readers_share_one_connection_which_ends_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "IDLE_SECONDS", 0.2)
    rights = [a_right(a_factory()) for _ in range(30)]

    async def scene() -> None:
        readers = [await Listener(right).open() for right in rights]
        assert len(await in_thread(listeners)) == 1
        for reader in readers:
            await reader.close()
        for _ in range(100):
            if not await in_thread(listeners):
                break
            await asyncio.sleep(0.05)
        assert not await in_thread(listeners)
        late = await Listener(rights[0]).open()  # and is made again
        assert len(await in_thread(listeners)) == 1
        await late.close()

    asyncio.run(scene())

"""Batches about the same orders, kept by several at once: none is lost, none doubled, and no two wait for each other."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection, transaction

from factoryos.kernel.models import Factory
from factoryos.kernel.transactions import whole
from orders.ingest import store
from orders.ingest.rows import StatedRow, Stored
from orders.models import IngestHead, IngestRequest, ManufacturingOrderVersion
from tests import floor
from tests.evidence import everything
from tests.orders.ingest.stated import at, keep, numbered, receipt, stated
from tests.races.test_killed import wait_until_its_session_is_gone
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 300


def orders(factory: Factory, hour: int, first: int = 0) -> list[StatedRow]:
    return [stated(factory, order_number=f"MO-{n:04}", updated_at=at(hour)) for n in range(first, first + ROWS)]


def unsorted(kept: Sequence[str]) -> list[str]:
    """As they came, but for versions of one order, which are told apart by being neighbours. There are none here."""
    return list(kept)


def once(factory: Factory, rows: Sequence[StatedRow]) -> Callable[[], Stored]:
    """Keeps them, and does not try again."""

    def work() -> Stored:
        with transaction.atomic(durable=True):
            return store.keep(numbered(*rows), receipt=receipt(factory))

    return work


def deadlocks(outcomes: Sequence[Any]) -> int:
    found = [one for one in outcomes if isinstance(one, BaseException)]
    assert all(isinstance(one, OperationalError) and one.__cause__.sqlstate == "40P01" for one in found), found  # type: ignore[union-attr]
    return len(found)


def crosswise(factory: Factory, rounds: int) -> int:
    """Two overlapping batches in opposite order, so many times. How many deadlocks there were; the newest version won.

    Of half of the orders both hold the same version, of the others one holds a newer one than the other.
    """
    met, half = 0, ROWS // 2
    for number in range(rounds):
        same = orders(factory, 11, first=number * 1000)[:half]
        newer, older = (orders(factory, hour, first=number * 1000)[half:] for hour in (12, 10))
        found = deadlocks(at_once(once(factory, same + newer), once(factory, (same + older)[::-1])))
        met += found
        if not found:
            heads = IngestHead.objects.filter(order_number__in=[row.order_number for row in same + newer])
            told = list(heads.order_by("order_number").values_list("updated_at__hour", flat=True))
            assert told == [11] * half + [12] * (ROWS - half)
    return met


def test_overlapping_batches_in_opposite_order_never_wait_for_each_other() -> None:
    assert crosswise(floor.a_factory(), 20) == 0


def test_control_unsorted_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.ingest.staging.sorted", unsorted, raising=False)
    assert crosswise(floor.a_factory(), 20) > 0


def test_through_the_runner_all_are_kept_at_the_first_attempt() -> None:
    factory = floor.a_factory()
    newer, older = orders(factory, 12), orders(factory, 10)
    attempts: list[int] = []

    def keeping(rows: Sequence[StatedRow]) -> Callable[[], Stored]:
        return lambda: whole(lambda: attempts.append(1) or store.keep(numbered(*rows), receipt=receipt(factory)))

    told = at_once(*map(keeping, (newer, older[::-1], newer[::-1], older)))
    assert sum(one.changed for one in told if isinstance(one, Stored)) == 2 * ROWS
    assert len(attempts) == 4
    assert ManufacturingOrderVersion.objects.count() == 2 * ROWS
    assert set(IngestHead.objects.values_list("updated_at__hour", flat=True)) == {12}


def test_ten_equal_requests_are_one_version_each_and_told_so_exactly() -> None:
    factory = floor.a_factory()
    rows = orders(factory, 12)
    told = at_once(*[lambda: keep(factory, *rows)] * 10)
    assert sorted(one.changed for one in told if isinstance(one, Stored)) == [0] * 9 + [ROWS]
    assert sorted(len(one.unchanged) for one in told if isinstance(one, Stored)) == [0] + [ROWS] * 9
    assert (ManufacturingOrderVersion.objects.count(), IngestHead.objects.count()) == (ROWS, ROWS)
    assert set(IngestHead.objects.values_list("revision", flat=True)) == {1}
    assert IngestRequest.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_overlapping_batches_together_tell_of_each_version_once(attempt: int) -> None:
    """Who is told that a row is unchanged is told by what the merge gave back: a look before it would have seen nothing."""
    factory = floor.a_factory()
    first, second = orders(factory, 12), orders(factory, 12, first=ROWS // 2)
    told = at_once(
        lambda: keep(factory, *first), lambda: keep(factory, *reversed(second)), lambda: keep(factory, *first)
    )
    assert sum(one.changed for one in told if isinstance(one, Stored)) == ROWS + ROWS // 2
    assert sum(len(one.unchanged) for one in told if isinstance(one, Stored)) == ROWS + ROWS // 2
    assert set(IngestHead.objects.values_list("revision", flat=True)) == {1}


@pytest.mark.parametrize("append", [False, True])
def test_what_is_stored_while_one_waits_is_seen_by_it(append: bool) -> None:
    """One has written and not committed; the other, which began before that commit, is told the truth after it."""
    factory = floor.a_factory()
    same, other, late = (stated(factory, order_number=number) for number in ("MO-1", "MO-2", "MO-3"))
    written, go_on = threading.Event(), threading.Event()

    def one() -> Stored:
        with transaction.atomic(durable=True):
            told = store.keep(numbered(same, other, late), receipt=receipt(factory))
            written.set()
            assert go_on.wait(10)
        return told

    def another() -> Stored:
        assert written.wait(10)
        threading.Timer(0.3, go_on.set).start()
        rows = same, other._replace(produced_units=7), late._replace(updated_at=at(9))
        return keep(factory, *rows, append=append)

    assert at_once(one, another) == [
        Stored(changed=3),
        Stored(changed=1, unchanged=[0], conflicts=[1], older=[2]) if append
        else Stored(changed=2, unchanged=[0], older=[2]),
    ]  # fmt: skip
    heads = dict(IngestHead.objects.values_list("order_number", "revision"))
    assert heads == {"MO-1": 1, "MO-2": 1 if append else 2, "MO-3": 1}


@pytest.mark.parametrize("attempt", range(3))
def test_head_and_newest_version_agree_after_many_writers(attempt: int) -> None:
    factory = floor.a_factory()

    def writer(turn: int) -> Callable[[], None]:
        def work() -> None:
            for step in range(6):
                hour = 8 + (turn * 5 + step * 3) % 4
                rows = [row._replace(produced_units=(turn + step) % 3) for row in orders(factory, hour)[:40]]
                keep(factory, *(rows if turn % 2 else rows[::-1]))

        return work

    assert at_once(*(writer(turn) for turn in range(4))) == [None] * 4
    newest = ManufacturingOrderVersion.objects.order_by("order_number", "-updated_at").distinct("order_number")
    assert list(newest.values_list("order_number", "updated_at", "content")) == list(
        IngestHead.objects.order_by("order_number").values_list("order_number", "updated_at", "content")
    )


# Keeps rows in one transaction, says so before the commit, and commits when told to.
KEEPER = """
import sys
import django
django.setup()
from django.db import transaction
from factoryos.kernel.models import Factory
from orders.ingest import merging, store
from tests.orders.ingest.stated import receipt, stated
factory = Factory.objects.get(pk=int(sys.argv[1]))
def wait(*args, **kwargs):
    print("kept", flush=True)
    sys.stdin.readline()
    return set()
if sys.argv[2] == "after the copy":
    plain = merging.merge_versions
    merging.merge_versions = lambda *args: (wait(), plain(*args))[1]
with transaction.atomic():
    store.keep([stated(factory)], receipt=receipt(factory))
    if sys.argv[2] == "before the commit":
        wait()
"""


def keeper(factory: Factory, when: str) -> "subprocess.Popen[str]":
    known = connection.settings_dict
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    url = f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(factory.pk), when],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "kept\n"
    return process


def stored() -> tuple[int, ...]:
    return tuple(table.objects.count() for table in (ManufacturingOrderVersion, IngestHead, IngestRequest))  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["after the copy", "before the commit"])
def test_killed_before_its_commit_it_leaves_nothing(when: str) -> None:
    factory = floor.a_factory()
    before = everything()
    process = keeper(factory, when)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    with suppress(AssertionError):
        wait_until_its_session_is_gone()
    assert (stored(), everything()) == ((0, 0, 0), before)
    assert keep(factory, stated(factory)) == Stored(changed=1)


@pytest.mark.slow
def test_control_left_alone_it_keeps_its_rows() -> None:
    factory = floor.a_factory()
    keeper(factory, "after the copy").communicate("\n", timeout=20)
    assert stored() == (1, 1, 1)

"""report_counts: each piece once, whatever is told again, and one count not at the cost of another."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from orders import actions, history, ledger
from orders.actions.report_counts import MOST, report_counts
from orders.machine_counts import Outcome
from orders.models import QuantityEntry
from tests import floor
from tests.counted import a_count, booked, good_of
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


# --- Once, and one not at the cost of another -------------------------------------------------------------------------


def test_a_key_that_is_known_adds_nothing_and_gives_the_entry_that_was_booked() -> None:
    stage = Stage()
    order = stage.running()
    (first,) = booked(a_count(stage.machine, 5, key="k"))
    before = everything()
    again = booked(a_count(stage.machine, 5, key="k"), a_count(stage.machine, 5, key="k"))
    assert again == [first, first]
    assert everything() == before and good_of(order) == 5


def test_a_key_that_comes_twice_in_one_call_is_booked_once() -> None:
    stage = Stage()
    order = stage.running()
    outcomes = booked(*[a_count(stage.machine, 5, key="k")] * 3)
    assert len(set(outcomes)) == 1 and good_of(order) == 5


def test_a_key_is_the_orders_own() -> None:
    stage = Stage()
    other = floor.a_machine(stage.factory)
    orders = [stage.running(), stage.running(on=[other])]
    booked(a_count(stage.machine, 5, key="k"), a_count(other, 7, key="k"))
    assert [good_of(order) for order in orders] == [5, 7]


def test_a_key_that_is_known_is_known_still_when_the_order_is_over() -> None:
    stage = Stage()
    order = stage.running()
    count = a_count(stage.machine, 5, key="k")
    (first,) = booked(count)
    stage.do(actions.complete, order)
    assert booked(count) == [first]


@pytest.mark.parametrize("pieces", [(0, 0), (-1, 0), (3, -1), (10**13, 0)])
def test_one_count_that_cannot_be_booked_does_not_spoil_the_others(pieces: tuple[int, int]) -> None:
    room = Storeroom(per_unit=1, stock=100)
    machines = [floor.a_machine(room.factory) for _ in range(3)]
    orders = [room.running(10, on=[machine]) for machine in machines]
    good, bad, more = booked(a_count(machines[0], 2), a_count(machines[1], *pieces), a_count(machines[2], 3))
    assert [one.outcome for one in (good, bad, more)] == [Outcome.BOOKED, Outcome.FAILED, Outcome.BOOKED]
    assert bad.text and bad.entry_id is None and len(bad.text) < 200
    assert [good_of(order) for order in orders] == [2, 0, 3]
    assert not orders[1].events.filter(verb="report").exists()
    require_truth()


def test_what_went_wrong_inside_is_not_told() -> None:
    stage = Stage()
    stage.running()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "book_all", lambda entries: (_ for _ in ()).throw(RuntimeError("password=hunter2")))
        (outcome,) = booked(a_count(stage.machine))
    assert (outcome.outcome, outcome.text) == (Outcome.FAILED, "RuntimeError")


def test_what_the_database_wants_tried_again_is_left_to_the_transaction_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    order = stage.running()
    tries = []

    def struck(entries: Any) -> None:
        tries.append(entries)
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(ledger, "book_all", struck)
    with pytest.raises(OperationalError):
        booked(a_count(stage.machine))
    assert len(tries) == 1 and good_of(order) == 0


def test_an_order_that_somebody_wrote_past_the_lock_is_asked_about_again() -> None:
    stage = Stage()
    order = stage.running()
    append_all = history.append_all

    def beside(steps: Any, *, verb: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE orders_productionorder SET version = version + 1 WHERE id = %s", [order.pk])
        append_all(steps, verb=verb)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "append_all", beside)
        (outcome,) = booked(a_count(stage.machine))
    assert outcome.outcome is Outcome.BUSY
    assert not QuantityEntry.objects.exists()


def test_only_a_machine_may_come_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The right is asked for: a matrix in which devices report nothing lets nothing in."""
    stage = Stage()
    order = stage.running()
    monkeypatch.setattr("factoryos.kernel.permissions._DEVICE_VERBS", frozenset())
    (outcome,) = booked(a_count(stage.machine))
    assert outcome.outcome is Outcome.FAILED and good_of(order) == 0


def test_no_more_than_a_call_holds() -> None:
    stage = Stage()
    with pytest.raises(ValueError, match="201"):
        report_counts([a_count(stage.machine)] * (MOST + 1))
    assert report_counts([]) == []

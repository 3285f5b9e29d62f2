"""What starts an order may come from two at once: each is counted, it is started once, and never is too much made."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from factoryos.dialects.erp import order_calls, work_order_calls
from factoryos.kernel.actors import Actor
from orders import proof_of_ledgers
from orders.models import ProductionOrder, QuantityEntry
from orders.selectors import state_of
from orders.specs import Share
from orders.states import State
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, Program, part
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def posting(plant: Plant, path: str, body: Any = None) -> Callable[[], Reply]:
    """A post with a client of its own, as another connection would bring it."""
    own = Program(plant.admin.bearer)
    return lambda: own.post(path, body)


def told(*calls: Callable[[], Reply]) -> Counter[tuple[int, str | None]]:
    outcomes = at_once(*calls)
    failed = [outcome for outcome in outcomes if not isinstance(outcome, Reply)]
    assert not failed, failed
    return Counter((reply.status, reply.code) for reply in outcomes if isinstance(reply, Reply))


def test_eight_first_productions_at_once_are_all_counted_and_start_it_once() -> None:
    plant = Plant()
    path = plant.order(State.SCHEDULED)
    assert told(*(posting(plant, f"{path}/produce", {"qty": 10}) for _ in range(8))) == {(200, None): 8}
    assert plant.verbs(path).count("start") == 1
    assert (plant.erp.get(path)["producedQty"], QuantityEntry.objects.count()) == (80, 8)
    assert not list(proof_of_ledgers.faults())


def test_control_without_the_lock_the_later_one_would_start_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = Plant()
    path = plant.order(State.SCHEDULED)
    barrier = threading.Barrier(2)

    def state_when_not_locked(order_id: int, *, by: Actor) -> str:
        _, state = state_of(order_id, by=by)
        barrier.wait(10)
        return state

    monkeypatch.setattr(order_calls, "state_when_locked", state_when_not_locked)
    found = told(*(posting(plant, f"{path}/produce", {"qty": 10}) for _ in range(2)))
    assert found == {(200, None): 1, (409, "illegal_state"): 1}


def test_two_productions_of_sixty_on_a_hundred_at_once() -> None:
    plant = Plant()
    path = plant.order(State.SCHEDULED)
    found = told(*(posting(plant, f"{path}/produce", {"qty": 60}) for _ in range(2)))
    assert found == {(200, None): 1, (422, "over_production"): 1}
    assert plant.erp.get(path)["producedQty"] == 60
    assert plant.balance(plant.widget) == (60, 0)


def test_a_production_and_a_work_order_that_both_start_it() -> None:
    plant = Plant()
    path = plant.order(State.SCHEDULED)
    calls = [posting(plant, f"{path}/produce", {"qty": 1}), posting(plant, f"{path}/work-orders/wo_001/start")]
    assert told(*calls) == {(200, None): 2}
    assert plant.verbs(path).count("start") == 1


def test_a_work_order_is_begun_by_one_of_two() -> None:
    plant = Plant()
    path = plant.order(State.SCHEDULED)
    start = f"{path}/work-orders/wo_001/start"
    assert told(*(posting(plant, start) for _ in range(4))) == {(200, None): 1, (409, "illegal_state"): 3}
    assert plant.verbs(path).count("begin_work") == 1


def test_of_two_orders_on_one_machine_one_starts_and_the_other_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found their order confirmed before either takes the machine."""
    plant = Plant()
    machine, paths = plant.machine("PRESS-01"), [plant.order(State.APPROVED) for _ in range(2)]
    for path in paths:
        plant.do("schedule", path, shares=[Share(machine=machine)])
    barrier, locked = threading.Barrier(2), work_order_calls.state_when_locked

    def both(order_id: int, *, by: Actor) -> str:
        state = locked(order_id, by=by)
        barrier.wait(10)
        return state

    monkeypatch.setattr(order_calls, "state_when_locked", both)
    found = told(*(posting(plant, f"{path}/produce", {"qty": 1}) for path in paths))
    assert found == {(200, None): 1, (409, "machine_busy"): 1}
    assert sorted(ProductionOrder.objects.values_list("state", flat=True)) == ["in_production", "scheduled"]


def test_orders_made_at_once_are_numbered_without_a_gap_even_where_some_come_to_nothing() -> None:
    plant = Plant()
    huge = plant.bom(components=[part(plant.frame, 1_000_000_000)])
    good = plant.wanted()
    bad = plant.wanted(bomId=huge["id"], quantity=1_000_000)  # found too much only once the order has its number
    found = told(*(posting(plant, "orders", body) for body in [good, good, bad] * 4))
    assert found == {(201, None): 8, (422, "validation_failed"): 4}
    references = sorted(ProductionOrder.objects.values_list("reference", flat=True))
    assert [reference[-4:] for reference in references] == [f"{number:04d}" for number in range(1, 9)]

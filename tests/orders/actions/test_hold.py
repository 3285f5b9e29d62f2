"""hold and release_hold: what an open hold refuses, what it does not, and who may lift it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from factoryos.kernel.problems import Invalid, NotFound
from orders import actions
from orders.models import Assignment, ProductionOrder
from orders.problems import AlreadyDone, NotOpen, OrderOnHold, SecondPersonRequired
from orders.specs import Count
from quality.models import Hold
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db

VERIFIED = {"final": Decimal(0), "good": Decimal(0), "rejected": Decimal(0)}


def held(stage: Stage, order: ProductionOrder, reason: str = "odd colour") -> Hold:
    return floor.done(actions.hold, order_id=order.pk, by=stage.by, reason=reason)[1]


def release(stage: Stage, hold: Hold, **more: Any) -> ProductionOrder:
    return floor.done(actions.release_hold, hold_id=hold.uuid, **{"by": stage.by} | more)[0]


# The exactly seven verbs that a hold refuses, each in a state in which it would be possible.
SEVEN: list[tuple[Callable[..., Any], str, dict[str, Any]]] = [
    (actions.start, "scheduled", {}),
    (actions.resume, "running", {}),  # the hold itself has paused it
    (actions.report, "running", {"count": Count(Decimal(1), Decimal(0))}),
    (actions.complete, "running", {}),
    (actions.verify, "completed", VERIFIED),
    (actions.rework, "completed", {"reason": "burrs"}),
    (actions.close, "verified", {}),
]


def brought(stage: Stage, state: str) -> ProductionOrder:
    if state == "verified":
        order = stage.completed()
        stage.verify(order, good=0)
        return order
    return getattr(stage, state)()


@pytest.mark.parametrize(("verb", "state", "arguments"), SEVEN)
def test_an_open_hold_refuses(verb: Callable[..., Any], state: str, arguments: dict[str, Any]) -> None:
    stage = Stage()
    order = brought(stage, state)
    hold = held(stage, order)
    before = everything()
    with pytest.raises(OrderOnHold) as refused:
        verb(order_id=order.pk, by=stage.by, **arguments)
    assert refused.value.data["holds"] == [{"id": hold.uuid, "reason": "odd colour", "placed_at": hold.placed_at}]
    assert everything() == before
    release(stage, hold)
    stage.do(verb, order, **arguments)


@pytest.mark.parametrize(
    ("verb", "state", "arguments"),
    [
        (actions.approve, "draft", {}),
        (actions.cancel, "running", {}),
        (actions.amend, "running", {"changes": {"notes": "held"}}),
        (actions.adjust_quantity, "running", {"target": Decimal(5), "reason": "fewer"}),
        (actions.hold, "running", {"reason": "and a second"}),
    ],
)
def test_an_open_hold_does_not_refuse(verb: Callable[..., Any], state: str, arguments: dict[str, Any]) -> None:
    stage = Stage()
    order = brought(stage, state)
    held(stage, order)
    version = ProductionOrder.objects.get(pk=order.pk).version
    assert stage.do(verb, order, **arguments).version == version + 1


def test_holding_a_running_order_pauses_it_and_frees_its_machine() -> None:
    stage = Stage()
    order = stage.running()
    held(stage, order)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.state, order.pause_reason, order.open_holds) == ("paused", "quality_hold", 1)
    assert not Assignment.objects.filter(active=True).exists()


def test_all_holds_must_go_and_releasing_does_not_resume() -> None:
    stage = Stage()
    order = stage.running()
    first, second = held(stage, order), held(stage, order, "and odd smell")
    assert release(stage, first).open_holds == 1
    with pytest.raises(OrderOnHold):
        actions.resume(order_id=order.pk, by=stage.by)
    released = release(stage, second, notes="looked again")
    assert (released.state, released.open_holds) == ("paused", 0)
    assert Hold.objects.get(pk=second.pk).release_notes == "looked again"


def test_a_hold_is_released_once() -> None:
    stage = Stage()
    hold = held(stage, stage.running())
    release(stage, hold)
    before = everything()
    with pytest.raises(AlreadyDone):
        actions.release_hold(hold_id=hold.uuid, by=stage.by)
    assert everything() == before


def test_where_two_persons_are_asked_for_the_one_who_placed_it_cannot_release_it() -> None:
    stage = Stage(two_person_release=True)
    hold = held(stage, stage.running())
    before = everything()
    with pytest.raises(SecondPersonRequired):
        actions.release_hold(hold_id=hold.uuid, by=stage.by)
    assert everything() == before
    assert release(stage, hold, by=floor.an_actor(stage.factory, "qa")).open_holds == 0


def test_elsewhere_one_person_is_enough() -> None:
    stage = Stage()
    assert release(stage, held(stage, stage.running())).open_holds == 0


def test_a_strangers_hold_is_as_missing_as_none() -> None:
    stage = Stage()
    hold = held(stage, stage.running())
    stranger = floor.an_actor(floor.a_factory())
    for missing in (hold.uuid, uuid4()):
        with pytest.raises(NotFound):
            actions.release_hold(hold_id=missing, by=stranger)
    assert Hold.objects.get(pk=hold.pk).released_at is None


def test_a_hold_needs_a_reason_and_an_open_order() -> None:
    stage = Stage()
    order = stage.running()
    with pytest.raises(Invalid):
        actions.hold(order_id=order.pk, by=stage.by, reason="  ")
    stage.do(actions.cancel, order)
    with pytest.raises(NotOpen):
        actions.hold(order_id=order.pk, by=stage.by, reason="too late")
    assert not Hold.objects.exists()

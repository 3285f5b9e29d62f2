"""Statements that wait are looked at again when what they wait for comes about, and then undo nothing that people decided."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from factoryos.dialects.ingest import projection
from factoryos.kernel import clock, outbox
from factoryos.kernel.models import Factory, OutboxMessage
from factoryos.kernel.problems import Busy
from manufacturing.models import Machine
from orders import actions
from orders.actions.follow_statements import follow_statements
from orders.ingest import awaited, heads
from orders.models import IngestHead, OrderEvent, ProductionOrder
from orders.statements import Outcome, Statement
from tests.floor import a_factory, done
from tests.orders.ingest.stating import NOON, hours, state
from tests.orders.stage import Stage
from tests.orders.truth import require_truth
from tests.supervision.world import World, page, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED: dict[str, Any] = {"actual_start_date": NOON, "produced_units": 500, "status": "closed"}


def looked_at(head: IngestHead) -> tuple[str, str]:
    """Its state and its order's, when all that was announced is done and nothing is due any more."""
    for _ in range(3):
        outbox.relay()
        projection.project(seconds=60)
    head.refresh_from_db()
    assert head.order is not None
    return head.state, str(head.order.state)


def test_what_quality_sends_back_is_not_completed_again_by_the_version_that_completed_it() -> None:
    stage = Stage(requires_verification=True)
    head = state(stage.factory, "MO-1", **CLOSED)
    assert looked_at(head) == ("waiting", "completed")

    order = stage.do(actions.rework, ProductionOrder.objects.get(), reason="scratched")
    assert looked_at(head) == ("waiting", "in_production")
    stage.report(order, good=3)
    assert looked_at(head) == ("waiting", "in_production")
    stage.do(actions.complete, order)
    assert looked_at(head) == ("waiting", "completed")
    stage.verify(order, good=503)
    assert looked_at(head) == ("done", "closed")
    told = [(one.verb, one.face) for one in OrderEvent.objects.filter(order=order).order_by("seq")]
    assert told[5:] == [
        ("rework", "factory"), ("report", "factory"), ("complete", "factory"), ("verify", "factory"), ("close", "ingest"),
    ]  # fmt: skip
    require_truth()


def test_what_quality_sends_back_stays_there_though_a_long_conflict_is_told_of_it() -> None:
    stage = Stage(requires_verification=True)
    head = state(stage.factory, number := "N" * 255, product := "P" * 255, **CLOSED)
    looked_at(head)
    order = ProductionOrder.objects.get()
    stage.do(actions.amend, order, changes={"reference": "R" * 511})
    state(stage.factory, number, product, at=hours(1), **CLOSED | {"produced_units": 501})
    assert looked_at(head) == ("waiting", "completed")
    assert head.reason is not None and len(head.reason) == 500
    assert head.reason.startswith("501 produced units are stated, but RRR")

    stage.do(actions.rework, order, reason="scratched")
    assert looked_at(head) == ("waiting", "in_production")
    require_truth()


def test_what_people_change_while_it_waits_stays_theirs() -> None:
    stage = Stage(requires_verification=True)
    head = state(stage.factory, "MO-1", **CLOSED)
    assert looked_at(head) == ("waiting", "completed")
    order = ProductionOrder.objects.get()
    later = hours(72)

    order = stage.do(actions.amend, order, changes={"planned_end": later})
    order = stage.do(actions.adjust_quantity, order, target=Decimal(600), reason="the customer called")
    assert looked_at(head) == ("waiting", "completed")

    order = ProductionOrder.objects.get()
    assert (order.planned_end, order.quantity_target) == (later, 600)
    stage.verify(order, good=500)
    assert looked_at(head) == ("done", "closed")
    order = ProductionOrder.objects.get()
    assert (order.planned_end, order.quantity_target) == (later, 600)
    require_truth()


def test_a_newer_version_completes_what_was_sent_back() -> None:
    stage = Stage(requires_verification=True)
    head = state(stage.factory, "MO-1", **CLOSED)
    looked_at(head)
    stage.do(actions.rework, ProductionOrder.objects.get(), reason="scratched")
    state(stage.factory, "MO-1", at=hours(1), **CLOSED | {"produced_units": 501})
    assert looked_at(head) == ("waiting", "completed")


def test_what_waits_for_the_end_of_a_hold_is_completed_after_it() -> None:
    stage = Stage(requires_verification=True)
    head = state(stage.factory, "MO-1", **CLOSED | {"status": "in_progress"})
    looked_at(head)
    _, hold = done(actions.hold, order_id=head.order_id, by=stage.by, reason="burrs")
    state(stage.factory, "MO-1", at=hours(1), **CLOSED)
    assert looked_at(head) == ("waiting", "paused")
    done(actions.release_hold, hold_id=hold.uuid, by=stage.by)
    assert looked_at(head) == ("waiting", "completed")


def test_a_machine_that_was_retired_is_asked_for_again() -> None:
    stage = Stage()
    stage.scheduled(500, reference="MO-1", on=[stage.machine])
    Machine.objects.filter(pk=stage.machine.pk).update(active=False)
    head = state(stage.factory, "MO-1", stage.item.sku, status="in_progress")
    assert looked_at(head) == ("waiting", "scheduled")
    events = OrderEvent.objects.count()

    assert head.due_at is not None
    assert 0 < (head.due_at - clock.now()).total_seconds() <= heads.LOOK_AGAIN_SECONDS
    IngestHead.objects.update(due_at=clock.now())
    assert looked_at(head) == ("waiting", "scheduled")
    assert OrderEvent.objects.count() == events  # it is looked at in vain, and leaves nothing

    Machine.objects.filter(pk=stage.machine.pk).update(active=True)
    IngestHead.objects.update(due_at=clock.now())
    assert looked_at(head) == ("done", "in_production")


def test_a_factory_that_no_longer_asks_for_verification_lets_what_waited_for_it_go_on() -> None:
    world = World()
    Factory.objects.filter(pk=world.factory.pk).update(requires_verification=True)
    world.factory.refresh_from_db()
    elsewhere = Stage(requires_verification=True)
    head, other = state(world.factory, "MO-1", **CLOSED), state(elsewhere.factory, "MO-1", **CLOSED)
    assert (looked_at(head), looked_at(other)) == (("waiting", "completed"),) * 2

    form = {"name": "Plant", "time_zone": "UTC", "material_policy": "strict"}  # the box is not ticked
    answer = signed_in(world.supervisor()).post(page(Factory, "change", world.factory.pk), form)
    assert answer.status_code == 302
    assert looked_at(head) == ("waiting", "completed")  # not before those are done that follow by the old rules
    seconds = (OutboxMessage.objects.get(topic=awaited.RULES).available_at - clock.now()).total_seconds()
    assert 20 < seconds <= 30
    OutboxMessage.objects.filter(topic=awaited.RULES).update(available_at=clock.now())
    assert (looked_at(head), looked_at(other)) == (("done", "closed"), ("waiting", "completed"))

    form["name"] = "Renamed"
    signed_in(world.supervisor()).post(page(Factory, "change", world.factory.pk), form)
    assert OutboxMessage.objects.filter(topic=awaited.RULES).count() == 1  # what else is changed wakes nobody


def test_a_head_that_failed_before_keeps_no_other_waiting_when_a_batch_is_done_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factory = a_factory()
    found = [state(factory, f"MO-{number:02}", status="in_progress") for number in range(40)]
    locked = {found[0].pk, found[17].pk}
    IngestHead.objects.filter(pk__in=locked).update(state="failed", attempts=3)
    looks: list[set[int]] = []

    def follow(statements: Sequence[Statement]) -> list[Outcome]:
        looks.append({one.head_id for one in statements})
        if locked & looks[-1]:
            raise Busy()
        return follow_statements(statements)

    monkeypatch.setattr(projection, "follow_statements", follow)
    assert projection.project(seconds=0) == 40
    assert [len(look) for look in looks[:13]] == [40, *[3] * 12]
    assert not any(locked & look for look in looks[1:13]), "one that failed before stood before others"
    assert IngestHead.objects.filter(state="done").count() == 38
    assert set(IngestHead.objects.filter(state="failed", attempts=4).values_list("pk", flat=True)) == locked

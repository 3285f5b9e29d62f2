"""A count by hand on a machine that counts by itself: booked like any other, marked, and told to whoever looks at it."""

from decimal import Decimal

import pytest

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import OutboxMessage
from orders import actions
from orders.models import ProductionOrder
from orders.specs import Count
from tests import floor
from tests.counted import a_count, booked
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def told() -> list[tuple[int | None, dict[str, int]]]:
    messages = OutboxMessage.objects.filter(topic="count.beside_counter").order_by("id")
    return [(message.factory_id, message.payload) for message in messages]


def test_it_adds_is_marked_in_its_event_and_told() -> None:
    stage = Stage()
    machine = floor.a_machine(stage.factory, counted=True)
    order = stage.running(on=[machine])
    booked(a_count(machine, 10))
    entry = stage.report(order, good=4, rejected=1)
    assert ProductionOrder.objects.get(pk=order.pk).quantity_good == 14
    assert order.events.latest("seq").data["besideCounter"] is True
    assert told() == [(stage.factory.pk, {"entry": entry.pk, "machine": machine.pk})]


def test_a_count_of_the_machine_itself_is_beside_nothing() -> None:
    stage = Stage()
    machine = floor.a_machine(stage.factory, counted=True)
    order = stage.running(on=[machine])
    booked(a_count(machine, 10))
    assert "besideCounter" not in order.events.latest("seq").data and told() == []


def test_a_correction_says_why_it_is_made_and_is_not_asked_about() -> None:
    stage = Stage()
    machine = floor.a_machine(stage.factory, counted=True)
    order = stage.running(on=[machine])
    booked(a_count(machine, 10))
    stage.report(order, good=-2, rejected=2, reason="regauged")
    assert "besideCounter" not in order.events.latest("seq").data and told() == []


def test_beside_another_machines_counter_it_is_an_ordinary_count() -> None:
    stage = Stage()
    counted = floor.a_machine(stage.factory, counted=True)
    order = stage.running(on=[stage.machine, counted])
    stage.report(order, good=4, machine_id=stage.machine.pk)
    stage.report(order, good=4)
    assert "besideCounter" not in order.events.latest("seq").data and told() == []
    stage.report(order, good=4, machine_id=counted.pk)
    assert len(told()) == 1


def test_a_report_that_a_device_makes_is_beside_nothing() -> None:
    stage = Stage()
    machine = floor.a_machine(stage.factory, counted=True)
    order = stage.running(on=[machine])
    device = Actor(
        kind="device", id=machine.code, name=machine.name, factory=stage.factory.tenant(), face="machine",
        credential="device",
    )  # fmt: skip
    floor.done(actions.report, order_id=order.pk, by=device, count=Count(Decimal(3), Decimal(0)))
    assert ProductionOrder.objects.get(pk=order.pk).quantity_good == 3
    assert "besideCounter" not in order.events.latest("seq").data and told() == []

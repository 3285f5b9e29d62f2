"""start: all its machines or none, never a retired one, and a work area limits nothing."""

from decimal import Decimal

import pytest

from manufacturing.models import Machine, WorkArea
from orders import actions
from orders.models import Assignment
from orders.problems import MachineBusy, MachineUnavailable
from orders.specs import Share
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def test_a_split_order_takes_all_its_machines_or_none() -> None:
    stage = Stage()
    other = floor.a_machine(stage.factory)
    running = stage.running(on=[other])
    split = stage.scheduled(on=[stage.machine, other])
    before = everything()
    with pytest.raises(MachineBusy) as refused:
        actions.start(order_id=split.pk, by=stage.by)
    assert [clash["reference"] for clash in refused.value.data["machines"]] == [running.reference]
    assert everything() == before
    stage.do(actions.complete, running)
    stage.do(actions.start, split)
    assert set(Assignment.objects.filter(active=True).values_list("machine_id", flat=True)) == {
        stage.machine.pk,
        other.pk,
    }


def test_the_refusal_names_every_clash() -> None:
    stage = Stage()
    machines = [stage.machine, floor.a_machine(stage.factory), floor.a_machine(stage.factory)]
    running = [stage.running(on=[machine]) for machine in machines[:2]]
    split = stage.scheduled(999, on=machines)
    with pytest.raises(MachineBusy) as refused:
        actions.start(order_id=split.pk, by=stage.by)
    clashes = refused.value.data["machines"]
    assert {(clash["machine"], clash["reference"]) for clash in clashes} == {
        (machine.code, order.reference) for machine, order in zip(machines, running, strict=False)
    }


def test_a_machine_retired_after_scheduling_is_refused_at_start() -> None:
    stage = Stage()
    order = stage.scheduled()
    Machine.objects.filter(pk=stage.machine.pk).update(active=False)
    before = everything()
    with pytest.raises(MachineUnavailable) as refused:
        actions.start(order_id=order.pk, by=stage.by)
    assert refused.value.data["machine"] == stage.machine.code
    assert everything() == before


def test_orders_on_a_work_area_only_are_not_limited() -> None:
    stage = Stage()
    area = WorkArea.objects.create(factory=stage.factory, code="HALL", name="Press hall")
    for _ in range(2):
        order = stage.do(actions.schedule, stage.draft(), shares=[Share(Decimal(1000), work_area=area)])
        assert stage.do(actions.start, order).state == "in_production"
    assert not Assignment.objects.filter(active=True).exists()


def test_an_approved_order_starts_without_a_machine() -> None:
    stage = Stage()
    order = stage.do(actions.approve, stage.draft())
    started = stage.do(actions.start, order)
    assert (started.state, started.events.latest("seq").data) == ("in_production", {"machines": []})


def test_start_notes_when_and_on_what_it_began() -> None:
    stage = Stage()
    order = stage.running()
    assert order.actual_start is not None
    assert order.events.latest("seq").data == {"machines": [stage.machine.code]}

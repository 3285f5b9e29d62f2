"""pause, resume and cancel: what happens to the machine, and how a reason finds its code."""

import pytest

from factoryos.kernel.problems import Invalid
from orders import actions
from orders.models import Assignment, ProductionOrder
from orders.problems import IllegalTransition, MachineBusy
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def test_pausing_frees_the_machine_for_another_order() -> None:
    stage = Stage()
    first, second = stage.running(), stage.scheduled()
    stage.do(actions.pause, first, reason="tool_change")
    assert not Assignment.objects.filter(active=True).exists()
    assert stage.do(actions.start, second).state == "in_production"
    assert [row.order_id for row in Assignment.objects.filter(active=True)] == [second.pk]


def test_resume_is_refused_while_another_order_runs_there_and_changes_nothing() -> None:
    stage = Stage()
    first = stage.running()
    stage.do(actions.pause, first, reason="tool_change")
    second = stage.running()
    before = everything()
    with pytest.raises(MachineBusy) as refused:
        actions.resume(order_id=first.pk, by=stage.by)
    clash = {"machine": stage.machine.code, "order_id": second.uuid, "reference": second.reference}
    assert refused.value.data["machines"] == [clash]
    assert everything() == before


def test_resume_takes_the_machine_back_and_forgets_the_reason() -> None:
    stage = Stage()
    order = stage.running()
    stage.do(actions.pause, order, reason="shift_end")
    resumed = stage.do(actions.resume, order)
    assert (resumed.state, resumed.pause_reason, resumed.pause_text) == ("in_production", None, None)
    assert Assignment.objects.get(order=order).active


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        ("tool_change", "tool_change", None),
        ("TOOL_CHANGE", "tool_change", None),
        ("  Tool change ", "tool_change", None),
        ("end of SHIFT", "shift_end", None),
        ("the roof leaks", "other", "the roof leaks"),
        ("other", "other", None),
    ],
)
def test_a_reason_is_matched_by_code_or_label_without_case(said: str, code: str, text: str | None) -> None:
    stage = Stage()
    order = stage.do(actions.pause, stage.running(), reason=said)
    assert (order.pause_reason, order.pause_text) == (code, text)
    event = order.events.latest("seq")
    assert (event.reason, event.data["pauseReason"]) == (said, code)


@pytest.mark.parametrize("said", ["", "   ", "\t\n"])
def test_a_pause_without_a_reason_is_refused(said: str) -> None:
    stage = Stage()
    order = stage.running()
    before = everything()
    with pytest.raises(Invalid):
        actions.pause(order_id=order.pk, by=stage.by, reason=said)
    assert everything() == before


def test_cancel_frees_the_machine_and_keeps_what_was_produced() -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=5)
    cancelled = stage.do(actions.cancel, order, reason="the customer went away")
    assert not Assignment.objects.filter(active=True).exists()
    assert (cancelled.state, cancelled.quantity_good) == ("cancelled", 5)
    assert cancelled.actual_end is not None


def test_an_order_cancelled_before_it_began_has_no_end() -> None:
    stage = Stage()
    order = stage.do(actions.cancel, stage.scheduled())
    assert (order.actual_start, order.actual_end) == (None, None)


def test_the_refusal_names_what_is_possible_instead() -> None:
    stage = Stage()
    order = stage.running()
    with pytest.raises(IllegalTransition) as refused:
        actions.resume(order_id=order.pk, by=stage.by)
    allowed = refused.value.data["allowed"]
    assert {"pause", "complete", "cancel", "report"} <= set(allowed)
    assert not {"start", "resume", "verify", "close"} & set(allowed)


def test_strangers_cannot_even_see_that_the_order_exists() -> None:
    from factoryos.kernel.problems import NotFound

    stage = Stage()
    order = stage.running()
    stranger = floor.an_actor(floor.a_factory())
    with pytest.raises(NotFound) as theirs:
        actions.pause(order_id=order.pk, by=stranger, reason="tool_change")
    with pytest.raises(NotFound) as nobodys:
        actions.pause(order_id=order.pk + 1000, by=stranger, reason="tool_change")
    assert theirs.value.text == nobodys.value.text
    assert ProductionOrder.objects.get(pk=order.pk).state == "in_production"

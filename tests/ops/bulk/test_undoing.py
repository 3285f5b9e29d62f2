"""Undo: offered where a verb leads back, for a quarter of an hour, and only for orders that nobody changed since."""

from datetime import timedelta
from uuid import uuid4

import pytest

from factoryos.kernel import clock
from factoryos.ops.bulk.actions import ACTIONS
from factoryos.ops.models import BulkOperation
from orders import actions
from orders.models import Assignment, OrderEvent, ProductionOrder
from quality.models import Hold
from tests import floor
from tests.counted import counted
from tests.ops.bulk.desk import Desk, events, states

pytestmark = pytest.mark.django_db


def undo(desk: Desk, operation: BulkOperation) -> BulkOperation:
    return desk.operation(desk.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": uuid4().hex}))


def test_pausing_is_undone_by_resuming_with_new_events() -> None:
    desk = Desk()
    order = desk.running()
    operation = desk.does("pause", desk.selects(order), pause_reason="tool_change")
    assert states(order) == ["paused"]
    undone = undo(desk, operation)
    assert (states(order), undone.undo_of_id, desk.counts(undone)) == (["in_production"], operation.pk, (1, 0, 0, 0))
    last = OrderEvent.objects.filter(order=order).latest("seq")
    assert (last.verb, last.data["operation"]) == ("resume", str(undone.uuid))


def test_resuming_is_undone_by_pausing_for_the_same_reason() -> None:
    desk = Desk()
    order = desk.do(actions.pause, desk.running(), reason="Waiting for Ben")
    undo(desk, desk.does("resume", desk.selects(order)))
    order.refresh_from_db(fields=["pause_reason", "pause_text"])
    assert (states(order), order.pause_reason, order.pause_text) == (["paused"], "other", "Waiting for Ben")


def test_each_order_gets_its_own_priority_back() -> None:
    desk = Desk()
    orders = [desk.draft(priority=priority) for priority in ("rush", "hold", "standard")]
    operation = desk.does("priority", desk.selects(*orders), priority="rush")
    undo(desk, operation)
    assert [ProductionOrder.objects.get(pk=order.pk).priority for order in orders] == ["rush", "hold", "standard"]


def test_a_hold_is_released_and_what_it_paused_stays_paused() -> None:
    desk = Desk()
    running, draft = desk.running(), desk.draft()
    operation = desk.does("hold", desk.selects(running, draft), reason="crack")
    undone = undo(desk, operation)
    assert Hold.objects.filter(released_at__isnull=True).count() == 0
    assert states(running, draft) == ["paused", "draft"]
    assert "Released; it stays paused" in [row["detail"] for row in desk.results(undone)["results"]]


def test_orders_go_back_to_the_machines_they_were_on_but_not_out_of_line() -> None:
    desk = Desk()
    first, second = floor.a_machine(desk.factory), floor.a_machine(desk.factory)
    planned, draft = desk.scheduled(on=[first, second]), desk.draft()
    operation = desk.does("assign", desk.selects(planned, draft), place=f"machine:{desk.machine.uuid}")
    assert desk.counts(operation) == (2, 0, 0, 0)
    undone = undo(desk, operation)
    shares = Assignment.objects.filter(order=planned).order_by("sort").values_list("machine_id", "quantity")
    assert list(shares) == [(first.pk, 500), (second.pk, 500)]
    assert desk.counts(undone) == (1, 0, 1, 0)
    assert desk.results(undone)["results"][0]["code"] == "not_undoable"


def test_what_a_machine_counts_since_is_in_nobodys_way() -> None:
    desk = Desk()
    order = desk.running()
    sent = desk.confirms(desk.preview("priority", desk.selects(order), priority="rush"), priority="rush")
    counted(order, desk.machine, good=1)
    operation = desk.operation(desk.apply(sent))
    assert operation.set_changed == ""
    counted(order, desk.machine, good=1)
    assert desk.counts(undo(desk, operation)) == (1, 0, 0, 0)
    assert ProductionOrder.objects.get(pk=order.pk).priority == "standard"


def test_a_row_that_a_third_party_changed_since_is_left_and_it_is_said_by_whom() -> None:
    desk = Desk()
    touched, other = desk.several(2)
    operation = desk.does("priority", desk.selects(touched, other), priority="rush")
    desk.do(actions.amend, touched, changes={"batch_number": "B-7"})
    undone = undo(desk, operation)
    assert desk.counts(undone) == (1, 0, 1, 0)
    assert desk.results(undone)["results"][0] == {
        "id": str(touched.uuid), "ok": False, "code": "changed_since", "detail": f"Changed since by {desk.by.name}",
    }  # fmt: skip
    assert ProductionOrder.objects.get(pk=touched.pk).priority == "rush"


def test_a_note_of_the_operation_does_not_stand_in_the_way() -> None:
    desk = Desk()
    operation = desk.does("priority", desk.selects(desk.draft()), priority="rush", note="Customer is waiting")
    assert desk.counts(undo(desk, operation)) == (1, 0, 0, 0)


def test_undo_pressed_twice_is_one_undo() -> None:
    desk = Desk()
    order = desk.draft()
    operation = desk.does("priority", desk.selects(order), priority="rush")
    assert undo(desk, operation).pk == undo(desk, operation).pk
    assert events(order) == 3


def test_after_a_quarter_of_an_hour_it_is_too_late() -> None:
    desk = Desk()
    order = desk.draft()
    operation = desk.does("priority", desk.selects(order), priority="rush")
    assert "/undo" in desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()
    now = clock.now()
    clock.use(lambda: now + timedelta(minutes=15, seconds=2))
    try:
        page = desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()
        refused = desk.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": "k"})
    finally:
        clock.use(None)
    assert "/undo" not in page and "for 15 minutes" in page
    assert (refused.status_code, events(order)) == (422, 2)


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.undo is None])
def test_what_no_verb_leads_back_from_says_so(name: str) -> None:
    desk = Desk(requires_verification=False)
    make = {"submit": desk.draft, "approve": desk.draft, "start": desk.scheduled, "complete": desk.running,
            "rework": desk.completed, "close": desk.completed, "cancel": desk.draft, "note": desk.draft}  # fmt: skip
    fields = {"cancel": {"reason": "Lost", "confirm": "on"}, "close": {"confirm": "on"}, "rework": {"reason": "Burr"},
              "note": {"audience": "internal", "text": "Hello"}}  # fmt: skip
    order = make[name]()
    operation = desk.does(name, desk.selects(order), **fields.get(name, {}))
    assert desk.counts(operation) == (1, 0, 0, 0)
    page = desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()
    assert "cannot be taken back" in page and "/undo" not in page
    before = events(order)
    assert desk.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": "k"}).status_code == 422
    assert events(order) == before


def test_whoever_placed_the_holds_cannot_undo_them_where_two_are_needed() -> None:
    desk = Desk(two_person_release=True)
    operation = desk.does("hold", desk.selects(desk.draft()), reason="crack")
    assert desk.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": "k"}).status_code == 422
    colleague = Desk(factory=desk.factory)
    assert colleague.counts(undo(colleague, operation)) == (1, 0, 0, 0)


def test_an_undo_is_not_undone() -> None:
    desk = Desk()
    operation = undo(desk, desk.does("priority", desk.selects(desk.draft()), priority="rush"))
    assert desk.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": "k"}).status_code == 422

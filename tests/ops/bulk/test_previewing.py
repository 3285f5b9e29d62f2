"""The preview says what would happen and changes nothing; what is missing in its form is said beside the field."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.ops.bulk.actions import ACTIONS
from factoryos.ops.bulk.forecast import forecast
from factoryos.ops.models import BulkOperation
from orders import actions
from orders.models import ProductionOrder
from orders.moves import table
from tests.ops.bulk.desk import Desk, events

pytestmark = pytest.mark.django_db


def read(response: object) -> str:
    return response.content.decode().replace("\u202f", " ")  # type: ignore[attr-defined]


def test_1240_matches_of_which_60_cannot() -> None:
    desk = Desk()
    desk.many(1180)
    desk.many(42, state="approved")
    desk.many(18, state="scheduled")
    previewed = desk.preview("approve", desk.selects_all())
    page = read(previewed)
    assert "Move 1 240 orders to Approved" in page
    assert "<strong>1 180 can</strong>, 60 cannot (42 already approved, 18 scheduled)" in page
    assert ">Approve 1 180 orders</button>" in page
    assert not ProductionOrder.objects.exclude(version=1).exists()
    operation = desk.operation(desk.apply(desk.confirms(previewed)))
    assert (operation.selected, operation.finished_at) == (1240, None)  # a worker's


def test_orders_on_hold_are_told_apart() -> None:
    desk = Desk()
    running, held = desk.running(), desk.scheduled(on=[desk.machine])
    desk.do(actions.hold, held, reason="crack")
    page = read(desk.preview("complete", desk.selects(running, held)))
    assert "<strong>1 can</strong>, 1 cannot (1 scheduled)" in page
    page = read(desk.preview("start", desk.selects(running, held)))
    assert "1 already in production" in page and "1 on hold" in page


def test_a_machine_that_runs_another_order_is_foreseen() -> None:
    desk = Desk()
    desk.running()
    waiting = desk.scheduled()
    assert "1 on a machine that runs another order" in read(desk.preview("start", desk.selects(waiting)))


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.life])
def test_the_forecast_agrees_with_the_table_of_life_for_every_state(name: str) -> None:
    desk = Desk(requires_verification=False)
    action = ACTIONS[name]
    life = table()[str(action.life)]
    with_end = "completed", "verified", "closed"
    for state in ("draft", "submitted", "approved", "scheduled", "in_production", "paused", *with_end, "cancelled"):
        order = ProductionOrder(state=state)
        order.needs_verification = False
        possible = state in life and all(condition(order) for condition in life[state].conditions or [])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "factoryos.ops.bulk.forecast._groups",
                lambda *_, state=state, **__: [(state, False, "rush", False, "", 7, [])],
            )
            found = forecast(action, [1], by=desk.by, parameters={})
        assert found.can == (7 if possible else 0), state


def test_status_asks_first_which_with_what_is_possible() -> None:
    desk = Desk()
    page = read(desk.preview("status", desk.selects(*desk.several(3))))
    assert "Change the status of 3 orders" in page
    assert page.count("3 of 3") == 4  # submit, approve, cancel, hold
    assert 'value="approve"' in page and 'value="start" class="quiet"' in page


def test_only_what_the_roles_allow_is_offered() -> None:
    desk = Desk("qa")
    page = read(desk.preview("status", desk.selects(desk.draft())))
    assert 'value="hold"' in page and 'value="approve"' not in page
    assert desk.preview("approve", desk.selects(desk.draft())).status_code == 403
    assert desk.preview("nonsense", desk.selects(desk.draft())).status_code == 404


def test_a_choice_goes_on_with_the_same_orders() -> None:
    desk = Desk()
    orders = desk.several(2)
    chosen = read(desk.preview("priority", desk.selects(*orders)))
    seen = chosen[chosen.index('name="seen" value="') + 19 :].split('"')[0]
    previewed = desk.client.post("/ops/bulk/preview", {"action": "priority", "priority": "rush", "seen": seen})
    assert '<option value="rush" selected>' in read(previewed)
    desk.operation(desk.apply(desk.confirms(previewed, priority="rush")))
    assert set(ProductionOrder.objects.values_list("priority", flat=True)) == {"rush"}


def test_a_missing_reason_is_told_beside_the_field_and_nothing_is_lost() -> None:
    desk = Desk()
    orders = desk.several(2)
    sent = desk.confirms(desk.preview("cancel", desk.selects(*orders)), reason="", note="Customer called", confirm="2")
    refused = desk.apply(sent)
    page = read(refused)
    assert refused.status_code == 422
    assert '<a href="#field-reason">Reason</a>: This field is required.' in page
    assert 'aria-invalid="true"' in page and "Customer called" in page and 'value="2"' in page
    assert (BulkOperation.objects.count(), events(*orders)) == (0, 2)
    again = desk.operation(desk.apply({**sent, "reason": "Lost"}))  # the same form, mended
    assert desk.counts(again) == (2, 0, 0, 0)


@pytest.mark.parametrize("typed", ["", "3", "yes"])
def test_cancelling_several_needs_their_number_typed(typed: str) -> None:
    desk = Desk()
    orders = desk.several(2)
    sent = desk.confirms(desk.preview("cancel", desk.selects(*orders)), reason="Lost", confirm=typed)
    assert (desk.apply(sent).status_code, events(*orders)) == (422, 2)


def test_what_can_be_taken_back_asks_no_confirmation() -> None:
    desk = Desk()
    assert "confirm" not in read(desk.preview("hold", desk.selects(*desk.several(2))))


def test_a_preview_costs_as_many_queries_for_a_thousand_orders_as_for_two() -> None:
    desk = Desk()
    desk.many(2)
    few = desk.selects(*ProductionOrder.objects.all())
    with CaptureQueriesContext(
        connection,
    ) as small:
        desk.preview("approve", few)
    desk.many(1000, state="submitted")
    sent = desk.selects_all()
    with CaptureQueriesContext(connection) as large:
        desk.preview("approve", sent)
    assert len(large) <= len(small) <= 8, [query["sql"] for query in small]


def test_control_characters_are_refused() -> None:
    desk = Desk()
    order = desk.draft()
    sent = desk.confirms(desk.preview("hold", desk.selects(order)), reason="a\x00b")
    assert (desk.apply(sent).status_code, events(order)) == (422, 1)


def test_a_note_to_the_customer_needs_the_right_to_write_to_them() -> None:
    desk = Desk("technician")
    order = desk.draft()
    previewed = desk.preview("note", desk.selects(order))
    assert "To customer" not in read(previewed)
    refused = desk.apply(desk.confirms(previewed, audience="customer", text="Hello"))
    assert (refused.status_code, order.remarks.count()) == (422, 0)


@pytest.mark.parametrize("address", ["preview", "apply"])
def test_a_reload_of_the_address_leads_back_to_the_list(address: str) -> None:
    assert Desk().client.get(f"/ops/bulk/{address}")["Location"] == "/ops/orders"


@pytest.mark.parametrize("group", ["status", "priority"])
def test_whoever_may_do_none_of_a_group_is_told_so_before_choosing(group: str) -> None:
    desk = Desk("viewer")
    answer = desk.client.post("/ops/bulk/preview", desk.selects(desk.draft(), action=group))
    assert answer.status_code == 403
    assert "needs one of the roles" in read(answer)

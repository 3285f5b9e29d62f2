"""What each verb's form asks, and what it says to an answer that cannot be."""

from decimal import Decimal

import pytest

from manufacturing.models import WorkArea
from orders import actions
from orders.models import Assignment, OrderLine, ProductionOrder, QuantityEntry
from tests import floor
from tests.evidence import everything
from tests.ops.order_page.desk import Desk, now, verbs, words
from tests.ops.order_page.typing_in import filled, shown_values, verified

pytestmark = pytest.mark.django_db


def test_a_busy_machine_is_named_with_the_order_that_runs_there() -> None:
    desk = Desk()
    running, waiting = desk.running(), desk.scheduled()
    assert f"{desk.machine.code} is running {running.reference}" in words(desk.get(waiting))
    refused = desk.send(waiting, "start")
    assert refused.status_code == 409
    assert f"{desk.machine.code} is already running {running.reference}" in words(refused)


def test_a_correction_needs_a_reason_and_takes_no_more_than_there_is() -> None:
    desk = Desk()
    order = desk.running()
    desk.report(order, good=5)
    assert desk.send(order, "report", good="-2").status_code == 422
    too_much = desk.send(order, "report", good="-6", reason="miscounted")
    assert (too_much.status_code, "more than was booked (5 good" in words(too_much)) == (409, True)
    assert desk.send(order, "report", good="-2", reason="miscounted").status_code == 303
    assert now(order).quantity_good == 3
    assert "Correction : miscounted" in words(desk.get(order))


@pytest.mark.parametrize("good", ["1e400", "NaN", "Infinity", "1,5", "1000000001", "0.5", "9" * 400, "٣", "-"])
def test_what_is_no_amount_is_told_beside_the_field(good: str) -> None:
    desk = Desk()
    order = desk.running()
    refused = desk.send(order, "report", good=good)
    assert refused.status_code == 422
    assert 'id="id_good_error"' in refused.content.decode()
    assert 'href="#id_good"' in refused.content.decode()
    assert not QuantityEntry.objects.exists()


def test_a_line_a_lot_and_a_machine_are_asked_where_they_matter() -> None:
    desk = Desk()
    item = floor.an_item(desk.factory, tracking="lot")
    other = floor.a_machine(desk.factory)
    order = desk.running(10, 20, item=item, on=[desk.machine, other])
    unsaid = desk.send(order, "report", good="1")
    assert (unsaid.status_code, 'id="id_line_error"' in unsaid.content.decode()) == (422, True)
    line = OrderLine.objects.filter(order=order).last()
    assert desk.send(order, "report", good="1", line=line.pk, machine=other.pk, lot="L7").status_code == 303
    entry = QuantityEntry.objects.get()
    assert (entry.line_id, entry.machine_id, entry.lot_number) == (line.pk, other.pk, "L7")


def test_serial_numbers_are_one_for_each_good_piece() -> None:
    desk = Desk()
    order = desk.running(10, item=floor.an_item(desk.factory, tracking="serial"))
    short = desk.send(order, "report", good="2", serial_numbers="S1")
    assert (short.status_code, "one serial number for each good piece" in words(short)) == (422, True)
    assert desk.send(order, "report", good="2", serial_numbers="S1\r\nS1").status_code == 422
    assert desk.send(order, "report", good="2", serial_numbers="S1\r\nS2\r\n").status_code == 303
    assert QuantityEntry.objects.get().serial_numbers == ["S1", "S2"]


def test_a_sign_off_of_several_lines_books_the_difference_of_each() -> None:
    desk = Desk()
    order = desk.running(10, 20)
    first, second = OrderLine.objects.filter(order=order)
    desk.report(order, good=10, line_id=first.pk)
    order = desk.do(actions.complete, order)
    values = {
        f"good_{first.pk}": "9",
        f"rejected_{first.pk}": "1",
        f"good_{second.pk}": "2",
        f"rejected_{second.pk}": "0",
    }
    wrong = desk.send(order, "verify", final="13", **values)
    assert (wrong.status_code, "11 good and 1 rejected do not add up to 13" in words(wrong)) == (422, True)
    assert desk.send(order, "verify", final="12", **values).status_code == 303
    assert "good +1, rejected +1" in words(desk.get(order))
    assert sorted(QuantityEntry.objects.filter(source="verification").values_list("good", "rejected")) == [
        (-1, 1),
        (2, 0),
    ]


def test_over_production_is_refused_in_words() -> None:
    desk = Desk()
    order = desk.running(10)
    ProductionOrder.objects.filter(pk=order.pk).update(over_production="strict")
    refused = desk.send(order, "report", good="11")
    assert refused.status_code == 409
    assert "That would make 11 good pieces; at most 10 are allowed here." in words(refused)


def test_machines_share_equally_when_no_quantity_is_said_and_as_said_otherwise() -> None:
    desk = Desk()
    other = floor.a_machine(desk.factory)
    order = desk.draft(7)
    both = {"machine_0": desk.machine.pk, "machine_1": other.pk}
    assert desk.send(order, "schedule", **both).status_code == 303
    assert sorted(Assignment.objects.filter(order=order).values_list("quantity", flat=True)) == [3, 4]
    order = now(order)
    assert desk.send(order, "schedule", **both, quantity_0="5", quantity_1="1").status_code == 422
    assert desk.send(order, "schedule", **both, quantity_0="5").status_code == 422
    assert desk.send(order, "schedule", **both, quantity_0="5", quantity_1="2").status_code == 303
    twice = desk.send(now(order), "schedule", machine_0=other.pk, machine_1=other.pk)
    assert (twice.status_code, "Each machine once" in words(twice)) == (422, True)


def test_a_work_area_instead_of_machines_and_never_both() -> None:
    desk = Desk()
    area = WorkArea.objects.create(factory=desk.factory, code="HALL", name="Hall")
    order = desk.draft()
    assert desk.send(order, "schedule", machine_0=desk.machine.pk, work_area=area.pk).status_code == 422
    assert desk.send(order, "schedule").status_code == 422
    assert desk.send(order, "schedule", work_area=area.pk).status_code == 303
    assert Assignment.objects.get(order=order).work_area_id == area.pk


def test_another_factorys_machine_cannot_be_chosen() -> None:
    desk = Desk()
    order, foreign = desk.draft(), floor.a_machine(floor.a_factory())
    assert desk.send(order, "schedule", machine_0=foreign.pk).status_code == 422


def test_one_machine_more_adds_a_row_and_does_nothing_else() -> None:
    desk = Desk()
    order = desk.draft()
    rows = {f"machine_{row}": "" for row in range(3)}
    shown = desk.send(order, "schedule", more="1", **rows)
    assert (shown.status_code, 'name="machine_3"' in shown.content.decode()) == (200, True)
    assert now(order).version == order.version


def test_a_new_target_on_several_machines_is_previewed_with_a_proposal_and_then_said() -> None:
    desk = Desk()
    other = floor.a_machine(desk.factory)
    order = desk.scheduled(100, on=[desk.machine, other])
    shown = desk.send(order, "adjust_quantity", target="60", preview="1")
    assert shown.status_code == 200
    assert f"{other.code} : 50 → 30" in words(shown)
    assert shown_values(shown.content.decode())[f"on_{other.pk}"] == "30"
    asked = desk.send(order, "adjust_quantity", target="60", reason="less")
    assert (asked.status_code, "say how the new quantity is split" in words(asked)) == (422, True)
    said = {f"on_{desk.machine.pk}": "20", f"on_{other.pk}": "40"}
    assert desk.send(order, "adjust_quantity", target="60", reason="less", **said).status_code == 303
    assert now(order).quantity_target == 60


def test_the_present_target_is_no_new_one() -> None:
    desk = Desk()
    refused = desk.send(desk.draft(100), "adjust_quantity", target="100", reason="why not")
    assert (refused.status_code, "present target already" in words(refused)) == (422, True)


def test_cancelling_must_be_confirmed_by_name() -> None:
    desk = Desk()
    order = desk.draft()
    assert f"Give up {order.reference} for good" in words(desk.get(order, "cancel"))
    assert desk.send(order, "cancel", reason="no").status_code == 422
    assert now(order).state == "draft"


def test_other_as_a_reason_needs_words_that_are_kept() -> None:
    desk = Desk()
    order = desk.running()
    assert desk.send(order, "pause", reason="other").status_code == 422
    assert desk.send(order, "pause", reason="other", other="fire drill").status_code == 303
    assert (now(order).pause_reason, now(order).pause_text) == ("other", "fire drill")


def test_no_more_is_shipped_than_was_good_and_the_facts_are_kept() -> None:
    desk = Desk()
    order = verified(desk)
    refused = desk.send(order, "close", quantity="10")
    assert (refused.status_code, "No more can be shipped" in words(refused)) == (422, True)
    assert desk.send(order, "close", **filled(desk, "close", order)).status_code == 303
    assert now(order).shipment == {
        "carrier": "DHL", "quantity": "9", "shippedAt": "2026-05-04T17:00:00.000Z", "trackingNumber": None,
    }  # fmt: skip


def test_nothing_different_writes_no_event() -> None:
    desk = Desk()
    order = desk.draft(batch_number="B")
    sent = desk.send(order, "amend", priority="standard", batch_number="B")
    assert sent.status_code == 303
    assert verbs(order) == ["create"]
    assert "nothing was different" in words(desk.client.get(sent["Location"]))


def test_a_target_of_decimals_follows_the_unit() -> None:
    desk = Desk()
    order = desk.draft(10, item=floor.an_item(desk.factory, unit="kg", unit_decimals=2))
    assert desk.send(order, "adjust_quantity", target="2.555", reason="r").status_code == 422
    assert desk.send(order, "adjust_quantity", target="2.55", reason="r").status_code == 303
    assert now(order).quantity_target == Decimal("2.55")


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "line\nbreak", "x" * 501])
def test_text_that_cannot_be_kept_is_refused(text: str) -> None:
    desk = Desk()
    order = desk.draft()
    before = everything()
    assert desk.send(order, "hold", reason=text).status_code == 422
    assert everything() == before


def test_in_a_dialog_the_form_comes_alone_and_success_leads_to_the_whole_page() -> None:
    desk = Desk()
    order = desk.running()
    shown = desk.get(order, "pause", **{"HX-Request": "true"})
    assert "<html" not in shown.content.decode()
    wrong = desk.client.post(
        desk.path(order, "pause"), {"version": order.version, "key": "k1"}, headers={"HX-Request": "true"}
    )
    assert (wrong.status_code, "<html" in wrong.content.decode()) == (422, False)
    sent = desk.client.post(
        desk.path(order, "pause"), {"version": order.version, "key": "k2", "reason": "shift_end"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert (sent.status_code, sent["HX-Redirect"]) == (204, desk.path(order))

"""Applying: each order by its own verb, what cannot is told, once for each form; and the page that keeps the result."""

import csv
import io
import json
from dataclasses import replace
from uuid import uuid4

import pytest

from factoryos.kernel.models import Membership
from factoryos.ops.bulk import doing
from factoryos.ops.models import BulkOperation, BulkRow
from orders import actions
from orders.models import Note, OrderEvent, ProductionOrder
from tests import callers, floor
from tests.ops.bulk.desk import Desk, events, states

pytestmark = pytest.mark.django_db


def test_every_event_and_note_of_an_operation_carries_its_uuid() -> None:
    desk = Desk()
    orders = desk.several(3)
    before = events(*orders)
    operation = desk.does("approve", desk.selects(*orders), note="Go")
    made = list(OrderEvent.objects.filter(seq__gt=1))
    assert len(made) == events(*orders) - before == 3
    assert {event.data["operation"] for event in made} == {str(operation.uuid)}
    assert {(event.face, event.credential, event.actor_id) for event in made} == {
        ("console", "session", str(desk.user.uuid))
    }
    assert list(Note.objects.values_list("operation", "text")) == [(operation.uuid, "Go")] * 3


def test_one_illegal_row_fails_alone_with_code_and_reason() -> None:
    desk = Desk()
    fine, over = desk.several(2)
    desk.do(actions.cancel, over)
    operation = desk.does("approve", desk.selects(fine, over))
    result = desk.results(operation)
    assert result["state"] == "finished"
    assert result["counts"] == {"done": 1, "skipped": 0, "failed": 1, "pending": 0}
    assert result["results"][0] == {
        "id": str(over.uuid), "ok": False, "code": "illegal_transition",
        "detail": f"{over.reference} is cancelled: approve is not possible now",
    }  # fmt: skip
    assert states(fine, over) == ["approved", "cancelled"]


def test_json_is_a_200_also_when_every_row_failed() -> None:
    desk = Desk()
    orders = desk.several(2)
    for order in orders:
        desk.do(actions.cancel, order)
    sent = desk.selects(*orders)
    sent = desk.confirms(desk.preview("hold", desk.selects(desk.draft())), reason="x") | {"seen": _seen(desk, sent)}
    followed = desk.client.post("/ops/bulk/apply", sent, headers={"accept": "application/json"}, follow=True)
    assert followed.status_code == 200
    assert [row["ok"] for row in followed.json()["results"]] == [False, False]
    assert {row["code"] for row in followed.json()["results"]} == {"not_open"}


def _seen(desk: Desk, sent: dict[str, object]) -> str:
    page = desk.preview("hold", sent).content.decode()
    return page[page.index('name="seen" value="') + 19 :].split('"')[0]


def test_nothing_to_do_is_skipped_with_its_reason_and_leaves_no_event() -> None:
    desk = Desk()
    done, rush, machine = desk.draft(), desk.draft(priority="rush"), desk.scheduled()
    desk.do(actions.approve, done)
    versions = events(done, rush, machine)
    place = f"machine:{desk.machine.uuid}"
    operations = [
        desk.does("approve", desk.selects(done, desk.draft())),
        desk.does("priority", desk.selects(rush, desk.draft()), priority="rush"),
        desk.does("assign", desk.selects(machine, desk.draft()), place=place),
    ]
    assert [desk.counts(operation) for operation in operations] == [(1, 1, 0, 0)] * 3
    assert events(done, rush, machine) == versions
    told = [row["detail"] for operation in operations for row in desk.results(operation)["results"] if not row["ok"]]
    assert told[:2] == ["Already approved", "Priority is rush already"]
    assert told[2].startswith("On ") and told[2].endswith("already")


def test_the_same_form_sent_twice_is_one_operation() -> None:
    desk = Desk()
    orders = desk.several(2)
    sent = desk.confirms(desk.preview("approve", desk.selects(*orders)))
    first, second = desk.apply(sent), desk.apply(sent)
    assert first["Location"] == second["Location"]
    assert (BulkOperation.objects.count(), events(*orders)) == (1, 4)


def test_the_key_of_one_form_cannot_carry_another_change() -> None:
    desk = Desk()
    orders = desk.several(2)
    sent = desk.confirms(desk.preview("hold", desk.selects(*orders)), reason="crack")
    desk.apply(sent)
    assert desk.apply({**sent, "reason": "other"}).status_code == 422
    assert desk.apply({**sent, "key": ""}).status_code == 422
    assert BulkOperation.objects.count() == 1


def test_what_changed_between_preview_and_apply_is_told() -> None:
    desk = Desk()
    orders = desk.several(3)
    sent = desk.confirms(desk.preview("approve", desk.selects(*orders)))
    desk.do(actions.cancel, orders[0])
    operation = desk.operation(desk.apply(sent))
    assert operation.set_changed == "1 order changed after the preview"
    assert desk.counts(operation) == (2, 0, 1, 0)
    assert "1 order changed after the preview" in desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()


def test_orders_that_left_the_filter_since_the_preview_are_left_out_and_that_is_told() -> None:
    desk = Desk()
    desk.many(60, customer="Acme")
    sent = desk.confirms(desk.preview("approve", desk.selects_all("customer=Acme")))
    gone = ProductionOrder.objects.order_by("id")[0]
    ProductionOrder.objects.filter(pk=gone.pk).update(customer_name="Other")
    came = desk.draft(customer_name="Acme")
    operation = desk.operation(desk.apply(sent))
    assert operation.set_changed == "1 order of 60 no longer match the filter: left out"
    assert (operation.selected, states(gone, came)) == (59, ["draft", "draft"])


def test_all_or_nothing_changes_nothing_and_names_what_stood_in_the_way() -> None:
    desk = Desk()
    fine, over, other = desk.several(3)
    desk.do(actions.cancel, over)
    operation = desk.does("submit", desk.selects(fine, over, other), all_or_nothing="on")
    assert states(fine, over, other) == ["draft", "cancelled", "draft"]
    assert OrderEvent.objects.filter(verb="submit").count() == 0
    result = desk.results(operation)
    assert [(row["id"], row["code"]) for row in result["results"]] == [
        (str(over.uuid), "illegal_transition"), (str(fine.uuid), "rolled_back"), (str(other.uuid), "rolled_back"),
    ]  # fmt: skip
    assert operation.finished_at or BulkOperation.objects.get(pk=operation.pk).finished_at


def test_all_or_nothing_does_all_when_it_can() -> None:
    desk = Desk()
    operation = desk.does("submit", desk.selects(*desk.several(3)), all_or_nothing="on")
    assert desk.counts(operation) == (3, 0, 0, 0)


def test_a_fault_of_ours_fails_one_row_with_a_reference_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    orders = desk.several(3)
    step = doing.ACTIONS["approve"].step

    def broken(order_id: int, by: object, given: object) -> object:
        if order_id == orders[1].pk:
            raise ZeroDivisionError
        return step(order_id, by, given)  # type: ignore[arg-type]

    table = {**doing.ACTIONS, "approve": replace(doing.ACTIONS["approve"], step=broken)}
    monkeypatch.setattr(doing, "ACTIONS", table)
    operation = desk.does("approve", desk.selects(*orders))
    assert desk.counts(operation) == (2, 0, 1, 0)
    failed = desk.results(operation)["results"][0]
    assert failed["code"] == "internal" and "reference" in failed["detail"]


def test_a_factorys_machine_alone_can_be_assigned() -> None:
    desk = Desk()
    order, foreign = desk.draft(), floor.a_machine(floor.a_factory())
    sent = desk.confirms(desk.preview("assign", desk.selects(order)), place=f"machine:{foreign.uuid}")
    assert (desk.apply(sent).status_code, events(order)) == (422, 1)


def test_a_retry_takes_what_failed_and_says_of_what() -> None:
    desk = Desk()
    fine, held = desk.scheduled(), desk.scheduled(on=[floor.a_machine(desk.factory)])
    desk.do(actions.hold, held, reason="crack")
    first = desk.does("start", desk.selects(fine, held))
    assert desk.counts(first) == (1, 0, 1, 0)
    desk.do_release(held)
    page = desk.client.get(f"/ops/operations/{first.uuid}").content.decode()
    assert "Retry the 1 failed" in page
    again = desk.operation(desk.client.post(f"/ops/operations/{first.uuid}/retry", {"key": uuid4().hex}))
    assert (again.retry_of_id, desk.counts(again)) == (first.pk, (1, 0, 0, 0))


def test_what_succeeded_is_not_tried_again() -> None:
    desk = Desk()
    operation = desk.does("submit", desk.selects(desk.draft()))
    assert desk.client.post(f"/ops/operations/{operation.uuid}/retry", {"key": "k"}).status_code == 422


def test_the_page_shows_counts_first_and_failures_before_the_rest() -> None:
    desk = Desk()
    fine, over = desk.several(2)
    desk.do(actions.cancel, over)
    operation = desk.does("approve", desk.selects(fine, over))
    page = desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()
    assert page.index("1 done") < page.index(f"{over.reference} is cancelled") < page.index(fine.reference)
    assert "illegal_transition" in page
    only = desk.client.get(f"/ops/operations/{operation.uuid}?status=failed&select=1").content.decode()
    assert f'value="{over.uuid}"' in only and fine.reference not in only
    assert 'name="ids"' in only and "checked" in only
    listed = desk.client.get("/ops/operations").content.decode()
    assert f"/ops/operations/{operation.uuid}" in listed and "Move 2 orders to Approved" in listed


def test_the_results_as_csv_hold_no_formula() -> None:
    desk = Desk()
    order = desk.draft(reference="=1+1")
    operation = desk.does("approve", desk.selects(order))
    response = desk.client.get(f"/ops/operations/{operation.uuid}.csv")
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert rows[1][:4] == ["'=1+1", str(order.uuid), "done", "done"]


@pytest.mark.parametrize("method, end", [("get", ""), ("get", ".csv"), ("post", "/retry"), ("post", "/undo")])
def test_a_strangers_operation_is_as_missing_as_none(method: str, end: str) -> None:
    desk, stranger = Desk(), Desk()
    theirs = stranger.does("hold", stranger.selects(stranger.draft()), reason="crack")
    there = getattr(desk.client, method)(f"/ops/operations/{theirs.uuid}{end}", {"key": "k"})
    none = getattr(desk.client, method)(f"/ops/operations/{uuid4()}{end}", {"key": "k"})
    assert there.status_code == none.status_code == 404
    assert "Operation not found" in there.content.decode()
    assert str(theirs.uuid) not in desk.client.get("/ops/operations").content.decode()


def test_an_operation_is_found_in_whichever_of_ones_factories_it_is() -> None:
    desk = Desk()
    operation = desk.does("submit", desk.selects(desk.draft()))
    elsewhere = floor.a_factory(slug="aaa-first")
    Membership.objects.create(user=desk.user, factory=elsewhere, roles=["viewer"])
    session = desk.client.session
    session["factory"] = elsewhere.slug
    session.save()
    assert desk.client.get(f"/ops/operations/{operation.uuid}").status_code == 200


def test_a_viewer_reads_results_and_is_offered_nothing() -> None:
    desk = Desk()
    operation = desk.does("hold", desk.selects(desk.draft()), reason="crack")
    viewer = Desk("viewer", factory=desk.factory)
    page = viewer.client.get(f"/ops/operations/{operation.uuid}").content.decode()
    assert "1 done" in page and "/undo" not in page
    assert viewer.client.post(f"/ops/operations/{operation.uuid}/undo", {"key": "k"}).status_code == 403


def test_more_than_200_are_left_to_a_worker_and_the_page_asks_again() -> None:
    desk = Desk()
    desk.many(201)
    operation = desk.does("submit", desk.selects_all())
    assert desk.counts(operation) == (0, 0, 0, 201)
    page = desk.client.get(f"/ops/operations/{operation.uuid}").content.decode()
    assert 'hx-trigger="every 1s"' in page and '<noscript><meta http-equiv="refresh"' in page
    fragment = desk.client.get(f"/ops/operations/{operation.uuid}", headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith("<section") or "<html" not in fragment


def test_unsigned_results_are_nobodys() -> None:
    response = callers.Caller().get(f"/ops/operations/{uuid4()}")
    assert response.status_code == 302
    assert json.dumps(BulkRow.objects.count()) == "0"

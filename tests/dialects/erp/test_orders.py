"""Production orders as an ERP sees them: what is listed, how they are made, what producing does, and one life for all faces."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from factoryos.kernel import clock
from factoryos.kernel.ids import parse_uuid
from orders import actions
from orders.models import Assignment, ProductionOrder, QuantityEntry
from orders.specs import Circumstances, ConsumedLot, Count, NewLine, Policy, Share
from orders.states import State
from tests import floor
from tests.callers import a_member, token
from tests.calls import Person, Reply
from tests.conformance.erp.plant import Plant, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


def listed(plant: Plant, query: str = "") -> list[str]:
    """The references of a list, in its order."""
    reply = plant.erp.get(f"orders?{query}")
    assert reply.status == 200, reply.content
    assert reply["meta"]["total"] == len(reply["data"]) or "limit" in query or "page" in query
    return [row["reference"] for row in reply["data"]]


def reference(plant: Plant, **fields: Any) -> str:
    return str(plant.admin.get(plant.order(**fields))["reference"])


def refused(reply: Reply, status: int, code: str, before: dict[str, str]) -> Reply:
    """The refusal, after which everything is as it was."""
    assert (reply.status, reply.code) == (status, code), reply.content
    assert everything() == before
    return reply


def of_two_lines(plant: Plant, **facts: Any) -> str:
    """The path of an order of 10 and 20, as a face with several lines makes one."""
    lines = [NewLine(item=plant.widget, target=Decimal(10), variant="S"),
             NewLine(item=plant.widget, target=Decimal(20), variant="L")]  # fmt: skip
    return f"orders/{floor.done(actions.create, by=plant.actor, lines=lines, **facts).uuid}"


# --- lists


def test_orders_without_a_date_drop_out_when_a_date_is_asked_for(plant: Plant) -> None:
    without, with_one = reference(plant), reference(plant, scheduledDate="2026-03-20T06:00:00Z")
    assert listed(plant) == [with_one, without]
    assert listed(plant, "from=2000-01-01") == [with_one]
    assert listed(plant, "to=2100-01-01") == [with_one]


def test_from_and_to_are_both_inclusive_to_the_instant(plant: Plant) -> None:
    early, late = (reference(plant, scheduledDate=f"2026-03-20T0{hour}:00:00Z") for hour in (6, 7))
    assert listed(plant, "from=2026-03-20T06:00:00Z&to=2026-03-20T07:00:00Z&sortOrder=asc") == [early, late]
    assert listed(plant, "from=2026-03-20T06:00:01Z") == [late]
    assert listed(plant, "to=2026-03-20T06:59:59Z") == [early]
    assert listed(plant, "from=2026-03-20T14:00:00+08:00&to=2026-03-20T14:00:00%2B08:00") == [early]


def test_a_bare_date_is_a_whole_day_of_the_factory(plant: Plant) -> None:
    plant = Plant(time_zone="Asia/Kuala_Lumpur")
    first, last = (reference(plant, scheduledDate=at) for at in ("2026-03-19T16:00:00Z", "2026-03-20T15:59:59Z"))
    for at in ("2026-03-19T15:59:59Z", "2026-03-20T16:00:00Z"):
        plant.order(scheduledDate=at)
    assert listed(plant, "from=2026-03-20&to=2026-03-20&sortOrder=asc") == [first, last]


def test_a_list_is_newest_first_and_sorted_as_asked(plant: Plant) -> None:
    dates = ("2026-03-02T00:00:00Z", None, "2026-03-01T00:00:00Z")
    one, two, three = (reference(plant, scheduledDate=date) for date in dates)
    assert listed(plant) == [three, two, one]
    assert listed(plant, "sortBy=createdAt&sortOrder=asc") == [one, two, three]
    assert listed(plant, "sortBy=reference&sortOrder=asc") == [one, two, three]
    assert listed(plant, "sortBy=scheduledDate&sortOrder=asc") == [three, one, two]
    assert listed(plant, "sortBy=scheduledDate") == [one, three, two]
    changed = ProductionOrder.objects.get(reference=two)
    plant.do("amend", f"orders/{changed.uuid}", changes={"notes": "n"})
    assert listed(plant, "sortBy=updatedAt") == [two, three, one]


@pytest.mark.parametrize("sort", ["createdAt", "updatedAt", "reference", "scheduledDate"])
def test_pages_neither_overlap_nor_leave_anything_out(plant: Plant, sort: str) -> None:
    for _ in range(5):
        plant.order(scheduledDate="2026-03-01T00:00:00Z")
    ProductionOrder.objects.update(updated_at=clock.now())
    pages = [plant.erp.get(f"orders?limit=2&page={page}&sortBy={sort}") for page in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert len({row["id"] for page in pages for row in page["data"]}) == 5
    if sort != "reference":  # of equal ones the later made is the larger
        newest = [row["id"] for page in pages for row in page["data"]]
        oldest = plant.erp.get(f"orders?sortBy={sort}&sortOrder=asc")["data"]
        assert newest == sorted(newest, reverse=True) == [row["id"] for row in oldest][::-1]
    assert pages[2]["meta"] == {"total": 5, "page": 3, "limit": 2, "totalPages": 3}


def test_search_looks_into_reference_product_and_batch_and_takes_signs_as_they_are(plant: Plant) -> None:
    one, two = reference(plant), reference(plant)
    order = ProductionOrder.objects.get(reference=two)
    plant.do("amend", f"orders/{order.uuid}", changes={"batch_number": "M06_2026%"})
    assert listed(plant, f"search={one[-4:]}") == [one]
    assert listed(plant, "search=widget") == [two, one]
    assert listed(plant, "search=m06_2026%25") == [two]
    assert listed(plant, "search=M06X") == []
    assert listed(plant, "search=%25%25") == []


def test_a_product_that_nobody_has_is_in_no_order(plant: Plant) -> None:
    known = reference(plant)
    assert listed(plant, f"productId={plant.widget.uuid}") == [known]
    for uuid in (uuid4(), plant.frame.uuid, Plant().widget.uuid):
        assert listed(plant, f"productId={uuid}") == []


def test_filters_hold_together(plant: Plant) -> None:
    path = plant.order(State.APPROVED, scheduledDate="2026-03-20T06:00:00Z")
    plant.order(scheduledDate="2026-03-20T06:00:00Z")
    query = f"status=confirmed,done&productId={plant.widget.uuid}&from=2026-03-20&search=MO/"
    assert listed(plant, query) == [plant.erp.get(path)["reference"]]


@pytest.mark.parametrize(
    "query",
    ["status=", "status=draft,", "productId=abc", "sortBy=name", "sortOrder=down", "foo=1", "from=2026-02-30",
     "page=1&page=2", "page=99999999999999999999", "limit=0", "search=%00"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_its_name(plant: Plant, query: str) -> None:
    reply = plant.erp.get(f"orders?{query}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert query.split("=")[0] in reply["message"][0]


def test_rows_of_a_list_are_the_order_without_components_and_lots(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    whole, row = plant.erp.get(path).json, plant.erp.get("orders")["data"][0]
    assert row == {name: value for name, value in whole.items() if name not in ("components", "lots")}


# --- create


def test_an_order_is_made_by_the_only_bom_that_can_be_ordered(plant: Plant) -> None:
    kit, standard = plant.bom(type="phantom"), plant.bom()
    reply = plant.erp.post("orders", {"productId": str(plant.widget.uuid), "quantity": 1})
    assert (reply.status, reply["bomId"], reply["bomVersion"]) == (201, standard["id"], 1)
    assert kit["id"] != reply["bomId"]


def test_no_bom_or_a_choice_of_them_must_be_named(plant: Plant) -> None:
    body = {"productId": str(plant.widget.uuid), "quantity": 1}
    before = everything()
    assert "no BOM" in refused(plant.erp.post("orders", body), 422, "validation_failed", before)["message"][0]
    plant.bom()
    plant.bom(type="subcontract")
    before = everything()
    assert "several BOMs" in refused(plant.erp.post("orders", body), 422, "validation_failed", before)["message"][0]
    assert refused(plant.erp.post("orders", body | {"bomId": None}), 422, "validation_failed", before)
    for row in plant.erp.get("boms")["data"][1:]:
        plant.admin.delete(f"boms/{row['id']}")
    assert plant.erp.post("orders", body).status == 201, "what is gone is no choice"


def test_a_kit_a_strange_bom_and_one_that_is_gone_cannot_be_named(plant: Plant) -> None:
    kit, gone, theirs = plant.bom(type="phantom"), plant.bom(), Plant().standard
    others = plant.bom(productId=str(plant.board.uuid), components=[part(plant.frame, 1)])
    plant.admin.delete(f"boms/{gone['id']}")
    body = plant.wanted()
    before = everything()
    for bom, status, code in (
        (kit["id"], 422, "validation_failed"),
        (others["id"], 422, "validation_failed"),
        (gone["id"], 404, "not_found"),
        (theirs["id"], 404, "not_found"),
        (str(uuid4()), 404, "not_found"),
    ):
        reply = refused(plant.erp.post("orders", body | {"bomId": bom}), status, code, before)
        assert (reply["message"] == "BOM not found") is (status == 404)


def test_an_order_as_it_was_read_can_be_sent_back_and_is_a_new_one(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.erp.post(f"{path}/produce", {"qty": 5})
    read = plant.erp.get(path).json
    reply = plant.erp.post("orders", read | {"productId": read["product"]["id"], "production": {}, "lines": []})
    assert (reply.status, reply["status"], reply["producedQty"]) == (201, "draft", 0)
    assert reply["id"] != read["id"] and reply["reference"] != read["reference"]
    assert reply["quantity"] == read["quantity"]


def test_an_order_is_strict_and_keeps_what_was_said(plant: Plant) -> None:
    reply = plant.erp.post("orders", plant.wanted(priority="rush", notes=" two\nlines ", scheduledDate="2001-01-01"))
    assert reply.status == 422, "a bare date is no instant"
    reply = plant.erp.post(
        "orders", plant.wanted(priority="rush", notes=" two\nlines ", scheduledDate="2001-01-01T08:00:00+08:00")
    )
    assert reply.status == 201, reply.content
    assert (reply["scheduledDate"], reply["priority"], reply["notes"]) == ("2001-01-01T00:00:00Z", "rush", "two\nlines")
    order = plant.core(f"orders/{reply['id']}")
    assert (order.over_production, order.priority, order.origin) == ("strict", "rush", "erp")


def test_references_are_counted_by_factory_and_year_without_gaps(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    assert reference(plant) == "MO/2026/0001"
    assert plant.erp.post("orders", plant.wanted(quantity=0)).status == 422
    assert plant.erp.post("orders", plant.wanted(bomId=str(uuid4()))).status == 404
    assert reference(plant) == "MO/2026/0002"
    assert reference(Plant(time_zone="Asia/Kuala_Lumpur")) == "MO/2027/0001"


def test_a_quantity_has_no_more_decimals_than_the_unit(plant: Plant) -> None:
    assert plant.erp.post("orders", plant.wanted(quantity=2.5))["message"] == ["quantity must be a whole number"]
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(unit_decimals=2)
    reply = plant.erp.post("orders", plant.wanted(quantity=0.25))
    assert (reply.status, reply["quantity"], reply["remainingQty"]) == (201, Decimal("0.25"), Decimal("0.25"))
    assert b'"quantity":0.25,' in reply.content
    assert [row["requiredQty"] for row in reply["components"]] == [1, 1], "a quarter of a frame is put aside as a whole"


# --- confirm, produce, close, cancel


def test_a_machine_that_runs_another_order_leaves_the_first_production_undone(plant: Plant) -> None:
    machine = plant.machine("PRESS-01")
    paths = [plant.order(State.APPROVED) for _ in range(2)]
    for path in paths:
        plant.do("schedule", path, shares=[Share(machine=machine)])
    assert plant.erp.post(f"{paths[0]}/produce", {"qty": 1}).status == 200
    before = everything()
    for call in ("produce", "work-orders/wo_001/start"):
        reply = refused(plant.erp.post(f"{paths[1]}/{call}", {"qty": 1} if call == "produce" else None),
                        409, "machine_busy", before)  # fmt: skip
        assert reply["details"]["machines"][0]["machine"] == "PRESS-01"


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "k"}])
def test_too_much_at_first_leaves_the_order_confirmed_and_the_machine_free(plant: Plant, key: dict[str, str]) -> None:
    path = plant.order(State.SCHEDULED)
    before = everything()
    reply = plant.erp.post(f"{path}/produce", {"qty": 101}, **key)
    assert (reply.status, reply.code) == (422, "over_production")
    now = everything()
    assert {**now, "kernel_rememberedanswer": "0"} == {**before, "kernel_rememberedanswer": "0"}
    assert int(now["kernel_rememberedanswer"]) == len(key), "a refusal by a verb is remembered"
    assert plant.erp.get(path)["status"] == "confirmed"
    assert not Assignment.objects.filter(active=True)
    assert plant.erp.post(f"{path}/produce", {"qty": 100}, **dict.fromkeys(key, "other")).status == 200


@pytest.mark.parametrize("policy", [Policy("unlimited"), Policy("tolerance", Decimal(50))])
def test_this_face_is_strict_whatever_the_orders_own_policy(plant: Plant, policy: Policy) -> None:
    lines = [NewLine(item=plant.widget, target=Decimal(10))]
    path = f"orders/{floor.done(actions.create, by=plant.actor, lines=lines, policy=policy).uuid}"
    plant.do("approve", path)
    plant.do("start", path)
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 11}), 422, "over_production", before)
    plant.do("report", path, count=Count(Decimal(12), Decimal(0)))
    assert plant.erp.get(path)["remainingQty"] == 0
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 1}), 422, "over_production", before)


def test_components_are_reserved_and_used_as_pieces_are_made(plant: Plant) -> None:
    path = plant.order(quantity=50)

    def figures(reply: Reply) -> list[tuple[int, int, int]]:
        return [(row["requiredQty"], row["reservedQty"], row["consumedQty"]) for row in reply["components"]]

    assert figures(plant.erp.get(path)) == [(50, 0, 0), (100, 0, 0)]
    assert figures(plant.admin.post(f"{path}/confirm")) == [(50, 50, 0), (100, 100, 0)]
    assert figures(plant.erp.post(f"{path}/produce", {"qty": 23})) == [(50, 27, 23), (100, 54, 46)]
    assert figures(plant.erp.post(f"{path}/close")) == [(50, 0, 23), (100, 0, 46)]
    assert plant.balance(plant.frame) == (10_000 - 23, 0)
    assert plant.balance(plant.widget) == (23, 0)


def test_what_was_used_beyond_the_bom_counts_as_consumed(plant: Plant) -> None:
    plant.stock(plant.frame, 100, lot="F-1")
    path = plant.order(State.IN_PRODUCTION, quantity=10)
    lot = plant.frame.lots.get()
    more = ConsumedLot(plant.frame.pk, plant.frame.uuid, "FRAME", lot.pk, "F-1", Decimal(7))
    plant.do("report", path, count=Count(Decimal(5), Decimal(0)), where=Circumstances(consumed_lots=(more,)))
    assert [row["consumedQty"] for row in plant.erp.get(path)["components"]] == [7, 10]


def test_a_need_beyond_all_stock_is_shown_as_it_is(plant: Plant) -> None:
    """No order is made that needs so much, but a target may be raised later."""
    bom = plant.bom(components=[part(plant.frame, 1_000_000_000)])
    path = plant.order(bomId=bom["id"], quantity=1)
    plant.core(path).lines.update(target=5_000)
    shown = plant.erp.get(path)
    assert (shown.status, shown["components"][0]["requiredQty"]) == (200, 5_000_000_000_000)


def test_component_stock_that_is_missing_refuses_no_production(plant: Plant) -> None:
    path = plant.order(quantity=100_000)
    plant.do("schedule", path)
    reply = plant.erp.post(f"{path}/produce", {"qty": 50_000})
    assert (reply.status, reply["producedQty"]) == (200, 50_000)
    assert plant.balance(plant.board) == (0, 0)
    assert QuantityEntry.objects.get().short_consumption


def test_lots_are_those_that_pieces_went_into_less_what_was_taken_back(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    for qty, lot in ((25, "LOT-B"), (10, "LOT-A"), (5, "LOT-B"), (3, None)):
        reply = plant.erp.post(f"{path}/produce", {"qty": qty, "lotNumber": lot})
        assert (reply.status, reply["production"]["lotNumber"]) == (200, lot)
    assert reply["lots"] == [{"lotNumber": "LOT-A", "quantity": 10}, {"lotNumber": "LOT-B", "quantity": 30}]
    where = Circumstances(lot_number="LOT-A")
    plant.do("report", path, count=Count(Decimal(-10), Decimal(0)), reason="miscounted", where=where)
    assert plant.erp.get(path)["lots"] == [{"lotNumber": "LOT-B", "quantity": 30}]


@pytest.mark.parametrize("batch", [None, "B-7"])
def test_a_lot_tracked_product_goes_into_the_batch_or_else_the_reference(plant: Plant, batch: str | None) -> None:
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(tracking="lot")
    path = plant.order(State.APPROVED)
    plant.do("amend", path, changes={"batch_number": batch})
    reply = plant.erp.post(f"{path}/produce", {"qty": 5})
    expected = batch or reply["reference"]
    assert (reply["production"]["lotNumber"], reply["lots"]) == (expected, [{"lotNumber": expected, "quantity": 5}])


def test_a_serial_tracked_product_needs_a_number_for_every_piece(plant: Plant) -> None:
    type(plant.widget).objects.filter(pk=plant.widget.pk).update(tracking="serial")
    path = plant.order(State.APPROVED)
    before = everything()
    for numbers in ([], ["S1"], ["S1", "S1"], ["S1", "S2", "S3"]):
        refused(
            plant.erp.post(f"{path}/produce", {"qty": 2, "serialNumbers": numbers}), 422, "validation_failed", before
        )
    reply = plant.erp.post(f"{path}/produce", {"qty": 2, "serialNumbers": ["S1", "S2"]})
    assert reply["lots"] == [{"lotNumber": "S1", "quantity": 1}, {"lotNumber": "S2", "quantity": 1}]
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 1, "serialNumbers": ["S2"]}), 409, "duplicate", before)


def test_serial_numbers_are_as_many_as_pieces_even_where_none_are_asked_for(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    before = everything()
    refused(plant.erp.post(f"{path}/produce", {"qty": 5, "serialNumbers": ["S1"]}), 422, "validation_failed", before)


def test_an_order_of_several_lines_shows_them_and_wants_to_know_which_is_meant(plant: Plant) -> None:
    path = of_two_lines(plant)
    shown = plant.erp.get(path)
    assert (shown["quantity"], shown["bomId"], shown["bomVersion"]) == (30, None, None)
    assert [(line["variant"], line["quantity"]) for line in shown["lines"]] == [("S", 10), ("L", 20)]
    assert plant.erp.get("orders")["data"][0]["lines"] == shown["lines"]
    plant.do("approve", path)
    before = everything()
    reply = refused(plant.erp.post(f"{path}/produce", {"qty": 1}), 422, "validation_failed", before)
    assert reply["message"][0].startswith("lineId ")
    refused(plant.erp.post(f"{path}/produce", {"qty": 1, "lineId": str(uuid4())}), 404, "not_found", before)
    large = shown["lines"][1]["id"]
    refused(plant.erp.post(f"{path}/produce", {"qty": 21, "lineId": large}), 422, "over_production", before)
    reply = plant.erp.post(f"{path}/produce", {"qty": 15, "lineId": large})
    assert (reply["producedQty"], [line["producedQty"] for line in reply["lines"]]) == (15, [0, 15])


def test_components_of_several_lines_are_told_product_by_product(plant: Plant) -> None:
    plant.bom()
    shown = plant.erp.get(of_two_lines(plant))
    assert [(row["name"], row["requiredQty"]) for row in shown["components"]] == [("Frame", 30), ("Circuit Board", 60)]
    assert shown["bomId"] == plant.erp.get("boms")["data"][0]["id"]


def test_productions_are_told_oldest_first_and_corrections_are_negative(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    made = [plant.erp.post(f"{path}/produce", {"qty": qty, "lotNumber": "L"})["production"] for qty in (25, 10)]
    plant.do("report", path, count=Count(Decimal(-5), Decimal(5)), reason="scratched")
    plant.do("report", path, count=Count(Decimal(0), Decimal(3)))
    reply = plant.erp.get(f"{path}/productions")
    assert reply["data"][:2] == made
    assert [row["qty"] for row in reply["data"]] == [25, 10, -5]
    assert reply["meta"] == {"total": 3, "page": 1, "limit": 20, "totalPages": 1}
    assert [row["qty"] for row in plant.erp.get(f"{path}/productions?page=2&limit=2")["data"]] == [-5]
    shown = plant.erp.get(path)
    assert (shown["producedQty"], shown["rejectedQty"], shown["remainingQty"]) == (30, 8, 70)


def test_a_production_names_the_key_or_the_person_that_made_it(plant: Plant) -> None:
    path = plant.order(State.APPROVED)
    by = plant.erp.post(f"{path}/produce", {"qty": 1})["production"]["by"]
    assert by["name"] == "ERP key" and parse_uuid(by["id"])
    assert plant.person("planner").post(f"{path}/produce", {"qty": 1})["production"]["by"]["name"] == "planner"


def test_a_reason_to_cancel_stands_in_the_history(plant: Plant) -> None:
    path = plant.order(State.SCHEDULED)
    before = everything()
    refused(plant.admin.post(f"{path}/cancel", {"reason": "x" * 501}), 422, "validation_failed", before)
    reply = plant.admin.post(f"{path}/cancel", {"reason": "no longer wanted"})
    assert (reply.status, reply["status"], reply["finishedAt"]) == (200, "cancelled", None)
    assert plant.core(path).events.latest("seq").reason == "no longer wanted"


def test_a_held_order_is_cancelled_but_not_closed(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    plant.do("hold", path)
    assert plant.erp.get(path)["onHold"] is True
    before = everything()
    refused(plant.erp.post(f"{path}/close"), 409, "order_on_hold", before)
    assert plant.admin.post(f"{path}/cancel").status == 200


def test_closing_tells_when_production_began_and_ended(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    assert plant.erp.get(path)["startedAt"] and plant.erp.get(path)["finishedAt"] is None
    assert plant.erp.post(f"{path}/close")["finishedAt"].endswith("Z")


@pytest.mark.parametrize("call", ["confirm", "close", "cancel", "produce"])
def test_a_field_that_nobody_knows_is_refused(plant: Plant, call: str) -> None:
    path = plant.order(State.DRAFT if call == "confirm" else State.IN_PRODUCTION)
    before = everything()
    reply = plant.admin.post(f"{path}/{call}", {"qty": 1, "foo": 1} if call == "produce" else {"foo": 1})
    assert refused(reply, 422, "validation_failed", before)["message"] == ["property foo should not exist"]
    refused(plant.admin.post(f"{path}/{call}?foo=1", {}), 422, "validation_failed", before)


def test_a_version_is_told_and_an_old_one_refused(plant: Plant) -> None:
    path = plant.order()
    tag = plant.erp.get(path).headers["ETag"]
    assert tag == '"1"'
    confirmed = plant.admin.post(f"{path}/confirm", if_match=tag)
    assert (confirmed.status, confirmed.headers["ETag"]) == (200, '"2"')
    before = everything()
    for call, body in (("produce", {"qty": 1}), ("cancel", None), ("close", None), ("work-orders/wo_001/start", None)):
        refused(plant.admin.post(f"{path}/{call}", body, if_match=tag), 412, "stale", before)
    assert plant.admin.post(f"{path}/produce", {"qty": 1}, if_match='"2"').status == 200


# --- one life for all faces


def colleague(plant: Plant) -> Person:
    """Somebody of the same plant who uses the factory API."""
    return Person(token(a_member(plant.factory, "admin")), slug=plant.factory.slug)


def test_an_order_confirmed_here_is_the_same_order_there(plant: Plant) -> None:
    path = plant.order()
    plant.as_("planner").post(f"{path}/confirm")
    there = colleague(plant)
    other = path.replace("orders/", "production-orders/")
    shown = there.get(other)
    assert (shown["state"], shown["reference"]) == ("draft", plant.erp.get(path)["reference"])
    assert shown["origin"] == "erp"
    last = there.get(f"{other}/transitions")["data"][-1]
    assert (last["verb"], last["face"], last["by"]["name"], last["by"]["kind"]) == (
        "approve", "erp", "ERP key", "api_key",
    )  # fmt: skip
    started = there.post(f"{other}/transition", {"toState": "in_production"})
    assert started.status == 200, "what is approved may be started there, though its word is draft"
    assert plant.erp.get(path)["status"] == "in_progress"


def test_an_order_scheduled_there_is_confirmed_here(plant: Plant) -> None:
    there = colleague(plant)
    plant.machine("PRESS-01")
    made = there.post("production-orders", {"productId": "WIDGET-PRO", "quantityTarget": 10})
    path = f"orders/{made['id']}"
    shown = plant.erp.get(path)
    assert (shown["status"], shown["origin"], shown["bomId"]) == ("draft", "factory", None)
    there.post(f"production-orders/{made['id']}/schedule", {"machineId": "PRESS-01"})
    assert plant.erp.get(path)["status"] == "confirmed"
    assert plant.erp.post(f"{path}/produce", {"qty": 4})["status"] == "in_progress"
    counted = there.get(f"production-orders/{made['id']}")
    assert (counted["state"], counted["quantityGood"]) == ("in_production", 4)
    assert there.get(f"production-orders/{made['id']}/quantity-entries")["data"][0]["by"]["name"] == "ERP key"

"""Changing an order's header: what is left out stays, null empties, what cannot be empty refuses; and starting it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders import actions
from orders.models import OrderEvent
from orders.specs import NewLine, Share
from tests import floor, stores
from tests.calls import Reply
from tests.conformance.store.shop import as_xml
from tests.dialects.store.workshop import CAP, LINER, RESIN, RUN, SHELL, Workshop, a_workshop, refused
from tests.evidence import added, everything

pytestmark = pytest.mark.django_db

START, END = 1766443826229, 1766703026229
WHOLE = {
    "prReference": "MINE", "customerOrderExternalId": "X-1", "internalReference": "SHIFT-B", "name": "caps",
    "comment": "one\ntwo", "startDate": START, "endDate": END, "finishDate": END, "workHours": Decimal("6.5"),
    "storeState": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def test_what_is_sent_is_changed_and_the_rest_stays(shop: Workshop) -> None:
    order_id = shop.order()
    assert {name: shop.admin.put(f"{order_id}", WHOLE)[name] for name in WHOLE} == {**WHOLE}
    changed = shop.admin.put(f"{order_id}", {"name": "lids"})
    assert {name: changed[name] for name in WHOLE} == WHOLE | {"name": "lids"}


def test_null_empties_what_can_be_empty(shop: Workshop) -> None:
    order_id = shop.order(**WHOLE)
    names = ("customerOrderExternalId", "internalReference", "name", "comment", "startDate", "endDate", "finishDate",
             "workHours")  # fmt: skip
    emptied = shop.admin.put(f"{order_id}", dict.fromkeys(names)).json
    assert [emptied[name] for name in names] == [None] * len(names)
    assert (emptied["prReference"], emptied["storeState"]) == ("MINE", 4)


@pytest.mark.parametrize("name", ["prReference", "customerOrderId", "storeState", "reserveInDepth"])
def test_null_is_refused_where_nothing_can_be_empty(shop: Workshop, name: str) -> None:
    order_id = shop.order()
    before = everything()
    refused(shop.admin.put(f"{order_id}", {name: None}), 400, 903003, name, before)


@pytest.mark.parametrize("reference", ["", "  ", "x" * 101])
def test_a_reference_is_never_empty(shop: Workshop, reference: str) -> None:
    order_id = shop.order()
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"prReference": reference}), 400, 903003, "prReference", before)


def test_an_order_may_be_sent_back_as_it_was_read(shop: Workshop) -> None:
    order_id = shop.with_caps(prReference="MINE", reserveInDepth=True)
    shown = shop.admin.get(f"{order_id}")
    before = everything()
    again = shop.admin.put(f"{order_id}", shown.json)
    assert (again.status, again.content) == (200, shown.content)
    assert everything() == before, "nothing differs, so nothing happened"


def test_a_date_that_is_finer_than_it_is_shown_is_not_cut_by_sending_it_back(shop: Workshop) -> None:
    planned = datetime(2026, 2, 1, 8, 30, 0, 123456, tzinfo=UTC)
    theirs = floor.an_order(shop.actor, planned_start=planned, planned_end=planned + timedelta(microseconds=7))
    shown = shop.admin.get(f"{theirs.pk}").json
    before = everything()
    assert shop.admin.put(f"{theirs.pk}", shown).status == 200
    assert everything() == before


def test_the_history_holds_before_and_after(shop: Workshop) -> None:
    order_id = shop.order(name="caps", endDate=END)
    shop.admin.put(f"{order_id}", {"name": "lids", "endDate": None, "workHours": 2})
    event = shop.last(order_id)
    assert (event.verb, event.to_state) == ("amend", "draft")
    assert event.data["facts"] == {
        "name": {"before": "caps", "after": "lids"},
        "workHours": {"before": None, "after": "2"},
    }
    assert event.data["changes"]["planned_end"]["after"] is None


def test_an_empty_body_changes_nothing(shop: Workshop) -> None:
    order_id = shop.with_caps()
    before = everything()
    assert shop.admin.put(f"{order_id}").status == 200
    assert shop.admin.put(f"{order_id}/", {}).status == 200
    assert everything() == before


def test_what_cannot_be_written_is_ignored_whatever_it_says(shop: Workshop) -> None:
    order_id = shop.with_caps(totalAmount=3)
    ignored = {"state": "whatever", "totalAmount": -1, "finishedAmount": "NaN", "articles": 5, "singleArticles": None}
    before = everything()
    assert shop.admin.put(f"{order_id}", ignored)["state"] == 0
    assert everything() == before


def test_the_orders_own_number_may_be_sent_and_no_other(shop: Workshop) -> None:
    order_id = shop.order()
    assert shop.admin.put(f"{order_id}", {"orderId": str(order_id)}).status == 200
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"orderId": order_id + 1, "name": "x"}), 400, 903003, "orderId", before)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"startDate": END + 1}, "startDate"),
        ({"endDate": START - 1}, "endDate"),
        ({"startDate": END, "endDate": START}, "endDate"),
        ({"startDate": END + 1, "endDate": END}, "endDate"),
        ({"nmae": "x"}, "nmae"),
        ({"workHours": True}, "workHours"),
    ],
)
def test_what_makes_no_sense_with_what_is_stored_is_refused(shop: Workshop, fields: dict[str, Any], field: str) -> None:
    order_id = shop.order(startDate=START, endDate=END)
    before = everything()
    refused(shop.admin.put(f"{order_id}", fields), 400, 903003, field, before)
    assert shop.admin.put(f"{order_id}", {"startDate": END}).status == 200, "a moment is a time"


def test_a_taken_reference_is_refused_and_the_rest_with_it(shop: Workshop) -> None:
    shop.order(prReference="TAKEN")
    order_id = shop.order()
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"name": "x", "prReference": "TAKEN"}), 409, 903003, "prReference", before)


def test_another_customer_order_brings_its_external_id_where_that_was_a_copy(shop: Workshop) -> None:
    other = shop.ordered(external_id="WEB-2")
    order_id, named = shop.order(), shop.order(customerOrderExternalId="MY-1")
    moved = shop.admin.put(f"{order_id}", {"customerOrderId": other})
    assert (moved["customerOrderId"], moved["customerOrderExternalId"]) == (other, "WEB-2")
    assert shop.admin.put(f"{named}", {"customerOrderId": other})["customerOrderExternalId"] == "MY-1"
    both = {"customerOrderId": shop.customer_order, "customerOrderExternalId": None}
    assert shop.admin.put(f"{order_id}", both)["customerOrderExternalId"] is None
    strange = Workshop().customer_order
    before = everything()
    for number in (strange, 10**15, 0):
        refused(shop.admin.put(f"{order_id}", {"customerOrderId": number}), 400, 903004, "customerOrderId", before)


def test_an_order_of_another_face_keeps_having_no_customer_order(shop: Workshop) -> None:
    theirs = floor.an_order(shop.actor)
    shown = shop.admin.get(f"{theirs.pk}").json
    assert shop.admin.put(f"{theirs.pk}", shown).status == 200
    assert shop.admin.put(f"{theirs.pk}", {"customerOrderId": shop.customer_order})["customerOrderId"] is not None


# --- starting


def test_production_starts_after_the_header_is_saved(shop: Workshop) -> None:
    order_id = shop.with_caps()
    started = shop.admin.put(f"{order_id}?startProduction=true", {"name": "now"})
    assert (started["state"], started["name"]) == (1, "now")
    assert shop.verbs(order_id)[-3:] == ["amend", "approve", "start"]
    again = shop.admin.put(f"{order_id}?startProduction=1", {"name": "later"})
    assert (again["state"], again["name"]) == (1, "later")
    assert shop.verbs(order_id)[-2:] == ["start", "amend"]


def test_an_order_starts_with_what_is_there_and_without_lines(shop: Workshop) -> None:
    order_id = shop.with_caps(15_000)
    assert shop.admin.put(f"{order_id}?startProduction=true").status == 200
    (group,) = shop.admin.get(f"{order_id}")["singleArticles"]
    reserved = {part["singleArticleId"]: part["totalReserved"] for part in group["singleArticles"]}
    assert reserved == {LINER: 10_000, SHELL: 15_000}
    assert shop.admin.put(f"{shop.order()}?startProduction=true")["state"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("", {"name": "x"}), ("", None), ("?startProduction=true", None), ("/article", {"articleId": CAP, "time": 1}),
     (f"/{RUN}", {"amount": 1})],
)  # fmt: skip
def test_what_an_order_waits_for_is_set_aside_when_it_is_next_written(shop: Workshop, path: str, body: Any) -> None:
    """Where nobody told it yet that stock has arrived."""
    order_id = shop.with_caps(20_100)
    assert shop.admin.put(f"{order_id}?startProduction=true").status == 200
    stores.delivered(shop.actor, shop.shell, 500)
    assert _reserved(shop.admin.get(f"{order_id}"))[SHELL] == 20_000, "to look at it writes nothing"
    made = 1 if body and "amount" in body else 0
    assert _reserved(shop.admin.put(f"{order_id}{path}", body)) == {SHELL: 20_100 - made, LINER: 10_000 - made}


def _reserved(order: Reply) -> dict[str, Any]:
    (group,) = order["singleArticles"]
    return {part["singleArticleId"]: part["totalReserved"] for part in group["singleArticles"]}


def test_what_an_order_waits_for_stays_open_where_the_call_is_refused(shop: Workshop) -> None:
    order_id = shop.with_caps(20_100)
    assert shop.admin.put(f"{order_id}?startProduction=true").status == 200
    stores.delivered(shop.actor, shop.shell, 500)
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"orderId": order_id + 1}), 400, 903003, "orderId", before)


def test_a_paused_order_counts_as_developing(shop: Workshop) -> None:
    order_id = shop.with_caps(state=1)
    floor.done(actions.pause, order_id=order_id, by=shop.actor, reason="tool_change")
    paused = shop.admin.put(f"{order_id}?startProduction=true", {"name": "x"})
    assert (paused["state"], shop.core(order_id).state) == (1, "paused")


@pytest.mark.parametrize("value", ["maybe", "", "2"])
def test_a_start_that_is_neither_yes_nor_no_is_refused(shop: Workshop, value: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    query = f"{order_id}?startProduction={value}"
    refused(shop.admin.put(query, {"name": "x"}), 400, 903003, "startProduction", before)
    refused(shop.admin.put(f"{order_id}?start=true", {"name": "x"}), 400, 903003, "start", before)


def test_a_start_that_is_refused_leaves_neither_header_nor_reservation(shop: Workshop) -> None:
    busy = shop.machine_of(shop.with_caps(5))
    shop.admin.put(f"{busy}?startProduction=true")
    order_id = shop.with_caps(5)
    shop.machine_of(order_id, same=True)
    before = everything()
    facts = refused(shop.admin.put(f"{order_id}?startProduction=true", {"name": "x"}), 409, 903003, None, before)
    assert facts["orders"][0]["prReference"] == shop.core(busy).reference
    draft = shop.with_caps(5)
    floor.done(actions.hold, order_id=draft, by=shop.actor, reason="odd colour")
    before = everything()
    refused(shop.admin.put(f"{draft}?startProduction=true", {"name": "x"}), 409, 903003, "state", before)


# --- which parts are set aside


def test_the_layer_is_free_until_production_starts(shop: Workshop) -> None:
    order_id = shop.with_caps()
    (group,) = shop.admin.put(f"{order_id}", {"reserveInDepth": "true"})["singleArticles"]
    assert {part["singleArticleId"] for part in group["singleArticles"]} == {LINER, RESIN}
    assert shop.admin.put(f"{order_id}?startProduction=true", {"reserveInDepth": False})["reserveInDepth"] is False
    (group,) = shop.admin.get(f"{order_id}")["singleArticles"]
    assert {part["singleArticleId"]: part["totalReserved"] for part in group["singleArticles"]} == {
        LINER: 500,
        SHELL: 500,
    }
    assert shop.admin.put(f"{order_id}", {"reserveInDepth": False}).status == 200, "the same value is fine"
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"reserveInDepth": True, "name": "x"}), 409, 903003, "reserveInDepth", before)


# --- who may


def test_who_may_change_and_who_may_only_start(shop: Workshop) -> None:
    order_id = shop.with_caps()
    floor.done(actions.approve, order_id=order_id, by=shop.actor)
    before = everything()
    for role in ("viewer", "technician", "qa", "engineer"):
        refused(shop.as_(role).put(f"{order_id}", {"name": "x"}), 403, 900001, None, before)
        refused(shop.as_(role).put("1", {"name": "x"}), 403, 900001, None, before)
    refused(shop.as_("technician").put(f"{order_id}?startProduction=true", {"name": "x"}), 403, 900001, None, before)
    assert shop.as_("technician").put(f"{order_id}?startProduction=true")["state"] == 1
    assert shop.as_("operator").put(f"{order_id}", {"name": "x"})["name"] == "x"


def test_xml_tells_null_from_left_out_and_from_empty(shop: Workshop) -> None:
    order_id = shop.order(name="caps", internalReference="B", comment="c")
    body = as_xml("productionOrderDto", {"name": None, "comment": ""})
    changed = shop.admin.put(f"{order_id}", body, content_type="application/xml")
    assert [changed[name] for name in ("name", "comment", "internalReference")] == [None, "", "B"]


def test_one_call_writes_one_event_for_the_header(shop: Workshop) -> None:
    order_id = shop.order()
    before = everything()
    shop.admin.put(f"{order_id}", WHOLE)
    assert added(before)["orders_orderevent"] == 1
    assert OrderEvent.objects.filter(order_id=order_id).count() == shop.core(order_id).version == 2


def test_an_order_of_several_lines_of_another_face_is_changed_like_any_other(shop: Workshop) -> None:
    lines = [NewLine(item=shop.cap, target=Decimal(10), variant=size) for size in ("S", "L")]
    theirs = floor.done(actions.create, by=shop.actor, lines=lines)
    floor.done(
        actions.schedule, order_id=theirs.pk, by=shop.actor, shares=[Share(machine=floor.a_machine(shop.factory))]
    )
    assert shop.admin.put(f"{theirs.pk}?startProduction=true", {"name": "x"})["state"] == 1
    assert shop.verbs(theirs.pk)[-2:] == ["amend", "start"]

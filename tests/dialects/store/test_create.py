"""Making orders: what is taken in, which reference, which state, from a customer order; and what is refused."""

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any

import pytest

from manufacturing.boms.writing import retire_bom
from manufacturing.models import Bom
from orders.models import OrderFacts, ProductionOrder
from tests import floor, stores
from tests.calls import Reply
from tests.conformance.store.shop import as_xml
from tests.dialects.store.workshop import CAP, DELIVERY, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

START, END = 1766443826229, 1766703026229


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def post(shop: Workshop, **fields: Any) -> Reply:
    return shop.admin.post("", {"customerOrderId": shop.customer_order} | fields)


def test_nothing_but_the_customer_order_is_needed(shop: Workshop) -> None:
    made = post(shop).json
    assert made["prReference"].startswith("PO-") and len(made["prReference"]) == len("PO-2026-000001")
    assert (made["state"], made["reserveInDepth"], made["storeState"]) == (0, False, 0)
    assert (made["totalAmount"], made["finishedAmount"], made["articles"], made["singleArticles"]) == (0, 0, [], [])
    assert made["customerOrderExternalId"] == "WEB-5512", "copied, as none was sent"
    assert [made[name] for name in ("name", "comment", "startDate", "endDate", "finishDate", "workHours")] == [None] * 6
    order = shop.core(made["orderId"])
    assert (order.origin, order.over_production, order.item_id) == ("store", "unlimited", None)
    assert order.customer_order_id == shop.customer_order


def test_everything_that_is_sent_is_shown_again(shop: Workshop) -> None:
    sent = {
        "prReference": " Blue / 1 ", "customerOrderExternalId": "", "internalReference": "SHIFT-B", "name": "  caps ",
        "comment": "one\ntwo", "startDate": START, "endDate": START, "finishDate": -1, "workHours": Decimal("6.5"),
        "reserveInDepth": True, "storeState": -7, "totalAmount": Decimal("12.5"), "finishedAmount": 3,
    }  # fmt: skip
    made = post(shop, **sent).json
    assert {name: made[name] for name in sent} == sent
    assert shop.core(made["orderId"]).layer == "leaves"
    shop.admin.post(f"{made['orderId']}/article", {"articleId": CAP, "amount": 4})
    shown = shop.admin.get(f"{made['orderId']}")
    assert (shown["totalAmount"], shown["finishedAmount"]) == (4, 0), "what was sent counts only without lines"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_reference_that_is_empty_is_minted(shop: Workshop, nothing: str | None) -> None:
    assert post(shop, prReference=nothing)["prReference"].startswith("PO-")


def test_null_says_the_same_as_nothing(shop: Workshop) -> None:
    names = ("customerOrderExternalId", "internalReference", "name", "comment", "startDate", "endDate", "finishDate",
             "workHours", "state", "reserveInDepth", "storeState", "totalAmount", "finishedAmount")  # fmt: skip
    with_nulls, without = post(shop, **dict.fromkeys(names)).json, post(shop).json
    different = {"orderId", "prReference"}
    assert {name: value for name, value in with_nulls.items() if name not in different} == {
        name: value for name, value in without.items() if name not in different
    }
    assert not OrderFacts.objects.filter(order_id=with_nulls["orderId"]).exclude(
        data={"customerOrderExternalId": "WEB-5512"}
    )


def test_what_cannot_be_written_is_taken_and_ignored(shop: Workshop) -> None:
    ignored: dict[str, Any] = {"orderId": 10**15, "articles": [{"articleId": "x"}], "singleArticles": "whatever"}
    made = post(shop, **ignored).json
    assert made["orderId"] != 10**15 and made["articles"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prReference": "   "}, "prReference"),
        ({"prReference": "x" * 101}, "prReference"),
        ({"prReference": "a\x00b"}, "prReference"),
        ({"name": "x" * 256}, "name"),
        ({"comment": "x" * 10_001}, "comment"),
        ({"startDate": END, "endDate": START}, "endDate"),
        ({"startDate": "tomorrow"}, "startDate"),
        ({"finishDate": 10**15}, "finishDate"),
        ({"workHours": -1}, "workHours"),
        ({"state": True}, "state"),
        ({"reserveInDepth": "perhaps"}, "reserveInDepth"),
        ({"storeState": 2**31}, "storeState"),
        ({"totalAmount": "NaN"}, "totalAmount"),
        ({"prRefrence": "x"}, "prRefrence"),
        ({"customerOrderId": None}, "customerOrderId"),
        ({"customerOrderId": "x"}, "customerOrderId"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(shop: Workshop, fields: dict[str, Any], field: str) -> None:
    before = everything()
    refused(post(shop, **fields), 400, 903002, field, before)


@pytest.mark.parametrize("customer_order", [0, -1, 10**15, 2**63 - 1])
def test_an_unknown_customer_order_is_told_as_one(shop: Workshop, customer_order: int) -> None:
    before = everything()
    refused(post(shop, customerOrderId=customer_order), 400, 903004, "customerOrderId", before)


def test_references_differ_by_case_and_are_taken_once(shop: Workshop) -> None:
    assert post(shop, prReference="Mine").status == post(shop, prReference="MINE").status == 200
    before = everything()
    refused(post(shop, prReference="Mine"), 409, 903002, "prReference", before)


def test_another_store_may_use_the_same_reference(shop: Workshop) -> None:
    other = Workshop()
    assert post(shop, prReference="SAME").status == post(other, prReference="SAME").status == 200


@pytest.mark.parametrize("role", ["viewer", "technician", "operator", "qa", "engineer"])
def test_planners_make_orders_and_others_do_not(shop: Workshop, role: str) -> None:
    before = everything()
    refused(shop.as_(role).post("", {"customerOrderId": shop.customer_order}), 403, 900001, None, before)
    assert shop.as_("planner").post("", {"customerOrderId": shop.customer_order, "state": 2}).status == 200


# --- with a state


def test_a_finish_date_that_is_sent_with_a_finished_order_stays(shop: Workshop) -> None:
    assert post(shop, state=2, finishDate=START)["finishDate"] == START
    assert post(shop, state="2")["finishDate"] > START
    running = post(shop, state=1, finishDate=START)
    assert running["finishDate"] == START, "until it is finished"
    assert shop.admin.put(f"{running['orderId']}/finish")["finishDate"] > START


def test_a_new_order_that_may_not_start_is_not_made_at_all(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from factoryos.kernel.problems import RoleMissing
    from orders import actions

    def refuse(**arguments: Any) -> None:
        raise RoleMissing(verb="start", any_of=["operator"])

    monkeypatch.setattr(actions, "start", refuse)
    before = everything()
    refused(post(shop, state=1), 403, 900001, None, before)


# --- from a customer order


def from_customer_order(shop: Workshop, customer_order: int) -> Reply:
    return shop.admin.post(f"customer_order/{customer_order}")


def test_what_is_made_here_becomes_the_lines(shop: Workshop) -> None:
    ordered = shop.ordered(
        (shop.cap, "Blue caps", 500), (shop.resin, "", 3), (shop.shell, "", "0.5"), (shop.cap, "More caps", "100.25"),
        external_id="WEB-9",
    )  # fmt: skip
    made = from_customer_order(shop, ordered).json
    assert [(line["articleId"], line["articleName"], line["amount"]) for line in made["articles"]] == [
        (CAP, "Blue caps", Decimal("600.25")), ("SHELL-28", "Shell 28 mm", Decimal("0.5")),
    ]  # fmt: skip
    assert (made["customerOrderId"], made["customerOrderExternalId"], made["name"]) == (
        ordered,
        "WEB-9",
        "Selangor Water",
    )
    assert made["endDate"] == DELIVERY.timestamp() * 1000
    assert (made["state"], made["totalAmount"]) == (0, Decimal("600.75"))
    assert {group["articleId"] for group in made["singleArticles"]} == {CAP, "SHELL-28"}
    assert shop.core(made["orderId"]).over_production == "unlimited"


def test_totals_keep_every_digit(shop: Workshop) -> None:
    """Twelve of the largest amounts have more digits than Python's decimals keep unless they are told to."""
    largest = "999999999999.999999999999999"
    rows = []
    for number in range(12):
        item = shop.item(f"BIG-{number}", "Big")
        stores.a_bom(shop.actor, item, {shop.shell: 1})
        rows.append((item, "", largest))
    made = from_customer_order(shop, shop.ordered(*rows))
    assert made.status == 200, made.content
    order_id = made["orderId"]
    with localcontext(prec=60):
        total = 12 * Decimal(largest)
        assert (made["totalAmount"], shop.core(order_id).quantity_target) == (total, total)
        smaller = shop.admin.put(f"{order_id}/article", {"articleId": "BIG-0", "amount": "0.000000000000001"})
        total = 11 * Decimal(largest) + Decimal("0.000000000000001")
        assert (smaller["totalAmount"], shop.core(order_id).quantity_target) == (total, total)


def test_the_same_customer_order_may_be_made_again(shop: Workshop) -> None:
    numbers = {from_customer_order(shop, shop.customer_order)["orderId"] for _ in range(2)}
    assert len(numbers) == 2


def test_a_key_keeps_a_double_click_from_making_two(shop: Workshop) -> None:
    path = f"customer_order/{shop.customer_order}"
    first, second = (shop.admin.post(path, idempotency_key="click") for _ in range(2))
    assert first.content == second.content and ProductionOrder.objects.filter(factory=shop.factory).count() == 1


def test_a_customer_order_of_nothing_that_is_made_here_is_refused(shop: Workshop) -> None:
    kit = shop.item("KIT", "Kit")
    stores.a_bom(shop.actor, kit, {shop.shell: 2}, type=Bom.Type.PHANTOM)
    ordered = shop.ordered((shop.resin, "", 3), (kit, "", 1))
    before = everything()
    refused(from_customer_order(shop, ordered), 400, 903002, None, before)
    floor.done(retire_bom, bom=Bom.objects.get(item=shop.cap), by=shop.actor)
    before = everything()
    refused(from_customer_order(shop, shop.customer_order), 400, 903002, None, before)


@pytest.mark.parametrize("name", ["abc", "0", "99999999999999999999", "1000000000000"])
def test_an_unknown_customer_order_in_the_path_is_not_found(shop: Workshop, name: str) -> None:
    refused(shop.admin.post(f"customer_order/{name}"), 404, 903004, None)


def test_a_body_for_it_is_read_and_ignored(shop: Workshop) -> None:
    path = f"customer_order/{shop.customer_order}"
    assert shop.admin.post(path, {"anything": 1}).status == 200
    refused(shop.admin.post(path, "{"), 400, 900101, None)


def test_xml_makes_the_same_order(shop: Workshop) -> None:
    fields = {
        "customerOrderId": shop.customer_order,
        "prReference": "XML",
        "name": None,
        "workHours": "1e1",
        "state": 1,
    }
    made = shop.admin.post("", as_xml("ProductionOrder", fields), content_type="application/xml").json
    assert (made["prReference"], made["name"], made["workHours"], made["state"]) == ("XML", None, 10, 1)

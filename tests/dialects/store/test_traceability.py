"""Traced runs: where good units go, what was used of each part, and which place of the body a refusal is about."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import Item, Lot
from orders import actions
from orders.models import QuantityEntry
from orders.specs import NewLine, Policy
from tests import floor, stores
from tests.calls import Reply
from tests.conformance.store.shop import as_xml, in_path
from tests.dialects.store.workshop import CAP, LINER, RESIN, RUN, SHELL, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

EXPIRY = 1797979826229


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def run(shop: Workshop, order_id: int, sku: str = CAP, *, query: str = "", **fields: Any) -> Reply:
    return shop.admin.put(f"{order_id}/article/{in_path(sku)}{query}", fields)


def of(shop: Workshop, tracking: str, sku: str = "LOCK") -> tuple[Item, int]:
    """An article that is so tracked, and the id of an order of ten of it."""
    item = shop.item(sku, sku.title(), tracking=tracking)
    order_id = shop.order(prReference=f"PO {sku}")
    assert shop.admin.post(f"{order_id}/article", {"articleId": sku, "amount": 10}).status == 200
    return item, order_id


def entry(order_id: int) -> QuantityEntry:
    return QuantityEntry.objects.filter(order_id=order_id).latest("id")


def parts(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"partTraceability": list(rows)}


# --- what is made


def test_a_run_adds_to_what_there_is_and_starts_production(shop: Workshop) -> None:
    order_id = shop.with_caps(500)
    first = run(shop, order_id, amount=120, query="?waste=3")
    assert (first["state"], first["finishedAmount"]) == (1, 120)
    again = run(shop, order_id, amount="120", query="?waste=3.0")
    assert [again["articles"][0][name] for name in ("finished", "waste")] == [240, 6]
    assert shop.verbs(order_id)[-4:] == ["approve", "start", "report", "report"]
    assert stores.stock_of(shop.shell)[0] == 20_000 - 246


def test_waste_alone_is_a_run(shop: Workshop) -> None:
    order_id = shop.with_caps()
    assert run(shop, order_id, query="?waste=2")["articles"][0]["waste"] == 2
    assert run(shop, order_id, amount=None, query="?waste=1")["articles"][0]["waste"] == 3


@pytest.mark.parametrize(
    ("fields", "query", "field"),
    [
        ({}, "", "amount"), ({"amount": 0}, "?waste=0", "amount"), ({"amount": -1}, "", "amount"),
        ({"amount": 1}, "?waste=-1", "waste"), ({"amount": 1}, "?waste=", "waste"), ({"amount": 1}, "?waste=x", "waste"),
        ({"amount": 1}, "?wast=1", "wast"), ({"amount": 1, "articleId": SHELL}, "", "articleId"),
        ({"amount": 1, "batch": "x" * 101}, "", "batch"), ({"amount": 1, "bestBefore": "soon"}, "", "bestBefore"),
        ({"amount": 1, "limitPartAmounts": "no way"}, "", "limitPartAmounts"), ({"amount": 1, "waste": 1}, "", "waste"),
        ({"amount": 1, "partTraceability": {}}, "", "partTraceability"),
        ({"amount": 1, "partTraceability": [1]}, "", "partTraceability[0]"),
        ({"amount": 1, **parts({})}, "", "partTraceability[0].articleId"),
        ({"amount": 1, **parts({"articleId": LINER, "batches": [{}]})}, "", "partTraceability[0].batches[0].batchId"),
        ({"amount": 1, **parts({"articleId": LINER, "batches": [{"batchId": "LN-77"}]})}, "",
         "partTraceability[0].batches[0].amount"),
        ({"amount": 1, **parts({"articleId": LINER, "batches": [{"batchId": "LN-77", "amount": -1}]})}, "",
         "partTraceability[0].batches[0].amount"),
        ({"amount": 1, **parts({"articleId": LINER, "serial": [{"nr": "x"}]})}, "", "partTraceability[0].serial[0].nr"),
        ({"amount": 1, **parts({"articleId": LINER, "serial": [{"serialNr": 5}]})}, "", "partTraceability[0].serial[0]"),
        ({"amount": 1, **parts({"articleId": LINER, "serial": [{"serialNr": [1]}]})}, "", "partTraceability[0].serial[0]"),
        ({"amount": 1, **parts({"articleId": LINER, "serial": ["a", "a"]})}, "", "partTraceability[0].serial[1]"),
        ({"amount": 1, **parts({"articleId": LINER}, {"articleId": LINER})}, "", "partTraceability[1].articleId"),
        ({"amount": 1, **parts({"articleId": LINER}, {"articleId": "NONE"})}, "", "partTraceability[1].articleId"),
        ({"amount": 1, **parts({"articleId": LINER}, {"articleId": RESIN})}, "", "partTraceability[1].articleId"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_by_its_place(shop: Workshop, fields: dict[str, Any], query: str, field: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    refused(run(shop, order_id, query=query, **fields), 400, 903003, field, before)


def test_good_units_of_what_is_kept_by_batch_go_into_theirs(shop: Workshop) -> None:
    glue, order_id = of(shop, "lot")
    assert run(shop, order_id, "LOCK", amount=3, batch="B-1", bestBefore=EXPIRY, barcode="734").status == 200
    assert run(shop, order_id, "LOCK", amount=2, batch="B-1").status == 200, "an existing one gains"
    assert run(shop, order_id, "LOCK", amount=1, serial="a label").status == 200
    assert stores.lots_of(glue) == {"B-1": (5, 0), "PO LOCK": (1, 0)}, "without one, the batch called like the order"
    assert (entry(order_id).serial_label, entry(order_id).serial_numbers) == ("a label", [])
    lot = shop.lot(glue, "B-1")
    assert (lot.best_before, lot.barcode) == (
        datetime.fromtimestamp(EXPIRY // 1000, UTC).replace(microsecond=229000),
        "734",
    )
    before = everything()
    other_date = run(shop, order_id, "LOCK", amount=1, batch="B-1", bestBefore=EXPIRY + 1)
    refused(other_date, 409, 903003, "bestBefore", before)
    refused(run(shop, order_id, "LOCK", amount=1, batch="B-1", barcode="735"), 409, 903003, "barcode", before)


def test_what_is_kept_by_serial_is_made_one_by_one(shop: Workshop) -> None:
    lock, order_id = of(shop, "serial")
    before = everything()
    refused(run(shop, order_id, "LOCK", amount=1), 400, 903003, "serial", before)
    refused(run(shop, order_id, "LOCK", amount=1, serial=""), 400, 903003, "serial", before)
    for amount in (2, "0.5", 0):
        fields = {"amount": amount, "serial": "S-1"}
        refused(run(shop, order_id, "LOCK", query="?waste=1", **fields), 400, 903003, "amount", before)
    assert run(shop, order_id, "LOCK", amount=1, serial="S-1", batch="B-1", barcode="734").status == 200
    assert stores.lots_of(lock) == {"S-1": (1, 0)}
    assert (entry(order_id).lot_number, Lot.objects.get(item=lock).barcode) == ("B-1", "734")
    before = everything()
    refused(run(shop, order_id, "LOCK", amount=1, serial="S-1"), 409, 903003, "serial", before)
    assert run(shop, order_id, "LOCK", query="?waste=2").status == 200, "scrap needs no serial"


def test_what_is_not_tracked_takes_batch_and_serial_as_labels(shop: Workshop) -> None:
    order_id = shop.with_caps()
    assert run(shop, order_id, amount=120, batch="B-1", serial="S-1").status == 200
    assert (entry(order_id).lot_number, entry(order_id).serial_label) == ("B-1", "S-1")
    assert run(shop, order_id, amount=5).status == 200
    assert (entry(order_id).lot_number, entry(order_id).serial_label) == (None, None)
    reference = shop.core(order_id).reference
    assert run(shop, order_id, amount=1, barcode="734").status == 200
    assert entry(order_id).lot_number == reference
    assert run(shop, order_id, amount=1, bestBefore=4422).status == 200
    assert entry(order_id).lot_number == reference, "a date, too, needs something to belong to"


# --- what is used


def two_batches(shop: Workshop) -> None:
    stores.delivered(shop.actor, shop.liner, 50, "LN-1", best_before=datetime(2027, 1, 1, tzinfo=UTC))


def test_named_batches_are_taken_and_the_rest_first_expired_first(shop: Workshop) -> None:
    two_batches(shop)
    order_id = shop.with_caps(100)
    named = {"articleId": LINER, "batches": [{"batchId": "LN-77", "amount": "30"}], "serial": [{}, None, ""]}
    reply = run(shop, order_id, amount=40, query="?waste=2", **parts(named))
    assert reply.status == 200, reply.content
    lots = stores.lots_of(shop.liner)
    assert (lots["LN-77"][0], lots["LN-1"][0]) == (10_000 - 30, 50 - 12)
    assert stores.stock_of(shop.shell)[0] == 20_000 - 42


def test_the_same_batch_in_several_rows_is_one(shop: Workshop) -> None:
    two_batches(shop)
    order_id = shop.with_caps(100)
    rows = [{"batchId": "LN-77", "amount": 2}, {"batchId": "LN-77", "amount": 3}, {"batchId": "LN-77", "amount": 0}]
    assert run(shop, order_id, amount=5, **parts({"articleId": LINER, "batches": rows})).status == 200
    lots = stores.lots_of(shop.liner)
    assert (lots["LN-77"][0], lots["LN-1"][0]) == (10_000 - 5, 50)


def test_an_amount_is_the_total_but_never_less_than_what_is_named(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    assert run(shop, order_id, amount=10, **parts({"articleId": SHELL, "amount": 12})).status == 200
    assert stores.stock_of(shop.shell)[0] == 20_000 - 12
    batches = [{"batchId": "LN-77", "amount": 15}]
    assert run(shop, order_id, amount=10, **parts({"articleId": LINER, "amount": 1, "batches": batches})).status == 200
    assert stores.stock_of(shop.liner)[0] == 10_000 - 10 - 15
    assert run(shop, order_id, amount=10, **parts({"articleId": SHELL, "amount": 0})).status == 200
    assert stores.stock_of(shop.shell)[0] == 20_000 - 12 - 10, "by the second run alone"


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"batches": [{"batchId": "LN-77", "amount": 1}, {"batchId": "LN-0", "amount": 1}]}, ".batches[1].batchId"),
        ({"batches": [{"batchId": "LN-77", "amount": 10_001}]}, ".batches[0].amount"),
        ({"serial": ["S-9"]}, ".serial[0]"),
        ({"serial": [{}, {"serial": "S-9"}]}, ".serial[1]"),
        ({"serial": ["LN-77"]}, ".serial[0]"),
    ],
)
def test_what_is_named_and_not_there_is_refused_by_its_place(shop: Workshop, row: dict[str, Any], place: str) -> None:
    order_id = shop.with_caps(20_000)
    before = everything()
    rows = parts({"articleId": SHELL}, {"articleId": LINER} | row)
    facts = refused(run(shop, order_id, amount=1, **rows), 409, 903003, f"partTraceability[1]{place}", before)
    assert facts["articleId"] == LINER


def test_parts_that_are_kept_by_serial_are_named_in_full(shop: Workshop) -> None:
    chip = shop.item("CHIP", "Chip", tracking="serial")
    stores.delivered(shop.actor, chip, 3, serials=("C-1", "C-2", "C-3"))
    stores.a_bom(shop.actor, shop.item("RADIO", "Radio"), {chip: 1, shop.shell: 1})
    order_id = shop.order()
    shop.admin.post(f"{order_id}/article", {"articleId": "RADIO", "amount": 10})
    before = everything()
    place = "partTraceability[0].serial"
    refused(run(shop, order_id, "RADIO", amount=1), 400, 903003, "partTraceability", before)
    refused(
        run(shop, order_id, "RADIO", amount=2, **parts({"articleId": "CHIP", "serial": ["C-1"]})),
        400,
        903003,
        place,
        before,
    )
    known = [{"serialNr": "C-1"}, {"serial": "C-2", "serialNr": "C-2"}, {}]
    assert run(shop, order_id, "RADIO", amount=2, **parts({"articleId": "CHIP", "serial": known})).status == 200
    assert set(stores.lots_of(chip)) == {"C-3"}
    before = everything()
    again = run(shop, order_id, "RADIO", amount=1, **parts({"articleId": "CHIP", "serial": ["C-1"]}))
    refused(again, 409, 903003, "partTraceability[0].serial[0]", before)


def test_parts_may_be_limited_to_what_was_ordered(shop: Workshop) -> None:
    order_id = shop.with_caps(10)
    assert run(shop, order_id, amount=8).status == 200
    before = everything()
    named = parts({"articleId": SHELL}, {"articleId": LINER, "amount": 3})
    over = run(shop, order_id, amount=2, limitPartAmounts="true", **named)
    facts = refused(over, 409, 903003, "partTraceability[1].amount", before)
    assert (facts["articleId"], facts["needed"], facts["available"]) == (LINER, 3, 2)
    assert run(shop, order_id, amount=5, limitPartAmounts=True).status == 200
    assert stores.stock_of(shop.shell)[0] == 20_000 - 10
    assert run(shop, order_id, amount=5, limitPartAmounts=False).status == 200
    assert stores.stock_of(shop.shell)[0] < 20_000 - 10


def test_the_layer_in_force_decides_what_is_a_part(shop: Workshop) -> None:
    order_id = shop.with_caps(10, reserveInDepth=True)
    before = everything()
    refused(
        run(shop, order_id, amount=1, **parts({"articleId": SHELL})),
        400,
        903003,
        "partTraceability[0].articleId",
        before,
    )
    assert run(shop, order_id, amount=1, **parts({"articleId": RESIN, "amount": "0.5"})).status == 200
    assert stores.stock_of(shop.resin)[0] == Decimal("999.5")


def test_a_factory_without_much_trust_makes_nothing_of_what_is_not_there() -> None:
    shop = Workshop(material_policy="strict")
    order_id = shop.with_caps(30_000)
    before = everything()
    facts = refused(run(shop, order_id, amount=20_001), 409, 903003, None, before)
    assert facts == {
        "short": [
            {"articleId": LINER, "needed": 20_001, "available": 10_000},
            {"articleId": SHELL, "needed": 20_001, "available": 20_000},
        ]
    }


def test_elsewhere_what_is_missing_is_written_down(shop: Workshop) -> None:
    order_id = shop.with_caps(30_000)
    assert run(shop, order_id, amount=20_001).status == 200
    assert {part["sku"] for part in shop.last(order_id).data["short"]} == {LINER, SHELL}


def test_an_order_of_a_strict_face_is_not_overproduced(shop: Workshop) -> None:
    lines = [NewLine(item=shop.cap, target=Decimal(10))]
    theirs = floor.done(actions.create, by=shop.actor, lines=lines, policy=Policy("strict")).pk
    before = everything()
    refused(run(shop, theirs, amount=11), 409, 903003, "amount", before)
    assert run(shop, theirs, amount=10).status == 200


def test_another_stores_batches_and_articles_are_unknown(shop: Workshop) -> None:
    other = Workshop()
    other.item("THEIRS", "Theirs")
    stores.delivered(other.actor, other.liner, 5, "THEIRS-1")
    order_id = shop.with_caps()
    before = everything()
    place = "partTraceability[0]"
    refused(run(shop, order_id, amount=1, **parts({"articleId": "THEIRS"})), 400, 903003, f"{place}.articleId", before)
    named = {"articleId": LINER, "batches": [{"batchId": "THEIRS-1", "amount": 1}]}
    refused(run(shop, order_id, amount=1, **parts(named)), 409, 903003, f"{place}.batches[0].batchId", before)


def test_a_run_is_reported_by_the_floor(shop: Workshop) -> None:
    order_id = shop.with_caps(state=1)
    before = everything()
    for role in ("viewer", "qa", "engineer"):
        refused(shop.as_(role).put(f"{order_id}/{RUN}", {"amount": 1}), 403, 900001, None, before)
        refused(shop.as_(role).put(f"1/{RUN}", {"amount": 1}), 403, 900001, None, before)
    assert shop.as_("technician").put(f"{order_id}/{RUN}", {"amount": 1}).status == 200


def test_xml_tells_the_same_run(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    fields = {
        "articleId": CAP, "amount": 5, "batch": "B-1", "limitPartAmounts": "false",
        "partTraceability": [
            {"articleId": LINER, "batches": [{"batchId": "LN-77", "amount": 5}], "serial": [""]},
            {"articleId": SHELL, "amount": "6"},
        ],
    }  # fmt: skip
    body = as_xml("productionOrderArticleTraceabilityDto", fields)
    reply = shop.admin.put(f"{order_id}/{RUN}?waste=0", body, content_type="application/xml")
    assert reply.status == 200, reply.content
    assert (stores.stock_of(shop.shell)[0], stores.stock_of(shop.liner)[0]) == (20_000 - 6, 10_000 - 5)


def test_what_is_asked_of_the_database_does_not_grow_with_what_is_named(
    shop: Workshop, django_assert_max_num_queries: Any
) -> None:
    order_id = shop.with_caps(1000)
    run(shop, order_id, amount=1)
    batches = [{"batchId": "LN-77", "amount": 1}] * 100
    with django_assert_max_num_queries(45):
        assert run(shop, order_id, amount=100, **parts({"articleId": LINER, "batches": batches})).status == 200

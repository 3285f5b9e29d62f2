"""An order's lines: added, brought to absolute values, removed; what is booked by it, and what is refused."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from orders import actions
from orders.models import OrderLine
from orders.specs import NewLine, Policy, Share
from tests import floor, stores
from tests.calls import Reply
from tests.conformance.store.shop import as_xml, in_path
from tests.dialects.store.workshop import CAP, LINER, RESIN, RUN, SHELL, Workshop, a_workshop, refused
from tests.evidence import added, everything

pytestmark = pytest.mark.django_db

NAMES = ("articleName", "time", "amount", "finished", "waste", "status", "accuracy")


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def add(shop: Workshop, order_id: int, article: str = CAP, **fields: Any) -> Reply:
    return shop.admin.post(f"{order_id}/article", {"articleId": article, "amount": 10} | fields)


def put(shop: Workshop, order_id: int, article: str = CAP, **fields: Any) -> Reply:
    return shop.admin.put(f"{order_id}/article", {"articleId": article} | fields)


def strict(shop: Workshop, target: int = 10) -> int:
    """The id of another face's order, of which no more is made than was ordered."""
    lines = [NewLine(item=shop.cap, target=Decimal(target))]
    order = floor.done(actions.create, by=shop.actor, lines=lines, policy=Policy("strict"))
    return int(order.pk)


# --- adding


def test_an_article_is_added_with_its_parts(shop: Workshop) -> None:
    order_id = shop.order()
    reply = add(shop, order_id, amount="12.5", articleName="Caps", time="1.5", status=-3)
    assert set(reply.json) == {"articles", "parts"}
    (line,) = reply["articles"]
    assert [line[name] for name in NAMES] == ["Caps", Decimal("1.5"), Decimal("12.5"), 0, 0, -3, 0]
    (group,) = reply["parts"]
    assert {part["singleArticleId"]: part["totalAmount"] for part in group["singleArticles"]} == {
        LINER: Decimal("12.5"), SHELL: Decimal("12.5")
    }  # fmt: skip
    again = add(shop, order_id, RESIN)
    assert [line["articleId"] for line in again["articles"]] == [CAP, RESIN]
    assert [group["articleId"] for group in again["parts"]] == [CAP], "what is made of nothing has no parts"
    assert shop.core(order_id).state == "draft" and stores.stock_of(shop.shell)[1] == 0, (
        "nothing is set aside of a draft"
    )


def test_what_runs_already_sets_the_new_lines_parts_aside(shop: Workshop) -> None:
    order_id = shop.order(state=1)
    (group,) = add(shop, order_id)["parts"]
    assert {part["totalReserved"] for part in group["singleArticles"]} == {10}


def test_counts_that_come_with_an_article_start_production(shop: Workshop) -> None:
    order_id = shop.order()
    (line,) = add(shop, order_id, finished=4, waste="1")["articles"]
    assert (line["finished"], line["waste"], line["accuracy"]) == (4, 1, -10)
    assert shop.verbs(order_id) == ["create", "add_line", "approve", "start", "report"]
    assert stores.stock_of(shop.shell) == (20_000 - 5, 5)
    assert stores.stock_of(shop.cap)[0] == 4


def test_a_label_that_says_nothing_is_none(shop: Workshop) -> None:
    order_id = shop.order()
    (line,) = add(shop, order_id, articleName="", time=None, status=None, finished=None, waste=None)["articles"]
    assert [line[name] for name in NAMES] == ["Bottle cap 28 mm, blue", 0, 10, 0, 0, 0, 0]
    assert not shop.line(order_id).facts.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"productionOrderId": 1}, "productionOrderId"),
        ({"articleId": ""}, "articleId"),
        ({"articleId": None}, "articleId"),
        ({"articleId": "NONE"}, "articleId"),
        ({"articleId": "cap-28/blue"}, "articleId"),
        ({"finished": -1}, "finished"),
        ({"waste": "x"}, "waste"),
        ({"status": 1.5}, "status"),
        ({"time": True}, "time"),
        ({"articleName": "x" * 256}, "articleName"),
    ],
)
def test_a_wrong_field_is_named(shop: Workshop, fields: dict[str, Any], field: str) -> None:
    order_id = shop.order()
    before = everything()
    refused(add(shop, order_id, **fields), 400, 903003, field, before)


def test_an_article_is_named_by_its_id_and_by_nothing_else(shop: Workshop) -> None:
    order_id = shop.order()
    refused(add(shop, order_id, str(shop.cap.uuid)), 400, 903003, "articleId")
    stranger = Workshop()
    stranger.item("THEIRS", "Theirs")
    refused(add(shop, order_id, "THEIRS"), 400, 903003, "articleId")


def test_more_than_a_strict_order_allows_is_refused_with_the_line(shop: Workshop) -> None:
    order_id = strict(shop)
    before = everything()
    refused(add(shop, order_id, SHELL, finished=11), 409, 903003, "amount", before)


def test_pieces_with_serials_are_not_counted_by_a_total(shop: Workshop) -> None:
    shop.item("LOCK", "Lock", tracking="serial")
    order_id = shop.order()
    before = everything()
    refused(add(shop, order_id, "LOCK", finished=1), 409, 903003, "finished", before)
    assert add(shop, order_id, "LOCK", waste=2).status == 200
    before = everything()
    refused(put(shop, order_id, "LOCK", finished=1), 409, 903003, "finished", before)
    assert put(shop, order_id, "LOCK", finished=0, waste=3).status == 200


# --- absolute values


def test_values_are_absolute_and_the_same_again_changes_nothing(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    fields = {"amount": 120, "finished": 50, "waste": 2, "time": "1.25", "status": 9, "articleName": "Lids"}
    assert put(shop, order_id, **fields).status == 200
    line = shop.shown_line(order_id)
    assert [line[name] for name in NAMES[:-1]] == ["Lids", Decimal("1.25"), 120, 50, 2, 9]
    assert shop.verbs(order_id)[-5:] == ["adjust_quantity", "amend_line", "approve", "start", "report"]
    before = everything()
    again = put(shop, order_id, **fields)
    assert again.status == 200 and everything() == before
    assert put(shop, order_id, **shop.shown_line(order_id)).status == 200 and everything() == before, "as it is shown"


def test_a_line_may_be_sent_back_as_it_is_shown(shop: Workshop) -> None:
    """What it shows anyway (its item's name, no time, no status) is not kept as if somebody had said it."""
    order_id = shop.with_caps(100)
    shown = shop.shown_line(order_id)
    before = everything()
    assert put(shop, order_id, **shown).status == 200
    assert everything() == before


def test_what_is_left_out_stays(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    put(shop, order_id, finished=50, waste=2, status=9)
    before = everything()
    assert put(shop, order_id).status == 200 and everything() == before
    put(shop, order_id, waste=3)
    line = shop.shown_line(order_id)
    assert [line[name] for name in ("amount", "finished", "waste", "status")] == [100, 50, 3, 9]
    assert shop.entries(order_id) == [(50, 2), (0, 1)]


def test_a_label_is_cleared_by_null_and_by_the_items_own_name(shop: Workshop) -> None:
    order_id = shop.with_caps()
    for nothing in (None, "", "Bottle cap 28 mm, blue"):
        put(shop, order_id, articleName="Lids")
        assert shop.shown_line(order_id)["articleName"] == "Lids"
        put(shop, order_id, articleName=nothing)
        assert shop.line(order_id).facts.get().data == {}


@pytest.mark.parametrize("name", ["amount", "finished", "waste", "time", "status"])
def test_numbers_cannot_be_emptied(shop: Workshop, name: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    refused(put(shop, order_id, **{name: None}), 400, 903003, name, before)


def test_an_amount_changes_what_is_set_aside_and_says_why(shop: Workshop) -> None:
    order_id = shop.with_caps(100, state=1)
    put(shop, order_id, amount="40.5")
    assert stores.stock_of(shop.shell)[1] == 41, "rounded up to the unit"
    event = shop.last(order_id)
    assert (event.verb, event.reason) == ("adjust_quantity", "store: article updated")


def test_a_lower_count_gives_parts_back_and_takes_pieces_out(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    put(shop, order_id, finished=50, waste=10)
    assert (stores.stock_of(shop.cap)[0], stores.lots_of(shop.liner)["LN-77"][0]) == (50, 10_000 - 60)
    lowered = put(shop, order_id, finished=20, waste=5)
    assert lowered.status == 200
    assert (stores.stock_of(shop.cap)[0], stores.lots_of(shop.liner)["LN-77"]) == (20, (10_000 - 25, 75))
    assert shop.entries(order_id) == [(50, 10), (-30, -5)]
    assert shop.last(order_id).reason == "store: article updated"
    assert shop.core(order_id).state == "in_production"


def test_a_shift_from_good_to_waste_is_one_entry(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    put(shop, order_id, finished=50, waste=0)
    before = everything()
    put(shop, order_id, finished=48, waste=2)
    assert shop.entries(order_id) == [(50, 0), (-2, 2)]
    put(shop, order_id, finished=50, waste=0)
    assert shop.entries(order_id)[-1] == (2, -2)
    assert added(before)["orders_quantityentry"] == 2
    assert stores.stock_of(shop.shell)[0] == 20_000 - 50


def test_what_runs_of_the_largest_size_made_is_taken_back_in_as_many_steps(shop: Workshop) -> None:
    """One entry of the ledger holds less than their sum."""
    shop.item("BEAD", "Bead")
    order_id, most = shop.order(), "999999999999.5"
    add(shop, order_id, "BEAD")
    for _ in range(2):
        shop.book(order_id, "BEAD", amount=most, waste=most)
    before = everything()
    refused(put(shop, order_id, "BEAD", finished=0), 400, 903003, "finished", before)
    refused(put(shop, order_id, "BEAD", waste="0.5"), 400, 903003, "waste", before)
    for left in (most, 0):
        assert put(shop, order_id, "BEAD", finished=left, waste=left).status == 200
    assert [shop.shown_line(order_id, "BEAD")[name] for name in ("finished", "waste")] == [0, 0]


def test_good_units_of_several_batches_leave_the_newest_first(shop: Workshop) -> None:
    glue = shop.item("GLUE", "Glue", tracking="lot")
    order_id = shop.order(prReference="PO-GLUE")
    add(shop, order_id, "GLUE", finished=3)
    for batch in ("B-1", "B-2"):
        shop.book(order_id, "GLUE", amount=10, batch=batch)
    assert stores.lots_of(glue) == {"PO-GLUE": (3, 0), "B-1": (10, 0), "B-2": (10, 0)}, "no batch is the order's own"
    put(shop, order_id, "GLUE", finished=8)
    assert stores.lots_of(glue) == {"PO-GLUE": (3, 0), "B-1": (5, 0)}


def test_pieces_that_are_gone_cannot_be_taken_back(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    put(shop, order_id, finished=50)
    stores.a_bom(shop.actor, shop.item("BOX", "Box of caps"), {shop.cap: 10})
    add(shop, shop.order(), "BOX", amount=2, finished=2)
    before = everything()
    facts = refused(put(shop, order_id, finished=19, waste=9, amount=90), 409, 903003, "finished", before)
    assert (facts["articleId"], facts["needed"], facts["available"]) == (CAP, 31, 30)
    assert put(shop, order_id, finished=20).status == 200


def test_the_booking_is_judged_by_the_new_amount_and_the_orders_own_policy(shop: Workshop) -> None:
    order_id = strict(shop)
    before = everything()
    refused(put(shop, order_id, finished=11), 409, 903003, "amount", before)
    assert put(shop, order_id, amount=11, finished=11).status == 200
    assert put(shop, shop.with_caps(1), finished=1000).status == 200, "an order of this face may make any amount"


def test_an_order_on_several_machines_keeps_its_amount(shop: Workshop) -> None:
    order_id = strict(shop, 100)
    machines = [floor.a_machine(shop.factory) for _ in range(2)]
    shares = [Share(Decimal(50), machine=machine) for machine in machines]
    floor.done(actions.schedule, order_id=order_id, by=shop.actor, shares=shares)
    before = everything()
    refused(put(shop, order_id, amount=60), 409, 903003, "amount", before)
    assert put(shop, order_id, amount=100, finished=5).status == 200


def test_a_line_that_is_there_more_than_once_is_not_written_here(shop: Workshop) -> None:
    lines = [NewLine(item=shop.cap, target=Decimal(10), variant=size) for size in ("S", "L")]
    theirs = floor.done(actions.create, by=shop.actor, lines=lines).pk
    before = everything()
    for reply in (
        put(shop, theirs, finished=1), shop.admin.put(f"{theirs}/{RUN}", {"amount": 1}), shop.admin.delete(f"{theirs}/{RUN}"),
        add(shop, theirs),
    ):  # fmt: skip
        refused(reply, 409, 903003, "articleId", before)


def test_a_line_that_is_not_there_is_not_found(shop: Workshop) -> None:
    order_id = shop.order()
    before = everything()
    refused(put(shop, order_id, amount=1), 404, 903003, "articleId", before)
    refused(shop.admin.put(f"{order_id}/article/", {"articleId": CAP, "amount": 1}), 404, 903003, "articleId", before)
    refused(shop.admin.put(f"{order_id}/article", {"amount": 1}), 400, 903003, "articleId", before)


def test_the_floor_counts_and_the_office_plans(shop: Workshop) -> None:
    order_id = shop.with_caps(100, state=1)
    technician, viewer = shop.as_("technician"), shop.as_("viewer")
    body = {"articleId": CAP, "amount": 100, "finished": 1}
    assert technician.put(f"{order_id}/article", body).status == 200, "nothing but a count differs"
    assert put(shop, order_id, time="1.50", status=3, articleName="Blue").status == 200
    assert technician.put(f"{order_id}/article", shop.shown_line(order_id) | {"finished": 2}).status == 200, "as shown"
    before = everything()
    refused(technician.put(f"{order_id}/article", body | {"amount": 90, "finished": 2}), 403, 900001, None, before)
    refused(technician.put(f"{order_id}/article", {"articleId": CAP, "status": 1}), 403, 900001, None, before)
    refused(technician.put("1/article", {"articleId": CAP, "status": 1}), 403, 900001, None, before)
    refused(technician.put("1/article", body), 404, 903001, None, before)
    refused(technician.post(f"{order_id}/article", {"articleId": SHELL, "amount": 1}), 403, 900001, None, before)
    refused(technician.delete(f"{order_id}/{RUN}"), 403, 900001, None, before)
    for path in (f"{order_id}/article", "1/article"):
        refused(viewer.put(path, body), 403, 900001, None, before)
        refused(viewer.post(path, body), 403, 900001, None, before)


# --- removing


def test_a_line_goes_with_what_was_set_aside_for_it(shop: Workshop) -> None:
    order_id = shop.with_caps(100, state=1)
    add(shop, order_id, SHELL)
    assert stores.stock_of(shop.shell)[1] == 100
    left = shop.admin.delete(f"{order_id}/{RUN}")
    assert [line["articleId"] for line in left["articles"]] == [SHELL]
    assert (left["totalAmount"], stores.stock_of(shop.shell)[1]) == (10, 0)
    assert shop.admin.delete(f"{order_id}/article/{SHELL}/")["articles"] == [], "the last one may go"
    before = everything()
    refused(shop.admin.delete(f"{order_id}/{RUN}"), 404, 903003, "articleId", before)
    assert add(shop, order_id).status == 200, "and come again"


def test_a_line_with_production_stays_also_when_it_was_taken_back(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    put(shop, order_id, waste=1)
    before = everything()
    refused(shop.admin.delete(f"{order_id}/{RUN}"), 409, 903003, "articleId", before)
    put(shop, order_id, waste=0)
    before = everything()
    refused(shop.admin.delete(f"{order_id}/{RUN}"), 409, 903003, "articleId", before)


def test_an_id_that_ends_in_a_slash_is_tried_as_it_is_first(shop: Workshop) -> None:
    shop.item("A", "A")
    shop.item("A/", "A with a slash")
    order_id = shop.order()
    add(shop, order_id, "A")
    add(shop, order_id, "A/")
    assert shop.admin.put(f"{order_id}/article/{in_path('A/')}", {"amount": 1}).status == 200
    assert [shop.line(order_id, sku).good for sku in ("A", "A/")] == [0, 1]
    assert shop.admin.put(f"{order_id}/article/A", {"amount": 2}).status == 200
    assert [shop.line(order_id, sku).good for sku in ("A", "A/")] == [2, 1]


def test_xml_adds_changes_and_answers_alike(shop: Workshop) -> None:
    order_id = shop.order()
    xml = {"content_type": "application/xml"}
    body = as_xml("productionOrderArticle", {"articleId": CAP, "amount": "5e2", "waste": 0, "articleName": None})
    assert shop.admin.post(f"{order_id}/article", body, **xml)["articles"][0]["amount"] == 500
    body = as_xml("ProductionOrderArticleDto", {"articleId": CAP, "finished": "0.5"})
    assert shop.admin.put(f"{order_id}/article", body, **xml)["finishedAmount"] == Decimal("0.5")
    assert OrderLine.objects.get(order_id=order_id).good == Decimal("0.5")

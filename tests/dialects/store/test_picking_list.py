"""The picking list as it is asked for: what stands on it, for whom, in which form, and what is refused."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pypdf import PdfReader

from factoryos.dialects.store import picking_source
from factoryos.kernel import clock
from manufacturing.catalogue.images import keep_image
from manufacturing.models import Item, Lot, StockBalance, StockLocation, Supplier
from orders import actions
from orders.models import ProductionOrder
from tests import floor, stores
from tests.calls import Reply
from tests.conformance.store.shop import Shop
from tests.dialects.store.workshop import LINER, RESIN, SHELL, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

JUNE = datetime(2030, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def printed(shop: Shop, order_id: int, query: str = "", **headers: str) -> Reply:
    reply = shop.admin.get(f"{order_id}/pickinglist/print{query}", **headers)
    assert reply.status == 200, reply.content
    return reply


def text_of(reply: Reply) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(reply.content)).pages).split())


def listed(shop: Shop, order_id: int, query: str = "") -> str:
    return text_of(printed(shop, order_id, query))


def in_turn(text: str, *parts: str) -> bool:
    """Whether all these parts are in the text, in this order."""
    return re.search(".*".join(re.escape(part) for part in parts), text) is not None


def of_items(shop: Workshop, *wanted: tuple[str, str], **facts: Any) -> int:
    """The id of an order whose lines are bought articles (sku, name), ten of each: each is a row of its own."""
    order_id = shop.order(**facts)
    for sku, name in wanted:
        shop.item(sku, name)
        assert shop.admin.post(f"{order_id}/article", {"articleId": sku, "amount": 10}).status == 200
    return order_id


def test_it_names_all_that_the_warehouse_needs(shop: Workshop) -> None:
    shop.factory.__class__.objects.filter(pk=shop.factory.pk).update(time_zone="Asia/Kuala_Lumpur", name="Penang plant")
    shop.liner.supplier = Supplier.objects.create(factory=shop.factory, name="Johor Polymers")
    shop.liner.supplier_sku = "JP-LN-28"
    shop.liner.save()
    order_id = shop.with_caps(
        name="Blue caps, Selangor Water", startDate=1766443826229, prReference="PO-1", internalReference="SHIFT-B"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: JUNE)
        reply = printed(shop, order_id)
    assert reply.headers["Content-Type"] == "application/pdf"
    assert reply.headers["Content-Disposition"] == f'inline; filename="pickinglist-{order_id}.pdf"'
    text = text_of(reply)
    for part in (
        "PICKING LIST", "Penang plant", "PO-1", f"{shop.customer_order} · WEB-5512", "Blue caps, Selangor Water",
        "Selangor Water", "SHIFT-B", "2025-12-23 06:50 +08", "NEW", "2030-06-01 20:00 +08", "page 1 of 1", "Stockplace",
        LINER, "Liner 28 mm", "Johor Polymers", "their article JP-LN-28", "500", "pcs", "LN-77", RESIN, "kg", "main",
        "Sum of 2 rows",
    ):  # fmt: skip
        assert part in text, (part, text)
    assert SHELL not in text, "of what is made here, its parts are listed"


def test_promised_lots_come_first_then_free_ones_each_first_expired_first(shop: Workshop) -> None:
    shelf = StockLocation.objects.create(factory=shop.factory, code="B-09", name="Shelf")
    part = shop.item("BOXED", "Boxed", tracking="lot")
    stores.a_bom(shop.actor, product := shop.item("BOX", "Box"), {part: 1})
    for lot, days, amount in (("L-LATE", 90, 30), ("L-SOON", 10, 20), ("L-OLD", -3, 5)):
        stores.delivered(shop.actor, part, amount, lot, best_before=JUNE + timedelta(days=days))
    order_id = shop.order()
    assert shop.admin.post(f"{order_id}/article", {"articleId": product.sku, "amount": 70}).status == 200
    floor.done(actions.approve_best_effort, order_id=order_id, by=shop.actor)
    stores.delivered(shop.actor, part, 10, "L-NEW", location=shelf)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: JUNE)
        text = listed(shop, order_id)
    assert in_turn(
        text, "L-OLD", "2030-05-29", "EXPIRED", "5", "L-SOON", "2030-06-11", "20", "L-LATE", "2030-08-30", "30"
    )
    assert in_turn(text, "L-LATE", "free, not reserved for this order:", "L-NEW", "at B-09", "10", "5 pcs missing")
    assert in_turn(text, "Sum of 1 row", "70", "pcs", "55", "5 missing")


def test_what_was_used_need_not_be_taken_again(shop: Workshop) -> None:
    order_id = shop.with_caps()
    shop.book(order_id, amount=120)
    text = listed(shop, order_id)
    assert in_turn(text, LINER, "500", "120 used", "380", "LN-77", "380")


def test_a_finished_or_cancelled_order_says_that_nothing_is_to_be_taken(shop: Workshop) -> None:
    for verb, word in (("finish", "FINISHED"), ("cancel", "CANCELLED")):
        order_id = shop.with_caps()
        if verb == "finish":
            shop.admin.put(f"{order_id}?startProduction=true")
        assert shop.admin.put(f"{order_id}/{verb}").status == 200
        text = listed(shop, order_id)
        assert word in text and f"This order is {word.lower()}: nothing" in text
        assert "LN-77" not in text and "missing" not in text


def test_a_hold_is_on_paper_too(shop: Workshop) -> None:
    order_id = shop.with_caps()
    floor.done(actions.hold, order_id=order_id, by=shop.actor, reason="Wrong colour")
    assert "NEW · ON HOLD" in listed(shop, order_id)


def test_any_date_that_is_taken_is_printed_wherever_the_store_is(shop: Workshop) -> None:
    """The last hours of the calendar have no time east of Greenwich."""
    shop.factory.__class__.objects.filter(pk=shop.factory.pk).update(time_zone="Asia/Kuala_Lumpur")
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    stores.delivered(shop.actor, shop.liner, 10, "LN-LAST", best_before=last)
    order_id = shop.with_caps(20_000, startDate=-2208988800000, endDate=253402300799999)
    assert in_turn(listed(shop, order_id), "1900-01-01", "9999-12-31 23:59 UTC", "LN-LAST", "9999-12-31")


def test_an_order_without_lines_prints_a_list_that_says_so(shop: Workshop) -> None:
    text = listed(shop, shop.order())
    assert "This order has no lines: there is nothing to take for it." in text
    assert "page 1 of 1" in text and "Sum of" not in text


def test_rows_are_sorted_as_asked_and_those_without_a_supplier_come_last(shop: Workshop) -> None:
    order_id = of_items(shop, ("S-1", "Zinc"), ("S-2", "Acid"), ("S-3", "Milk"))
    for sku, supplier, theirs in (("S-1", "Beta", "2"), ("S-3", "Alpha", "9")):
        item = shop.core(order_id).lines.get(item__sku=sku).item
        item.supplier = Supplier.objects.create(factory=shop.factory, name=supplier)
        item.supplier_sku = theirs
        item.save()
    for query, names in {
        "": ("Zinc", "Acid", "Milk"),
        "?order=desc": ("Milk", "Acid", "Zinc"),
        "?sort_column=name": ("Acid", "Milk", "Zinc"),
        "?sort_column=supplier": ("Milk", "Zinc", "Acid"),
        "?sort_column=supplier_art": ("Zinc", "Milk", "Acid"),
        "?sort_column=supplier_art&order=desc": ("Milk", "Zinc", "Acid"),
    }.items():
        assert in_turn(listed(shop, order_id, query), *names), query


@pytest.mark.parametrize("yes", ["true", "TRUE", "1"])
def test_what_is_not_available_is_left_out_if_asked(shop: Workshop, yes: str) -> None:
    order_id = of_items(shop, ("GONE", "Nothing of it"), ("HERE", "Some of it"))
    stores.delivered(shop.actor, shop.core(order_id).lines.get(item__sku="HERE").item, 3)
    assert in_turn(listed(shop, order_id), "GONE", "10 pcs missing", "HERE", "7 pcs missing", "Sum of 2 rows")
    text = listed(shop, order_id, f"?filter_non_available={yes}")
    assert "GONE" not in text and in_turn(text, "HERE", "Sum of 1 row", "1 article left out: not available.")
    assert "GONE" in listed(shop, order_id, "?filter_non_available=0")
    gone = of_items(shop, ("GONE-2", "Nothing"))
    assert "Nothing that this order needs" in listed(shop, gone, f"?filter_non_available={yes}")


def test_what_is_reserved_for_others_is_not_available(shop: Workshop) -> None:
    part = shop.item("RARE", "Rare")
    stores.a_bom(shop.actor, product := shop.item("OF-RARE", "Of it"), {part: 1})
    stores.delivered(shop.actor, part, 10)
    theirs, ours = shop.order(), shop.order()
    for order_id in (theirs, ours):
        assert shop.admin.post(f"{order_id}/article", {"articleId": product.sku, "amount": 10}).status == 200
    floor.done(actions.approve_best_effort, order_id=theirs, by=shop.actor)
    assert in_turn(listed(shop, ours, ""), "RARE", "10 pcs missing")
    assert "RARE" not in listed(shop, ours, "?filter_non_available=true")
    assert "RARE" in listed(shop, theirs, "?filter_non_available=true")


def test_what_is_not_kept_in_stock_is_nowhere_to_be_taken(shop: Workshop) -> None:
    order_id = of_items(shop, ("WATER", "Water"))
    shop.core(order_id).lines.get().item.__class__.objects.filter(sku="WATER").update(stocked=False)
    assert in_turn(listed(shop, order_id), "WATER", "not kept in stock")
    assert "WATER" not in listed(shop, order_id, "?filter_non_available=true")


def test_pictures_are_printed_if_asked_and_only_of_articles_that_have_one(shop: Workshop) -> None:
    order_id = shop.with_caps()
    out = BytesIO()
    Image.new("RGB", (640, 320), "red").save(out, "PNG")
    keep_image(shop.liner, by=shop.actor, content=out.getvalue())
    without, with_image = (
        [image.image.size for image in PdfReader(BytesIO(printed(shop, order_id, query).content)).pages[0].images]
        for query in ("", "?article_images=true")
    )
    assert (without, with_image) == ([], [(400, 200)])
    assert LINER in listed(shop, order_id, "?article_images=true")


EVIL = '<img src="file:///etc/passwd">'


def test_markup_is_only_text_and_what_turns_or_hides_text_is_left_out(shop: Workshop) -> None:
    order_id = of_items(
        shop, ("A<b>", EVIL), ("B", "x\u202eevil\u2066\u200b\ufeffy"), ("C", "&amp;</para>"), name="<font size=99>"
    )  # fmt: skip
    reply = printed(shop, order_id)
    text = text_of(reply)
    for part in ("A<b>", EVIL, "xevily", "&amp;</para>", "<font size=99>"):
        assert part in text, part
    assert "root:" not in text and not PdfReader(BytesIO(reply.content)).pages[0].images


def test_letters_of_many_alphabets_are_embedded_and_others_visibly_replaced(shop: Workshop) -> None:
    order_id = of_items(
        shop, ("面-1", "面包工厂 ボトル 공장"), ("Ж-2", "Завод «Прогресс» Ωμέγα Łódź"), ("ไ-3", "ชื่อสินค้า"), ("E-4", "شاي🍞")
    )  # fmt: skip
    reply = printed(shop, order_id)
    text = text_of(reply)
    for part in ("面-1", "面包工厂", "ボトル", "공장", "Завод «Прогресс»", "Ωμέγα", "Łódź", "ชื่อสินค้า", "????"):
        assert part in text, part
    fonts = [font.get_object() for font in PdfReader(BytesIO(reply.content)).pages[0]["/Resources"]["/Font"].values()]
    used = [font for font in fonts if "+" in font["/BaseFont"]]
    assert {font["/BaseFont"].split("+")[1] for font in used} >= {"NotoSans-Regular", "WenQuanYiMicroHei-0"}
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_what_is_printed_of_a_list_without_end_says_that_it_is_not_all(shop: Workshop, monkeypatch: Any) -> None:
    monkeypatch.setattr(picking_source, "MOST_ROWS", 2)
    text = listed(shop, of_items(shop, ("M-1", "One"), ("M-2", "Two"), ("M-3", "Three")))
    assert "M-3" not in text
    assert "2 of 3, by article" in text and "THIS LIST IS NOT COMPLETE: 1 more articles are not printed." in text


# --- the call


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("order=up", "order"), ("sort_column=price", "sort_column"), ("filter_non_available=maybe", "filter_non_available"),
        ("article_images=", "article_images"), ("foo=1", "foo"), ("order=asc&order=desc", "order"), ("order=ASC", "order"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(shop: Workshop, query: str, field: str) -> None:
    order_id = shop.with_caps()
    refused(shop.admin.get(f"{order_id}/pickinglist/print?{query}"), 400, 903001, field, everything())


@pytest.mark.parametrize(
    "accept", ["application/pdf", "application/json", "*/*", "application/*", "application/pdf, application/xml"]
)
def test_it_is_a_pdf_whatever_is_accepted_of_what_it_may_be(shop: Workshop, accept: str) -> None:
    reply = printed(shop, shop.with_caps(), accept=accept)
    assert reply.headers["Content-Type"] == "application/pdf" and reply.content.startswith(b"%PDF-")


@pytest.mark.parametrize("accept", ["application/xml", "text/xml", "text/csv", "application/pdf;q=0"])
def test_what_it_may_not_be_is_refused_in_json(shop: Workshop, accept: str) -> None:
    reply = shop.admin.get(f"{shop.with_caps()}/pickinglist/print", accept=accept)
    assert reply.headers["Content-Type"] == "application/json"
    refused(reply, 406, 900101, None)


def test_a_strangers_order_is_no_order_and_is_told_before_any_fault_of_the_query(shop: Workshop) -> None:
    stranger = Shop()
    order_id = shop.with_caps()
    replies = [
        stranger.admin.get(f"{order_id}/pickinglist/print"),
        stranger.admin.get("999999999/pickinglist/print"),
        stranger.admin.get(f"{order_id}/pickinglist/print?order=up"),
        stranger.admin.get("abc/pickinglist/print", accept="application/pdf"),
    ]
    assert {(reply.status, reply.content) for reply in replies} == {(404, replies[0].content)}
    assert replies[0]["errorCode"] == 903001


def test_head_answers_as_get_without_the_list(shop: Workshop) -> None:
    path = f"{shop.with_caps()}/pickinglist/print"
    head = shop.admin.send("HEAD", path)
    assert (head.status, head.headers["Content-Type"], head.content) == (200, "application/pdf", b"")
    assert "pickinglist-" in head.headers["Content-Disposition"]
    assert shop.admin.send("POST", path, {}).status == 405


def test_an_order_of_another_face_is_printed_with_what_it_has(shop: Workshop) -> None:
    order = floor.an_order(shop.actor, target=5, reference="Größe/Ж-7")
    text = listed(shop, order.pk)
    assert "Größe/Ж-7" in text and in_turn(text, "Customer order", "–")


def test_it_asks_the_database_as_often_for_many_rows_as_for_one(shop: Workshop) -> None:
    counts = []
    for wanted in ([("Q-0", "One")], [(f"Q-{number}", "Many") for number in range(1, 12)]):
        order_id = of_items(shop, *wanted)
        for line in ProductionOrder.objects.get(pk=order_id).lines.all():
            stores.delivered(shop.actor, line.item, Decimal(4))
        with CaptureQueriesContext(connection) as captured:
            printed(shop, order_id, "?article_images=true&filter_non_available=true")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16


def test_five_hundred_articles_with_lots_are_printed_in_time(shop: Workshop) -> None:
    parts = Item.objects.bulk_create(
        Item(factory=shop.factory, sku=f"PART-{number:03d}", name=f"Part {number}") for number in range(500)
    )
    lots = Lot.objects.bulk_create(
        Lot(factory=shop.factory, item=part, code=f"LN-{part.pk}", best_before=JUNE) for part in parts
    )
    main = StockLocation.objects.get(factory=shop.factory, code="main")
    StockBalance.objects.bulk_create(
        StockBalance(factory=shop.factory, item=lot.item, lot=lot, location=main, on_hand=3) for lot in lots
    )
    stores.a_bom(shop.actor, whole := shop.item("WHOLE", "Of many parts"), dict.fromkeys(parts, 1))
    order_id = shop.order()
    assert shop.admin.post(f"{order_id}/article", {"articleId": whole.sku, "amount": 2}).status == 200
    printed(shop, shop.with_caps())  # fonts are read once a process
    began = time.process_time()
    reply = printed(shop, order_id)
    taken = time.process_time() - began
    assert len(PdfReader(BytesIO(reply.content)).pages) > 40
    assert taken < 4, "it takes a fraction of a second; machines that run tests are slow and busy"

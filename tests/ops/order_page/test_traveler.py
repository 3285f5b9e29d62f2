"""The traveler on paper: what stands on it, in any letters, quickly, whatever the texts are."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from factoryos.kernel import paper
from factoryos.ops.order_page.traveler import render
from manufacturing.models import Method, Operation
from orders import actions
from orders.models import ProductionOrder
from orders.sheet import sheet_of
from orders.specs import Share
from tests import floor
from tests.ops.order_page.desk import Desk

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(content: bytes) -> tuple[str, int]:
    """Its text, and how many pages it has."""
    pages = PdfReader(BytesIO(content)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split()), len(pages)


def drawn(desk: Desk, order: ProductionOrder) -> tuple[str, int]:
    sheet = sheet_of(order.pk, by=desk.by)
    made = render(sheet, factory=desk.by.factory, address=f"http://plant.local/ops/orders/{order.uuid}", now=NOON)
    return read(made)


def test_it_names_all_that_the_floor_needs() -> None:
    desk = Desk(time_zone="Asia/Kuala_Lumpur", name="Penang Plant")
    method = Method.objects.create(
        factory=desk.factory, item=desk.item, code="STD", name="Press and inspect", default=True
    )
    Operation.objects.create(method=method, sequence=1, name="Press", workcenter="Hall", duration_minutes=Decimal(20))
    order = desk.draft(
        4000, batch_number="B-77", customer_name="Lemonade & Sons", notes="Handle gently.", priority="rush",
        planned_end=NOON,
    )  # fmt: skip
    order = desk.do(actions.schedule, order, shares=[Share(machine=desk.machine)])
    answer = desk.get(order, "traveler.pdf")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    text, pages = read(answer.content)
    for part in (
        order.reference, desk.item.sku, "4000 pcs", "B-77", "Lemonade & Sons", "2026-03-02 20:00 +08", desk.machine.code,
        "1 Press", "Hall", "Signed", "Handle gently.", "Rush", "Penang Plant", "page 1 of 1",
    ):  # fmt: skip
        assert part in text, part
    assert pages == 1


def test_letters_of_other_alphabets_are_readable() -> None:
    desk = Desk()
    order = desk.draft(5, customer_name="Завод «Прогресс» Ωμέγα Łódź", notes="面包工厂 ボトル 공장", batch_number="B")
    text, _ = drawn(desk, order)
    for part in ("Завод «Прогресс»", "Ωμέγα", "Łódź", "面包工厂", "ボトル", "공장"):
        assert part in text, part


def test_markup_is_only_text_and_controls_are_left_out() -> None:
    desk = Desk()
    evil = "<b>&amp; </para><img src='file:///etc/passwd'/>\u202e{}"
    order = desk.draft(
        5, customer_name=evil[:200], notes=evil, batch_number=evil[:64], item=floor.an_item(desk.factory, name=evil)
    )
    text, _ = drawn(desk, order)
    assert "<b>&amp; </para><img src='file:///etc/passwd'/>" in text
    assert "\u202e" not in text


@pytest.mark.parametrize("letter", ["x", "W", "<", "面", "Ж", "\U0001f600", "e\u0301"])
def test_a_word_of_two_hundred_thousand_letters_costs_no_seconds(letter: str) -> None:
    desk = Desk()
    word = letter * (200_000 // len(letter))
    order = desk.draft(5, notes=word, reference=word[:120], item=floor.an_item(desk.factory, name=word[:255]))
    began = time.monotonic()
    _, pages = drawn(desk, order)
    assert pages <= 6
    assert time.monotonic() - began < 3


def test_many_lines_go_on_to_further_pages_with_their_numbers_and_what_is_left_out_is_said() -> None:
    desk = Desk()
    order = desk.draft(*range(1, 101))
    text, pages = drawn(desk, order)
    assert pages >= 2
    assert f"page {pages} of {pages}" in text and "and 40 more" in text


def test_a_reference_that_no_scanner_reads_has_no_bar_code_but_is_there() -> None:
    desk = Desk()
    text, _ = drawn(desk, desk.draft(5, reference="Größe/Ж-7"))
    assert "Größe/Ж-7" in text


def test_a_hold_is_on_paper_too() -> None:
    desk = Desk()
    text, _ = drawn(desk, desk.held(desk.draft()))
    assert "ON HOLD" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\nb\t c", "a b c"),
        ("x" * 400, f"{'x' * 299}…"),
        (None, "None"),
        ("\x00\ud800a", "a"),
        ("<&>", "&lt;&amp;&gt;"),
    ],
)
def test_text_on_paper_is_cut_escaped_and_of_one_line(text: object, told: str) -> None:
    assert paper.markup(text) == told


def test_a_letter_of_no_font_is_a_question_mark() -> None:
    assert paper.markup("a\U0001f600") == "a?"

"""The picking list as a page: codes that scan, rows that hold together, and time that is bounded whatever the rows are."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from reportlab.graphics.barcode import code128
from reportlab.lib.units import mm

from factoryos.dialects.store import picking_list
from factoryos.dialects.store.picking_codes import NARROWEST, QUIET, WIDEST, Bars, bars_of, squares_of
from factoryos.dialects.store.picking_list import render
from factoryos.dialects.store.picking_page import Head
from factoryos.dialects.store.picking_source import MOST_LOTS, MOST_ROWS
from factoryos.dialects.store.picking_table import Row
from orders.materials.picking import Pick, Picking

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROOM = 66 * mm
MUCH = Decimal("999999999999.123456789012345")


def a_row(number: int = 1, **facts: Any) -> Row:
    picks = [a_pick(f"LN-{number:04d}", 500)]
    known = {
        "article_id": f"CAP-28/BLUE-{number:03d}", "name": "Polypropylene resin, natural, food grade", "unit": "pcs",
        "amount": Decimal(500), "stockplace": "A-03-2", "supplier_name": "Johor Polymers",
        "supplier_article_id": "JP-PP-550", "picking": Picking(reserved=Decimal(500), picks=picks),
    }  # fmt: skip
    return Row(**known | facts)


def a_pick(lot: str, amount: Any, *, promised: bool = True, place: str = "A-03-2") -> Pick:
    return Pick(lot, NOON + timedelta(days=30), place, Decimal(amount), promised)


def drawn(*rows: Row, said: str = "", images: bool = False, **head: Any) -> bytes:
    known = {
        "factory": "Penang plant", "reference": "PO-2026-000123", "address": "https://plant.local/ops/orders/0198c5a4",
        "facts": [("Customer order", "77 · WEB-5512"), ("Name", "Blue caps")], "printed": "2026-03-02 20:00 +08",
    }  # fmt: skip
    return render(
        Head(**known | head), rows, zone=ZoneInfo("Asia/Kuala_Lumpur"), now=NOON, still_open=True, said=said, images=images
    )  # fmt: skip


def pages_of(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages]


def decoded(code: Bars) -> str:
    """What a scanner makes of the bars: by the standard's table, with its check character, in code set B."""
    widths: list[int] = []
    end = 0
    for start, wide in code.bars:
        widths += [start - end, wide] if widths else [wide]
        end = start + wide
    assert sum(widths) == code.modules and sum(widths) % 11 == 2, "characters of 11 modules, and a stop of 13"
    signs = ["".join(map(str, widths[at : at + 6])) for at in range(0, len(widths) - 7, 6)]
    known = {_widths(pattern): value for value, pattern in code128._patterns.items()}
    values = [known[sign] for sign in signs]
    *data, check = values[1:]
    assert values[0] == 104, "start in B"
    assert (values[0] + sum(place * value for place, value in enumerate(data, start=1))) % 103 == check
    return "".join(chr(value + 32) for value in data)


def _widths(pattern: str) -> str:
    return "".join(str(ord(sign.lower()) - ord("a") + 1) for sign in pattern)


@pytest.mark.parametrize("text", ["LINER-28", "CAP-28/BLUE", 'a"><b>', "~ !{}|", "X"])
def test_the_bars_say_what_they_should(text: str) -> None:
    code = bars_of(text, room=ROOM)
    assert code is not None and decoded(code) == text
    assert NARROWEST <= code.module <= WIDEST
    assert code.width + 2 * QUIET * code.module <= ROOM + 0.001, "with what must be white beside it"


@pytest.mark.parametrize("text", ["", "Ж-7", "Å 1", "caño", "ò", "tab\there", "\x7f", "W" * 40, "面" * 255])
def test_what_bars_cannot_say_has_none(text: str) -> None:
    assert bars_of(text, room=ROOM) is None


def test_digits_take_half_the_room() -> None:
    digits, letters = bars_of("4012345678901234", room=ROOM), bars_of("ABCDEFGHIJKLMNOP", room=ROOM)
    assert digits is not None and letters is not None and digits.modules < 0.7 * letters.modules


def test_a_code_of_squares_is_as_large_as_it_must_be() -> None:
    small, large = squares_of("Ж-7"), squares_of("面" * 255)
    assert small.side < large.side <= 30 * mm
    assert len(small.rows) == 21 and small.rows[0][:8] == b"\1\1\1\1\1\1\1\0", "its corner"


def test_head_table_head_and_number_are_on_every_page() -> None:
    pages = pages_of(drawn(*map(a_row, range(30))))
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        for part in ("PICKING LIST", "PO-2026-000123", "Stockplace", "77 · WEB-5512", f"page {number} of {len(pages)}"):
            assert part in text, (part, text)
    assert "Sum of 30 rows" in pages[-1] and not any("Sum of" in text for text in pages[:-1])


def test_a_row_of_many_lots_goes_on_below_and_leaves_none_out() -> None:
    picks = [a_pick(f"LOT-{number:02d}-", 10) for number in range(90)]
    pages = pages_of(drawn(a_row(1), a_row(2, picking=Picking(picks=picks)), a_row(3)))
    text = " ".join(pages)
    assert len(pages) >= 3 and "CAP-28/BLUE-002 (continued)" in text
    assert [text.count(f"LOT-{number:02d}-") for number in range(90)] == [1] * 90


def test_lots_that_are_not_named_are_counted() -> None:
    picking = Picking(picks=[a_pick("L-1", 5)], more=7, more_quantity=Decimal("2.5"))
    assert "and 7 more lots, 2.5" in pages_of(drawn(a_row(picking=picking)))[0]


def test_sums_are_by_unit_and_exact() -> None:
    rows = [a_row(unit="kg", amount=MUCH), a_row(unit="kg", amount=MUCH), a_row(unit="pcs", amount=Decimal(1))]
    text = pages_of(drawn(*rows))[0]
    assert "1999999999998.24691357802469" in text.split("Sum of 3 rows")[1].replace(" ", "")
    units = pages_of(drawn(*(a_row(number, unit=f"u{number}") for number in range(11))))[-1]
    assert "and 3 more units" in units


def test_an_amount_is_never_cut() -> None:
    assert str(MUCH) in pages_of(drawn(a_row(amount=MUCH)))[0].replace(" ", "")


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no picture", b"GIF89a"])
def test_a_picture_that_cannot_be_read_is_left_out(content: bytes) -> None:
    assert "CAP-28/BLUE-001" in pages_of(drawn(a_row(image=content), images=True))[0]


@pytest.mark.parametrize("reference", ["W" * 100, "Ж" * 100, "面" * 512, "A", "<b>" * 30])
def test_any_reference_fits_the_head(reference: str) -> None:
    text = pages_of(drawn(a_row(), reference=reference))[0].replace(" ", "")
    assert reference[:20] in text and "Stockplace" in text


def endless(text: str, number: int, *, lots: int = 20) -> Row:
    """A row with as much of this text as there could be anywhere."""
    return a_row(
        number, article_id=(text * 255)[: 255 - 4] + f"{number:04d}", name=text * 300, unit=text * 40, stockplace=text * 40,
        supplier_name=text * 255, supplier_article_id=text * 255, amount=MUCH,
        picking=Picking(picks=[a_pick(text * 100, MUCH, place=text * 40)] * lots),
    )  # fmt: skip


BOUND = 6.0  # seconds of this process; it takes a fraction, but machines that run tests are slow and busy


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([a_row(number) for number in range(500)], id="five hundred"),
        pytest.param([a_row(number) for number in range(MOST_ROWS)], id="as many as are printed"),
        pytest.param([endless("面", number) for number in range(300)], id="Chinese"),
        pytest.param([endless("W", number) for number in range(800)], id="the widest letter"),
        pytest.param([endless("x ", number, lots=MOST_LOTS) for number in range(150)], id="lots"),
        pytest.param([a_row(name="x" * 200_000, supplier_name="e\u0301" * 100_000)] * 200, id="long words"),
        pytest.param([a_row(article_id=f"Größe {number}") for number in range(500)], id="squares"),
    ],
)
def test_no_list_costs_seconds(rows: Sequence[Row]) -> None:
    drawn(a_row(name="面"))  # fonts are read once a process
    began = time.process_time()
    assert drawn(*rows).startswith(b"%PDF-")
    assert time.process_time() - began < BOUND


def test_what_is_too_much_to_write_is_shortened_and_says_so(monkeypatch: Any) -> None:
    monkeypatch.setattr(picking_list, "_MOST_BEYOND", 2000)
    text = pages_of(drawn(a_row(1, name="x" * 250), *(endless("W", number, lots=3) for number in (2, 3))))[-1]
    assert "and2morelots,1999999999998.24691357802469" in text.replace(" ", "") and "WWW…" in text

"""The picking list as a PDF: what the warehouse is to take for one order, shelf by shelf, in codes that scanners read.

It is drawn straight onto the page, for the library's own tables take seconds. How long that takes is bounded, whatever the
rows hold: beyond what any list has of long texts, lots and QR codes, rows are shortened, and say so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

from reportlab.lib.units import mm

from factoryos.dialects.store.picking_codes import Bars, Squares, bars_of, squares_of
from factoryos.dialects.store.picking_page import FOOT, HEAD, LEADING, MARGIN, Head, Masthead, Pen, canvas_on
from factoryos.dialects.store.picking_row import Part, parts_of
from factoryos.dialects.store.picking_table import Column, Row, Sheet, columns, number, shortened, weight_of
from factoryos.kernel import paper
from factoryos.kernel.paper import Line
from factoryos.kernel.quantities import ZERO, exactly, shortest

_MOST_IN_CODES = 30_000  # bytes of ids in QR codes, which take far longer than bars
_USUAL, _MOST_BEYOND = 400, 250_000  # weight of a row, and what all rows together may have beyond it
_MOST_UNITS = 8  # in the sum
_HEADINGS = 6.5 * mm


@exactly()
def render(
    head: Head,
    rows: Sequence[Row],
    *,
    zone: ZoneInfo,
    now: datetime,
    still_open: bool,
    said: str = "",
    images: bool = False,
) -> bytes:
    """The PDF. `said` stands below the rows, or in their place where there are none."""
    sheet = Sheet(columns(images=images), zone, now, open=still_open)
    masthead, pages = Masthead(head), _pages(rows, sheet)
    total = _Total(rows, sheet, said=said)
    if not pages or pages[-1][1] + total.height > FOOT:
        pages.append(([], HEAD + _HEADINGS))
    out = BytesIO()
    pen = Pen(canvas_on(out, title=f"Picking list {head.reference}"))
    for at, (parts, _) in enumerate(pages, start=1):
        masthead.draw(pen, page=at, pages=len(pages))
        y = _draw_headings(pen, sheet.columns.values())
        for part in parts:
            part.draw(pen, y=y)
            y += part.height
        if at == len(pages):
            total.draw(pen, y=y)
        pen.new_page()
    pen.canvas.save()
    return out.getvalue()


def _pages(rows: Iterable[Row], sheet: Sheet) -> list[tuple[list[Part], float]]:
    """The parts of each page, and where the last of them ends."""
    pages: list[tuple[list[Part], float]] = []
    room = sheet.columns["article"].width - 2 * mm
    left, beyond = _MOST_IN_CODES, _MOST_BEYOND
    for row in rows:
        code: Bars | Squares | None = bars_of(row.article_id, room=room)
        if code is None and (left := left - len(row.article_id.encode())) >= 0:
            code = squares_of(row.article_id)
        beyond -= max(0, weight_of(row) - _USUAL)
        for part in parts_of(row if beyond >= 0 else shortened(row), sheet, code=code):
            parts, y = pages[-1] if pages else ([], FOOT)
            if y + part.height > FOOT:
                parts, y = [], HEAD + _HEADINGS
                pages.append((parts, y))
            parts.append(part)
            pages[-1] = (parts, y + part.height)
    return pages


def _draw_headings(pen: Pen, found: Iterable[Column]) -> float:
    """The names of the columns; gives where the first row begins."""
    pen.rule(HEAD, thick=1, faint=False)
    for column in found:
        heading = paper.line_of(column.heading)
        if column.heading in {"Amount", "Reserved"}:
            pen.right([heading], x=column.end - 3 * mm, y=HEAD + 1.4 * mm, size=7.5, bold=True)
        elif heading:
            pen.line(heading, x=column.x, y=HEAD + 1.4 * mm, size=7.5, bold=True)
    pen.rule(HEAD + _HEADINGS, thick=1, faint=False)
    return HEAD + _HEADINGS


class _Total:
    """The last line of a list: how many rows, and what they come to in each unit."""

    def __init__(self, rows: Sequence[Row], sheet: Sheet, *, said: str) -> None:
        self._columns, self._count = sheet.columns, len(rows)
        sums: dict[str, list[Decimal]] = {}
        for row in rows:
            of_unit = sums.setdefault(row.unit, [ZERO, ZERO, ZERO])
            missing = row.picking.missing if sheet.open else ZERO
            for at, amount in enumerate((row.amount, row.picking.reserved, missing)):
                of_unit[at] += amount
        self._units = [self._written(unit, totals) for unit, totals in list(sums.items())[:_MOST_UNITS]]
        self._others = len(sums) - len(self._units)
        self._said = paper.wrapped(said, size=10, width=120 * mm, most=4)
        left = len(self._said) * 10 * LEADING + 6 * mm
        self.height = 4 * mm + max(left, sum(unit.height for unit in self._units) + bool(self._others) * 5 * mm)

    def _written(self, unit: str, sums: Sequence[Decimal]) -> "_Unit":
        width = self._columns["amount"].width - 2 * mm
        name = paper.wrapped(unit, size=9, width=self._columns["unit"].width - 2 * mm, most=2)
        missing = paper.line_of(f"{shortest(sums[2])} missing" if sums[2] > 0 else "")
        return _Unit(name, number(sums[0], width=width, size=10), number(sums[1], width=width, size=10), missing)

    def draw(self, pen: Pen, *, y: float) -> None:
        pen.rule(y, thick=1, faint=False)
        y += 2 * mm
        below = y
        if self._count:
            told = paper.line_of(f"Sum of {self._count} {'row' if self._count == 1 else 'rows'}")
            pen.line(told, x=MARGIN, y=y, size=11, bold=True)
            below += 6 * mm
        pen.lines(self._said, x=MARGIN, y=below, size=10)
        for unit in self._units:
            self._draw_unit(pen, unit, y=y)
            y += unit.height
        if self._others:
            told = paper.line_of(f"and {self._others} more {'unit' if self._others == 1 else 'units'}")
            pen.right([told], x=self._columns["amount"].end - 3 * mm, y=y, size=9)

    def _draw_unit(self, pen: Pen, unit: "_Unit", *, y: float) -> None:
        found, (amount, size), (reserved, other) = self._columns, unit.amount, unit.reserved
        pen.right(amount, x=found["amount"].end - 3 * mm, y=y, size=size, bold=True)
        pen.lines(unit.name, x=found["unit"].x, y=y, size=9)
        pen.right(reserved, x=found["reserved"].end - 3 * mm, y=y, size=other)
        pen.line(unit.missing, x=self._columns["lots"].x, y=y, size=9, bold=True)


@dataclass(frozen=True, slots=True)
class _Unit:
    """The sums of one unit, as they are written: lines, and for amounts their size."""

    name: list[Line]
    amount: tuple[list[Line], float]
    reserved: tuple[list[Line], float]
    missing: Line

    @property
    def height(self) -> float:
        return max(
            5 * mm, *(len(lines) * size * LEADING for lines, size in (self.amount, self.reserved, (self.name, 9.0)))
        )

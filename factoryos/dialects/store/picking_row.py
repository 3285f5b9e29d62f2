"""One row of a picking list: measured when it is made, drawn where the page has room; parts of it where it is very long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from factoryos.dialects.store.picking_codes import Bars, Squares
from factoryos.dialects.store.picking_lots import Lot, draw_lot, lots_of
from factoryos.dialects.store.picking_page import HEIGHT, LEADING, Pen
from factoryos.dialects.store.picking_table import Column, Row, Sheet, number
from factoryos.kernel import paper
from factoryos.kernel.paper import Line
from factoryos.kernel.quantities import shortest

BARS = 7.5 * mm
PICTURE = 12.5 * mm  # which leaves white beside the bars
_PADDING = 1.8 * mm
_LONGEST_PART = 105 * mm  # of lots, before they go on in a part of their own
_BOLD = frozenset({"Stockplace", "Amount"})


Block = tuple[list[Line], float]  # lines, and the size they are written in


@dataclass(frozen=True, slots=True)
class _Cell:
    """Blocks of text below each other; the first is the cell's own, the others explain it."""

    column: Column
    blocks: Sequence[Block]
    right: bool = False

    @property
    def height(self) -> float:
        return sum(len(lines) * size * LEADING for lines, size in self.blocks)

    def draw(self, pen: Pen, *, y: float) -> None:
        for at, (lines, size) in enumerate(self.blocks):
            bold, faint = self.column.heading in _BOLD and not at, at > 0
            if self.right:
                y = pen.right(lines, x=self.column.end - 3 * mm, y=y, size=size, bold=bold, faint=faint)
            else:
                y = pen.lines(lines, x=self.column.x, y=y, size=size, bold=bold, faint=faint)


class Part:
    """A row, or what of it goes on below: never broken over two pages."""

    def __init__(
        self, row: Row, sheet: Sheet, *, code: Bars | Squares | None, lots: Sequence[Lot], first: bool
    ) -> None:
        self.row, self.code, self.lots, self.first = row, code if first else None, lots, first
        self._columns = sheet.columns
        article = sheet.columns["article"]
        told = row.article_id if first else f"{row.article_id} (continued)"
        self._article = paper.wrapped(told, size=9.5, width=article.width - 4 * mm, most=14 if first else 2)
        self._cells = list(self._texts(row)) if first else []
        self.height = 2 * _PADDING + max(
            self._article_height(),
            sum(lot.height for lot in lots),
            PICTURE if row.image and first else 0.0,
            *(cell.height for cell in self._cells),
        )

    def _article_height(self) -> float:
        height = len(self._article) * 9.5 * LEADING
        if isinstance(self.code, Bars):
            return height + 0.8 * mm + BARS
        return height + (self.code.side if self.code else 0.0)

    def _texts(self, row: Row) -> Iterator[_Cell]:
        """Each cell that is only text."""
        theirs = f"their article {row.supplier_article_id}" if row.supplier_article_id else ""
        used = f"{shortest(row.picking.used)} used" if row.picking.used else ""
        yield self._cell("place", self._block("place", row.stockplace or "–", size=13, most=5))
        yield self._cell(
            "name",
            self._block("name", row.name, size=9, most=20),
            self._block("name", row.supplier_name or "", size=7.5, most=7),
            self._block("name", theirs, size=7.5, most=7),
        )
        yield self._cell(
            "amount", self._number("amount", row.amount), self._block("amount", used, size=7.5, most=4), right=True
        )
        yield self._cell("unit", self._block("unit", row.unit, size=9, most=4))
        yield self._cell("reserved", self._number("reserved", row.picking.reserved), right=True)

    def _cell(self, column: str, *blocks: Block, right: bool = False) -> _Cell:
        return _Cell(self._columns[column], blocks, right)

    def _block(self, column: str, text: str, *, size: float, most: int) -> Block:
        return paper.wrapped(text, size=size, width=self._columns[column].width - 3 * mm, most=most), size

    def _number(self, column: str, amount: Decimal) -> Block:
        return number(amount, width=self._columns[column].width - 3 * mm)

    def draw(self, pen: Pen, *, y: float) -> None:
        """With its upper edge at y; the rule below it included."""
        top = y + _PADDING
        if self.first:
            pen.box(x=self._columns["tick"].x + 0.5 * mm, y=top, side=5 * mm)
        for cell in self._cells[:1]:
            cell.draw(pen, y=top)
        self._draw_article(pen, y=top)
        for cell in self._cells[1:]:  # from left to right, for those who read the file and not the paper
            cell.draw(pen, y=top)
        if self.first and self.row.image:
            _picture(pen, self.row.image, x=self._columns["image"].x, y=top)
        for lot in self.lots:
            draw_lot(pen, lot, self._columns["lots"], y=top)
            top += lot.height
        pen.rule(y + self.height)

    def _draw_article(self, pen: Pen, *, y: float) -> None:
        column = self._columns["article"]
        y = pen.lines(self._article, x=column.x, y=y, size=9.5, bold=True)
        pen.black()
        if isinstance(self.code, Bars):
            self.code.draw(pen.canvas, x=column.x, y=HEIGHT - y - 0.8 * mm - BARS, height=BARS)
        elif self.code:
            self.code.draw(pen.canvas, x=column.x, y=HEIGHT - y - self.code.side)


def parts_of(row: Row, sheet: Sheet, *, code: Bars | Squares | None) -> Iterator[Part]:
    """The row in parts, each of which has room on a page of its own."""
    first, height, lots = True, 0.0, list[Lot]()
    for lot in lots_of(row, sheet):
        if height + lot.height > _LONGEST_PART:
            yield Part(row, sheet, code=code, lots=lots, first=first)
            first, height, lots = False, 0.0, []
        lots.append(lot)
        height += lot.height
    yield Part(row, sheet, code=code, lots=lots, first=first)


def _picture(pen: Pen, jpeg: bytes, *, x: float, y: float) -> None:
    """A JPEG within a square, as it is. One that cannot be read is left out: a list without a picture still serves."""
    try:
        image: Any = ImageReader(BytesIO(jpeg))
        wide, high = image.getSize()
    except Exception:  # whatever the library makes of broken bytes
        return
    scale = PICTURE / max(wide, high, 1)
    pen.canvas.drawImage(image, x, HEIGHT - y - high * scale, wide * scale, high * scale)

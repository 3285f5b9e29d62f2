"""The last column of a picking list: the lots of a row, each with a box of its own, and what is lacking."""

from collections.abc import Iterator
from dataclasses import dataclass

from reportlab.lib.units import mm

from factoryos.dialects.store.picking_page import LEADING, Pen
from factoryos.dialects.store.picking_table import Column, Row, Sheet
from factoryos.kernel import clock, paper
from factoryos.kernel.paper import Line
from factoryos.kernel.quantities import shortest
from orders.materials.picking import Pick

_LOT, _DATE = 8.5, 8.0  # sizes of letters


@dataclass(frozen=True, slots=True)
class Lot:
    """One entry of the last column."""

    code: list[Line]
    below: list[Line]
    date: list[Line]
    amount: list[Line]
    room: float = 0.0  # for the code, in points
    tick: bool = True
    loud: bool = False

    @property
    def height(self) -> float:
        lines = max(len(self.code) * _LOT, len(self.date) * _DATE, len(self.amount) * _LOT)
        return (lines + (0 if self.beside else len(self.below) * 6.5)) * LEADING + 0.5 * mm

    @property
    def beside(self) -> bool:
        """Whether the place stands on the line of the lot, which makes rows of many lots half as high."""
        if len(self.code) != 1 or len(self.below) != 1:
            return False
        return paper.width_of(self.code[0], size=_LOT) + paper.width_of(self.below[0], size=6.5) < self.room - 2 * mm


def lots_of(row: Row, sheet: Sheet) -> Iterator[Lot]:
    """What stands in the last column, from top to bottom."""
    picking, width = row.picking, sheet.columns["lots"].width
    if not row.stocked:
        yield _note("not kept in stock", width=width)
        return
    promised = True
    for pick in picking.picks if sheet.open else [pick for pick in picking.picks if pick.promised]:
        if promised and not pick.promised:
            promised = False
            yield _note("free, not reserved for this order:", width=width)
        yield _lot(pick, row, sheet, width=width)
    if not sheet.open:
        return
    if picking.more:
        rest = f"and {picking.more} more {'lot' if picking.more == 1 else 'lots'}, {shortest(picking.more_quantity)}"
        yield _note(rest, width=width)
    if picking.missing > 0:
        yield _note(f"{shortest(picking.missing)} {row.unit[:20]} missing", width=width, loud=True)


def _note(text: str, *, width: float, loud: bool = False) -> Lot:
    return Lot(paper.wrapped(text, size=_LOT, width=width - 1 * mm, most=2), [], [], [], tick=False, loud=loud)


def _lot(pick: Pick, row: Row, sheet: Sheet, *, width: float) -> Lot:
    room = width - 45 * mm
    code = paper.wrapped(pick.lot or "no lot", size=_LOT, width=room, most=8)
    below = list[Line]()
    if pick.place != row.stockplace:
        below = paper.wrapped(f"at {pick.place}", size=6.5, width=room, most=2)
    date: list[Line] = []
    if pick.best_before:
        date = [[(paper.FONT, f"{clock.in_zone(pick.best_before, sheet.zone):%Y-%m-%d}")]]
        if pick.best_before < sheet.now:
            date.append([(paper.FONT, "EXPIRED")])
    amount = paper.wrapped(shortest(pick.quantity), size=_LOT, width=20 * mm, most=9)
    return Lot(code, below, date, amount, room)


def draw_lot(pen: Pen, lot: Lot, column: Column, *, y: float) -> None:
    if lot.tick:
        pen.box(x=column.x, y=y + 0.3 * mm, side=2.6 * mm)
    indent = 4 * mm if lot.tick else 0.0
    below = pen.lines(lot.code, x=column.x + indent, y=y, size=_LOT, bold=lot.loud, faint=not lot.tick and not lot.loud)
    if lot.beside:
        x = column.x + indent + paper.width_of(lot.code[0], size=_LOT) + 1.5 * mm
        pen.lines(lot.below, x=x, y=y + 1.5, size=6.5, faint=True)
    else:
        pen.lines(lot.below, x=column.x + indent, y=below, size=6.5, faint=True)
    pen.lines(lot.date, x=column.end - 40 * mm, y=y, size=_DATE, bold=len(lot.date) > 1)
    pen.right(lot.amount, x=column.end, y=y, size=_LOT, bold=True)

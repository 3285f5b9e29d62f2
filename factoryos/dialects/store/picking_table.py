"""The table of a picking list: its rows as they are known, its columns, and how much of a row is written."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from reportlab.lib.units import mm

from factoryos.dialects.store.picking_page import MARGIN
from factoryos.kernel import paper
from factoryos.kernel.paper import Line
from factoryos.kernel.quantities import shortest
from orders.materials.picking import Picking

_SHORT, _FEW_LOTS = 24, 1  # of a row that is shortened


@dataclass(frozen=True, slots=True)
class Row:
    """One article to take. `image` is a JPEG."""

    article_id: str
    name: str
    unit: str
    amount: Decimal
    stockplace: str | None
    supplier_name: str | None
    supplier_article_id: str | None
    picking: Picking
    stocked: bool = True
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column is: its heading, left edge and width in points."""

    heading: str
    x: float
    width: float

    @property
    def end(self) -> float:
        return self.x + self.width


def columns(*, images: bool) -> dict[str, Column]:
    """The columns of a list, from left to right. A picture takes its room from its neighbours."""
    widths = [
        ("tick", "", 8, 8), ("place", "Stockplace", 28, 26), ("image", "", 0, 16), ("article", "Article", 68, 62),
        ("name", "Name, supplier's article", 50, 42), ("amount", "Amount", 20, 20), ("unit", "Unit", 12, 12),
        ("reserved", "Reserved", 20, 20), ("lots", "Lots to take: lot, best before, amount", 71, 71),
    ]  # fmt: skip
    x, found = MARGIN, {}
    for name, heading, without, with_image in widths:
        width = (with_image if images else without) * mm
        found[name] = Column(heading, x, width)
        x += width
    return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the rows of a list share."""

    columns: dict[str, Column]
    zone: ZoneInfo
    now: datetime
    open: bool  # something may still be taken


def weight_of(row: Row) -> int:
    """How much there is to write, in letters of ASCII: others take three times as long, and so does a lot beside its code."""
    texts = [row.article_id, row.name, row.supplier_name, row.supplier_article_id, row.stockplace, row.unit]
    texts += [text for pick in row.picking.picks for text in (pick.lot, pick.place)]
    letters = sum(min(len(text), paper.LONGEST) * (1 if text.isascii() else 3) for text in texts if text)
    return letters + 20 * len(row.picking.picks)


def shortened(row: Row) -> Row:
    """The row with little to write. Its lots are counted, but only the first is named."""
    picking = row.picking
    named = [replace(pick, lot=pick.lot and _short(pick.lot)) for pick in picking.picks[:_FEW_LOTS]]
    left = sum((pick.quantity for pick in picking.picks[_FEW_LOTS:]), picking.more_quantity)
    return replace(
        row,
        article_id=_short(row.article_id),
        name=_short(row.name),
        unit=_short(row.unit),
        supplier_name=_short(row.supplier_name or ""),
        supplier_article_id=_short(row.supplier_article_id or ""),
        picking=replace(picking, picks=named, more=picking.more + len(picking.picks) - len(named), more_quantity=left),
    )


def _short(text: str) -> str:
    return paper.plain(text, limit=_SHORT)


def number(amount: Decimal, *, width: float, size: float = 11) -> tuple[list[Line], float]:
    """An amount whole, and the size it is written in: none is ever cut, for it would read as another."""
    text = shortest(amount)
    line = paper.line_of(text)
    if paper.width_of(line, size=size) <= width:
        return [line], size
    return paper.wrapped(text, size=8, width=width, most=len(text)), 8

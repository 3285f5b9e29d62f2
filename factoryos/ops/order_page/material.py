"""The order's material in words: what it needs, has set aside and used, and what is lacking, as the state makes of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factoryos.kernel.quantities import shortest
from orders.materials.outlook import Material, materials_of
from orders.models import QuantityEntry
from orders.sheet import Sheet
from orders.states import DONE, ENDED, State

_ASKS_NOTHING_YET = frozenset({State.DRAFT, State.SUBMITTED})


@dataclass(frozen=True, slots=True)
class Row:
    """A component; `said` is a word on how it stands, `lacks` whether something is missing."""

    part: Material
    said: str
    lacks: bool


def rows_of(order: Sheet) -> list[Row]:
    """Every component of the order, in the order of its bill of materials."""
    return [_row(part, order.state) for part in materials_of(order.id)]


def _row(part: Material, state: str) -> Row:
    if state in DONE or state in ENDED:
        return _told(part, part.missed, "not in stock")
    if state in _ASKS_NOTHING_YET:
        missing = part.outstanding - part.free
        return _told(part, missing, "missing") if missing > 0 else Row(part, "in stock", False)
    return _told(part, part.outstanding, "short")


def _told(part: Material, amount: Decimal, word: str) -> Row:
    return Row(part, f"{shortest(amount)} {word}", True) if amount > 0 else Row(part, "", False)


def missed_by(entry: QuantityEntry) -> list[str]:
    """What a report used and did not find in stock: `3 × LINER-28`."""
    found: list[Any] = entry.short_consumption or []
    return [f"{shortest(Decimal(str(part['short'])))} × {part['sku']}" for part in found]

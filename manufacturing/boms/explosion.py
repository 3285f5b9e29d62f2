"""Exploding a BOM: what one unit of its item takes from stock, through every kit, in exact fractions.

A component whose default BOM is a phantom (a kit) is replaced by that kit's own components. Every other component is
taken from stock as it is, whether it is bought or made here. One query finds all levels; the arithmetic is done in
rationals, since a third has no last decimal and levels multiply.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import connection

from factoryos.kernel.problems import Invalid

DEEPEST = 20  # levels of kits within kits
LARGEST = 10**110  # of a need's numerator and denominator; what a column of an order's component holds

_REACHED = f"""
WITH RECURSIVE reached(version_id, depth) AS (
    SELECT %s::bigint, 0
    UNION
    SELECT kit_version.id, reached.depth + 1 FROM reached
    JOIN manufacturing_bomcomponent AS component ON component.version_id = reached.version_id
    JOIN manufacturing_bom AS kit ON kit.item_id = component.item_id AND kit."default" AND kit.type = 'phantom'
    JOIN manufacturing_bomversion AS kit_version ON kit_version.bom_id = kit.id AND kit_version.number = kit.version
    WHERE reached.depth <= {DEEPEST}
)
SELECT version.id, version.quantity, component.item_id, component.quantity, component.uom, kit_version.id
FROM (SELECT DISTINCT version_id FROM reached) AS reached
JOIN manufacturing_bomversion AS version ON version.id = reached.version_id
JOIN manufacturing_bomcomponent AS component ON component.version_id = version.id
LEFT JOIN manufacturing_bom AS kit ON kit.item_id = component.item_id AND kit."default" AND kit.type = 'phantom'
LEFT JOIN manufacturing_bomversion AS kit_version ON kit_version.bom_id = kit.id AND kit_version.number = kit.version
ORDER BY version.id, component.position
"""


@dataclass(frozen=True, slots=True)
class Need:
    """So much of an item for each unit of what is made."""

    item_id: int
    uom: str
    per_unit: Fraction


@dataclass(slots=True)
class _Explosion:
    """The levels that were read, and what each kit was found to take (a kit used twice is worked out once)."""

    components: dict[int, list[tuple[int, Fraction, str, int | None]]]
    known: dict[int, tuple[dict[int, Need], int]] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)

    def parts(self, version_id: int) -> tuple[dict[int, Need], int]:
        """(what the version takes by item, how many levels it has)."""
        if version_id in self.known:
            return self.known[version_id]
        if version_id in self.open or len(self.open) > DEEPEST:
            raise Invalid(messages=[f"the bill of materials has kits within kits over more than {DEEPEST} levels"])
        self.open.add(version_id)
        found: dict[int, Need] = {}
        levels = 0
        for item_id, amount, uom, kit_id in self.components.get(version_id, ()):
            if kit_id is None:
                _add(found, Need(item_id, uom, amount))
                continue
            inner, depth = self.parts(kit_id)
            levels = max(levels, depth + 1)
            for need in inner.values():
                _add(found, Need(need.item_id, need.uom, need.per_unit * amount))
        self.open.discard(version_id)
        self.known[version_id] = found, levels
        return found, levels


def _add(found: dict[int, Need], need: Need) -> None:
    present = found.get(need.item_id)
    found[need.item_id] = Need(need.item_id, present.uom, present.per_unit + need.per_unit) if present else need


def explode(version_id: int) -> list[Need]:
    """What one unit takes by this version of a BOM, in the order of its lines. One query, whatever its depth.

    Problem: Invalid (too deep, or amounts beyond all reason).
    """
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, [version_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    components: dict[int, list[tuple[int, Fraction, str, int | None]]] = {}
    for version, batch, item_id, quantity, uom, kit_id in rows:
        amount = Fraction(quantity) / Fraction(batch)
        components.setdefault(version, []).append((item_id, amount, uom, kit_id))
    found, levels = _Explosion(components).parts(version_id)
    if levels > DEEPEST:
        raise Invalid(messages=[f"the bill of materials has kits within kits over more than {DEEPEST} levels"])
    if any(max(need.per_unit.numerator, need.per_unit.denominator) >= LARGEST for need in found.values()):
        raise Invalid(messages=["the bill of materials multiplies to amounts that cannot be counted"])
    return list(found.values())

"""Exploding a BOM: what one unit of its item takes from stock, through every kit or to the leaves, in exact fractions.

A component whose default BOM is a phantom (a kit) is replaced by that kit's own components. Every other component is
taken from stock as it is, whether it is bought or made here; to the leaves, what is made is replaced by its parts, too.
One query finds all levels; the arithmetic is done in rationals, since a third has no last decimal and levels multiply.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db import connection

from factoryos.kernel.problems import Invalid

DEEPEST = 20  # levels below the first
LARGEST = 10**110  # of a need's numerator and denominator; what a column of an order's component holds

_READ = f"""
WITH RECURSIVE reached(version_id, depth) AS (
    SELECT unnest(%s::bigint[]), 0
    UNION
    SELECT below.id, reached.depth + 1 FROM reached
    JOIN manufacturing_bomcomponent AS component ON component.version_id = reached.version_id
    JOIN manufacturing_bom AS bom ON {{opened}}
    JOIN manufacturing_bomversion AS below ON below.bom_id = bom.id AND below.number = bom.version
    WHERE reached.depth <= {DEEPEST}
)
SELECT version.id, version.quantity, component.item_id, component.quantity, component.uom, below.id
FROM (SELECT DISTINCT version_id FROM reached) AS reached
JOIN manufacturing_bomversion AS version ON version.id = reached.version_id
JOIN manufacturing_bomcomponent AS component ON component.version_id = version.id
LEFT JOIN manufacturing_bom AS bom ON {{opened}}
LEFT JOIN manufacturing_bomversion AS below ON below.bom_id = bom.id AND below.number = bom.version
ORDER BY version.id, component.position
"""
_DEFAULT = 'bom.item_id = component.item_id AND bom."default"'
_THROUGH_KITS = _READ.format(opened=f"{_DEFAULT} AND bom.type = 'phantom'")
# A BOM without any component (a subcontractor brings it all) leads nowhere: its item is bought as it is.
_HAS_PARTS = (
    "EXISTS (SELECT FROM manufacturing_bomcomponent AS part"
    " JOIN manufacturing_bomversion AS its ON its.id = part.version_id"
    " WHERE its.bom_id = bom.id AND its.number = bom.version)"
)
_TO_LEAVES = _READ.format(opened=f"{_DEFAULT} AND {_HAS_PARTS}")
_BY_DEFAULT = f"""
SELECT bom.item_id, version.id FROM manufacturing_bom AS bom
JOIN manufacturing_bomversion AS version ON version.bom_id = bom.id AND version.number = bom.version
WHERE bom.item_id = ANY(%s) AND bom."default" AND {_HAS_PARTS}
"""


@dataclass(frozen=True, slots=True)
class Need:
    """So much of an item for each unit of what is made."""

    item_id: int
    uom: str
    per_unit: Fraction


@dataclass(slots=True)
class _Explosion:
    """The levels that were read, and what each BOM was found to take (one used twice is worked out once)."""

    components: dict[int, list[tuple[int, Fraction, str, int | None]]]
    too_deep: str
    known: dict[int, tuple[dict[int, Need], int]] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)

    def parts(self, version_id: int) -> tuple[dict[int, Need], int]:
        """(what the version takes by item, how many levels it has)."""
        if version_id in self.known:
            return self.known[version_id]
        if version_id in self.open or len(self.open) > DEEPEST:
            raise Invalid(messages=[self.too_deep])
        self.open.add(version_id)
        found: dict[int, Need] = {}
        levels = 0
        for item_id, amount, uom, below_id in self.components.get(version_id, ()):
            if below_id is None:
                _add(found, Need(item_id, uom, amount))
                continue
            inner, depth = self.parts(below_id)
            levels = max(levels, depth + 1)
            for need in inner.values():
                _add(found, Need(need.item_id, need.uom, need.per_unit * amount))
        self.open.discard(version_id)
        self.known[version_id] = found, levels
        return found, levels


def _add(found: dict[int, Need], need: Need) -> None:
    present = found.get(need.item_id)
    found[need.item_id] = Need(need.item_id, present.uom, present.per_unit + need.per_unit) if present else need


_TOO_MANY_KITS = f"the bill of materials has kits within kits over more than {DEEPEST} levels"
_TOO_DEEP = f"the bill of materials has more than {DEEPEST} levels"


def explode(version_id: int) -> list[Need]:
    """What one unit takes by this version of a BOM, in the order of its lines. One query, whatever its depth.

    Problem: Invalid (too deep, or amounts beyond all reason).
    """
    return _needs(_read([version_id], statement=_THROUGH_KITS, too_deep=_TOO_MANY_KITS), version_id)


def explode_to_leaves(version_id: int) -> list[Need]:
    """The same down to what is made of nothing else: below this version, every item is taken by its default BOM of now.

    Kits, what is made here and what a subcontractor makes of our parts are all replaced by theirs. One query.
    Problem: Invalid, as for `explode`.
    """
    return _needs(_read([version_id], statement=_TO_LEAVES, too_deep=_TOO_DEEP), version_id)


def leaves_of(item_ids: Sequence[int]) -> dict[int, list[Need]]:
    """What one unit of each of these items is made of by its default BOM of now, down to the leaves. Two queries.

    An item that is itself a leaf is left out. Problem: Invalid, as for `explode`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_DEFAULT, [list(item_ids)])
        versions: dict[int, int] = dict(cursor.fetchall())
    if not versions:
        return {}
    levels = _read(list(versions.values()), statement=_TO_LEAVES, too_deep=_TOO_DEEP)
    return {item_id: _needs(levels, version_id) for item_id, version_id in versions.items()}


def _read(version_ids: Sequence[int], *, statement: str, too_deep: str) -> _Explosion:
    """Every level below these versions."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(version_ids)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    components: dict[int, list[tuple[int, Fraction, str, int | None]]] = {}
    for version, batch, item_id, quantity, uom, below_id in rows:
        amount = Fraction(quantity) / Fraction(batch)
        components.setdefault(version, []).append((item_id, amount, uom, below_id))
    return _Explosion(components, too_deep)


def _needs(explosion: _Explosion, version_id: int) -> list[Need]:
    found, levels = explosion.parts(version_id)
    if levels > DEEPEST:
        raise Invalid(messages=[explosion.too_deep])
    if any(max(need.per_unit.numerator, need.per_unit.denominator) >= LARGEST for need in found.values()):
        raise Invalid(messages=["the bill of materials multiplies to amounts that cannot be counted"])
    return list(found.values())

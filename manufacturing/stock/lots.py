"""Lots and serial numbers: found by their code, made when they are first named. Serial numbers are locked before balances."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from factoryos.kernel.problems import Duplicate
from manufacturing.models import Item, Lot

_FIND = "SELECT code, id FROM manufacturing_lot WHERE item_id = %s AND code = ANY(%s)"
# A serial number whose piece came into being and was not taken back.
_KNOWN_PIECES = """
SELECT lot.code FROM manufacturing_lot AS lot
JOIN manufacturing_stockbalance AS balance ON balance.lot_id = lot.id
JOIN manufacturing_stockmove AS move ON move.balance_id = balance.id AND move.kind IN ('receipt', 'production')
WHERE lot.item_id = %s AND lot.code = ANY(%s) GROUP BY lot.code HAVING sum(move.quantity) > 0 ORDER BY lot.code
"""


def find_lots(item_id: int, codes: Sequence[str]) -> dict[str, int]:
    """The ids of an item's lots by code; unknown codes are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [item_id, list(codes)])
        return {str(code): int(lot) for code, lot in cursor.fetchall()}


def lots_for(
    item: Item,
    codes: Sequence[str],
    *,
    serial: bool = False,
    best_before: datetime | None = None,
    barcode: str | None = None,
) -> list[int]:
    """The ids of these lots, in their order, making those that are new.

    Problem: Duplicate (a lot that is known with another best-before date or barcode; a serial number known or given
    twice).
    """
    if serial and (twice := [code for code, times in Counter(codes).items() if times > 1]):
        raise Duplicate(field="serialNumbers", value=twice[0])
    found = find_lots(item.pk, codes)
    missing = [code for code in dict.fromkeys(codes) if code not in found]
    if missing:
        Lot.objects.bulk_create(
            [
                Lot(
                    factory_id=item.factory_id,
                    item=item,
                    code=code,
                    serial=serial,
                    best_before=best_before,
                    barcode=barcode,
                )
                for code in sorted(missing)
            ],
            ignore_conflicts=True,  # two may name a new lot at once; both mean the same one
        )
        found = find_lots(item.pk, codes)
    if serial:
        _lock(found.values())
        _refuse_known_pieces(item, codes)
    if best_before is not None:
        _agree(item, codes, field="lotNumber", best_before=best_before)
    if barcode is not None:
        _agree(item, codes, field="barcode", barcode=barcode)
    return [found[code] for code in codes]


def _lock(lot_ids: Iterable[int]) -> None:
    """Two may bring the same number at once, even to two places: the second asks when the first is done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM manufacturing_lot WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(lot_ids)]
        )


def _refuse_known_pieces(item: Item, codes: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_PIECES, [item.pk, list(codes)])
        if row := cursor.fetchone():
            raise Duplicate(field="serialNumbers", value=str(row[0]))


def _agree(item: Item, codes: Sequence[str], *, field: str, **fact: datetime | str) -> None:
    """A lot that was made without this date (or barcode) takes it; a lot with another one is not this lot."""
    ((name, value),) = fact.items()
    lots = Lot.objects.filter(item=item, code__in=list(codes))
    lots.filter(**{f"{name}__isnull": True}).update(**fact)
    if other := lots.exclude(**fact).order_by("code").first():
        raise Duplicate(field=field, value=other.code if field == "lotNumber" else str(value))

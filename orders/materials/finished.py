"""Finished pieces: the lot or the serial numbers they are received into, and taking back what was miscounted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from factoryos.kernel.quantities import ZERO
from manufacturing.models import Item, StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import Balance, Place, find_places
from manufacturing.stock.lots import lots_for
from manufacturing.stock.main_store import find_main_places
from manufacturing.stock.posting import Posting
from orders.models import OrderLine, ProductionOrder
from orders.problems import TotalBelowZero
from orders.specs import Made

Kind = StockMove.Kind


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces into (or, negative, out of) one balance. `run_id` is the earlier report that is corrected."""

    balance_id: int
    quantity: Decimal
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What becomes of the good pieces of one report."""

    parts: Sequence[Part] = field(default_factory=tuple)

    @property
    def balance_ids(self) -> set[int]:
        return {part.balance_id for part in self.parts}


def prepare(order: ProductionOrder, line: OrderLine, *, good: Decimal, made: Made) -> Finished:
    """Where `good` pieces go, with lots and balances made where they are new; for a correction, whence they are taken.

    Problems: Duplicate (a serial number that is known, a lot with another date or barcode), TotalBelowZero (a lot never
    got that many from this line).
    """
    if good == 0:
        return Finished()
    if good < 0:
        return Finished(_taken_back(order, line, amount=-good, made=made))
    item = line.item
    if numbers := _numbers(item, made):
        lots = lots_for(item, numbers, serial=True, best_before=made.best_before, barcode=made.barcode)
        each = Decimal(1)
    elif made.lot_number and (made.best_before is not None or made.barcode is not None):
        lots = lots_for(item, [made.lot_number], best_before=made.best_before, barcode=made.barcode)
        each = good
    else:
        return prepare_plain([(line, good, made.lot_number)])[0]
    places = find_places([Place(item.pk, lot) for lot in lots], factory_id=order.factory_id)
    return Finished([Part(balance_id, each) for balance_id in places])


def prepare_plain(counted: Sequence[tuple[OrderLine, Decimal, str | None]]) -> list[Finished]:
    """The same for many reports of which nothing but a lot is named: (line, good pieces, lot or none)."""
    places = iter(find_main_places([(line.item, lot) for line, good, lot in counted if good]))
    return [Finished([Part(next(places), good)]) if good else Finished() for _, good, _ in counted]


def _numbers(item: Item, made: Made) -> tuple[str, ...]:
    """The numbers under which pieces are kept. What is tracked by lot is kept by lot; its numbers are only told."""
    return () if item.tracking == Item.Tracking.LOT else made.serial_numbers


def _taken_back(order: ProductionOrder, line: OrderLine, *, amount: Decimal, made: Made) -> list[Part]:
    """The line's own pieces, the last received first; of the lot or the serial numbers named, if any are."""
    codes = list(_numbers(line.item, made)) or ([made.lot_number] if made.lot_number else None)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT move.balance_id, move.run_id, sum(move.quantity) FROM manufacturing_stockmove AS move
            JOIN orders_quantityentry AS entry ON entry.id = move.entry_id AND entry.line_id = %s
            JOIN manufacturing_stockbalance AS balance ON balance.id = move.balance_id
            LEFT JOIN manufacturing_lot AS lot ON lot.id = balance.lot_id
            WHERE move.order_id = %s AND move.kind = 'production' AND (%s::text[] IS NULL OR lot.code = ANY(%s))
            GROUP BY move.balance_id, move.run_id HAVING sum(move.quantity) > 0
            ORDER BY move.run_id DESC, move.balance_id DESC
            """,
            [line.pk, order.pk, codes, codes],
        )
        rows = cursor.fetchall()
    parts, left = [], amount
    for balance_id, run_id, quantity in rows:
        part = min(left, quantity)
        if part <= 0:
            break
        parts.append(Part(balance_id, -part, run_id))
        left -= part
    if left > 0:
        raise TotalBelowZero(totals={"good": amount - left, "rejected": line.rejected})
    return parts


def put(posting: Posting, finished: Finished, balances: dict[int, Balance], *, item: Item) -> None:
    """Add the parts to a posting. Problem: StockShort, where pieces to be taken back are used, shipped or promised."""
    for part in finished.parts:
        balance = balances[part.balance_id]
        if part.quantity < 0 and balance.free < -part.quantity:
            raise StockShort(
                sku=item.sku, wanted=-part.quantity, available=max(balance.free, ZERO), lot=balance.lot_code
            )
        posting.move(balance, Kind.PRODUCTION, part.quantity, run_id=part.run_id)

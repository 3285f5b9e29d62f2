"""Shipping: an order's finished pieces leave the stock. Those that were made elsewhere never were in it."""

from decimal import Decimal

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import exactly
from manufacturing.models import StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import lock_balances
from manufacturing.stock.picking import share_out, turn
from manufacturing.stock.posting import Posting
from orders.models import ProductionOrder

_MADE = """
SELECT balance_id, sum(quantity) FROM manufacturing_stockmove
WHERE order_id = %s AND kind = 'production' GROUP BY balance_id HAVING sum(quantity) > 0
UNION ALL SELECT NULL, coalesce(sum(imported_good), 0) FROM orders_orderline WHERE order_id = %s
"""


@exactly()
def ship(order: ProductionOrder, *, quantity: Decimal, by: Actor) -> None:
    """Take so many of the order's own pieces out of stock, first expired first. What goes beyond them was made elsewhere.

    Problem: StockShort (they are gone).
    """
    made, imported = _made(order)
    quantity = min(quantity, order.quantity_good - imported)
    balances = sorted(lock_balances(ids=made).values(), key=turn)
    posting = Posting(by=by, order_id=order.pk)
    left = quantity
    for balance, part in share_out(quantity, [(one, min(one.free, made[one.id])) for one in balances]):
        posting.move(balance, StockMove.Kind.SHIPMENT, -part)
        left -= part
    if left:
        sku = order.item.sku if order.item else order.reference
        raise StockShort(sku=sku, wanted=quantity, available=quantity - left)
    posting.write()


def _made(order: ProductionOrder) -> tuple[dict[int, Decimal], Decimal]:
    """What the order put into which balance, and how many of its good pieces were made elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [order.pk, order.pk])
        made = dict(cursor.fetchall())
    imported = made.pop(None)
    return made, imported

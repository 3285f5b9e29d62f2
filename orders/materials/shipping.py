"""Shipping: an order's finished pieces leave the stock."""

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


@exactly()
def ship(order: ProductionOrder, *, quantity: Decimal, by: Actor) -> None:
    """Take so many of the order's own pieces out of stock, first expired first. Problem: StockShort (they are gone)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT balance_id, sum(quantity) FROM manufacturing_stockmove"
            " WHERE order_id = %s AND kind = 'production' GROUP BY balance_id HAVING sum(quantity) > 0",
            [order.pk],
        )
        made = dict(cursor.fetchall())
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

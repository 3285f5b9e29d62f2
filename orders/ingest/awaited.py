"""Something happened to an order for which a statement waits: the statement is looked at again."""

from django.db import connection

from factoryos.kernel import outbox
from factoryos.kernel.outbox import Message
from orders.history import AWAITED
from orders.ingest import heads

_NOT_AWAITED = """
    UPDATE orders_productionorder AS this SET awaited = false
    FROM (SELECT id FROM orders_productionorder WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) AS locked
    WHERE this.id = locked.id AND awaited
"""


@outbox.handler(AWAITED)
def look(messages: list[Message]) -> None:
    """Make due what waits for these orders. Run again, it finds nothing more to do.

    Only then do they stop telling, in the same transaction and under the heads' locks: a statement that comes to wait
    while this runs is made due, or has them tell again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM orders_productionorder WHERE uuid = ANY(%s::uuid[])",
            [[message.key for message in messages]],
        )
        ids = [row[0] for row in cursor.fetchall()]
        heads.look_again(ids)
        cursor.execute(_NOT_AWAITED, [ids])

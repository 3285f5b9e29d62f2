"""Something happened for which a statement waits, to its order or to its factory: the statement is looked at again."""

from datetime import timedelta

from django.db import connection

from factoryos.kernel import clock, outbox
from factoryos.kernel.outbox import Message
from orders.history import AWAITED
from orders.ingest import heads

RULES = "factory.rules"  # outbox topic: a factory asks something else of its orders than before
_BY_OLD_RULES_SECONDS = 30  # whoever began to follow statements before that has long been done by then

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


def rules_changed(*, factory_id: int) -> None:
    """Whether its orders are to be verified was changed, in the present transaction: what waits there may go on."""
    outbox.put(
        topic=RULES, factory_id=factory_id, key=f"factory-{factory_id}", payload={},
        available_at=clock.now() + timedelta(seconds=_BY_OLD_RULES_SECONDS),
    )  # fmt: skip


@outbox.handler(RULES)
def look_at_all(messages: list[Message]) -> None:
    """Make due whatever waits in these factories. Run again, it has them looked at once more, in vain."""
    heads.look_again_in([message.factory_id for message in messages if message.factory_id is not None])

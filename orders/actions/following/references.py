"""Which order follows a statement that none follows yet: one that is there already under its reference, or a new one.

The reference is the order number; where another product's order has that, the order number and the product. All of it
inside the statement's factory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from factoryos.kernel.rows import as_columns
from orders.statements import Statement

_HELD = """
SELECT the_order.factory_id, the_order.reference, the_order.id,
    EXISTS (SELECT FROM orders_ingesthead AS head WHERE head.order_id = the_order.id),
    ARRAY(SELECT item.sku FROM orders_orderline AS line JOIN manufacturing_item AS item ON item.id = line.item_id
        WHERE line.order_id = the_order.id LIMIT 2)
FROM unnest(%s::bigint[], %s::text[]) AS wanted(factory_id, reference)
JOIN orders_productionorder AS the_order
    ON the_order.factory_id = wanted.factory_id AND the_order.reference = wanted.reference
"""

MOST = Decimal(10**12)  # pieces that an order may be for

Key = tuple[int, str]  # factory id, reference


@dataclass(slots=True)
class _Holder:
    """The order that has a reference now."""

    order_id: int | None  # None: it is about to be made
    linked: bool
    skus: list[str]


@dataclass(slots=True)
class Placed:
    """Where a statement's order is: adopted, or to be made under this reference; neither: its references are taken."""

    order_id: int | None = None
    reference: str | None = None


def place(statements: Sequence[Statement]) -> list[Placed]:
    """For each of these statements, in their order. Of two that want one reference, the first has it."""
    if not statements:
        return []
    held = _held({(one.by.factory.id, name) for one in statements for name in names_of(one)})
    return [_place(one, held) for one in statements]


def is_countable(target: Decimal) -> bool:
    """Whether an order can be for so many pieces."""
    return 0 < target <= MOST


def names_of(statement: Statement) -> tuple[str, str]:
    """The references that its order may have, the first free one of them."""
    return statement.order_number, f"{statement.order_number}/{statement.sku}"


def _place(statement: Statement, held: dict[Key, _Holder]) -> Placed:
    for name in names_of(statement):
        key = (statement.by.factory.id, name)
        holder = held.get(key)
        if holder is None:
            if is_countable(statement.target):  # else there will be no order, and the next may have its reference
                held[key] = _Holder(None, linked=True, skus=[])
            return Placed(reference=name)
        if holder.order_id is not None and not holder.linked and holder.skus == [statement.sku]:
            holder.linked = True
            return Placed(order_id=holder.order_id, reference=name)
    return Placed()


def _held(keys: set[Key]) -> dict[Key, _Holder]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, as_columns(sorted(keys)))
        return {
            (factory_id, reference): _Holder(order_id, linked, skus)
            for factory_id, reference, order_id, linked, skus in cursor.fetchall()
        }

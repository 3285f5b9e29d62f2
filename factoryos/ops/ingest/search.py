"""Looking for a statement by what an order number or a product begins with.

By order number all are found, those that are as stated too: the key's index leads to them. No index knows products; so
these are looked for among the newest of each state that is not done.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.ops.ingest.heads import direction
from factoryos.ops.ingest.words import NOT_DONE
from factoryos.ops.order_list.conditions import next_text
from orders.listing import Position, planned_afresh

BY_NUMBER = 1000  # found by order number, the first in its order
BY_PRODUCT = 5000  # of each state, that are looked through for a product

_NUMBERED = f"""(SELECT changed_at, id, state FROM orders_ingesthead WHERE factory_id = %s AND {{range}}
    ORDER BY order_number, product_id LIMIT {BY_NUMBER + 1})"""
_OF_PRODUCT = f"""(SELECT changed_at, id, state FROM (
    SELECT changed_at, id, state, product_id FROM orders_ingesthead WHERE factory_id = %s AND state = '{{state}}'
    ORDER BY changed_at DESC, id DESC LIMIT {BY_PRODUCT}) AS newest WHERE {{ranges}})"""


class Searched(NamedTuple):
    positions: list[Position]
    too_many: bool  # more order numbers begin so than were looked at


def search(
    text: str, *, states: Iterable[str], by: Actor, start: Position | None = None, backwards: bool = False, limit: int
) -> Searched:
    """Up to `limit` heads in these states that `text` names, newest change first, from behind `start` or backwards from it."""
    states = list(map(str, states))
    spellings = list(dict.fromkeys((text, text.upper(), text.lower())))
    numbers = [_range("order_number", each) for each in spellings]
    products = [_range("product_id", each) for each in spellings]
    ways, values = [], []
    for condition, ends in numbers:
        ways.append(_NUMBERED.format(range=condition))
        values += [by.factory.id, *ends]
    either = " OR ".join(condition for condition, _ in products)
    of_product, product_values = [], []
    for state in (state for state in states if state in NOT_DONE):
        of_product.append(_OF_PRODUCT.format(state=state, ranges=either))
        product_values += [by.factory.id, *(end for _, ends in products for end in ends)]
    order, beyond, after = direction(start, backwards=backwards)
    query = f"""
        WITH numbered AS ({" UNION ".join(ways)}),
            found AS (SELECT * FROM numbered{"".join(f" UNION {one}" for one in of_product)})
        SELECT changed_at, id, (SELECT count(*) FROM numbered) > {BY_NUMBER} FROM found
        WHERE state = ANY(%s){beyond} ORDER BY {order} LIMIT {limit:d}
    """
    with planned_afresh(), connection.cursor() as cursor:
        cursor.execute(query, [*values, *product_values, states, *after])
        rows = cursor.fetchall()
    return Searched([Position(*row[:2]) for row in rows], any(row[2] for row in rows))


def _range(column: str, beginning: str) -> tuple[str, list[Any]]:
    """A condition on a column of collation C, and its values: the texts that begin so lie side by side."""
    end = next_text(beginning)
    if end is None:
        return f"{column} >= %s", [beginning]
    return f"{column} >= %s AND {column} < %s", [beginning, end]

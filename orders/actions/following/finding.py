"""Finding the orders that statements are about, locked, with all that following them needs to know; a few questions for all."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from factoryos.kernel.rows import find_all
from orders.actions.following.cases import Case
from orders.bulk_history import Story
from orders.history import STATED
from orders.locks import lines_of_many
from orders.models import OrderLine, ProductionOrder
from orders.statements import Statement

_LOCK = "id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_BESIDES = f"""
SELECT the_order.id,
    (SELECT head.id FROM orders_ingesthead AS head WHERE head.order_id = the_order.id),
    (SELECT data FROM orders_orderfacts WHERE order_id = the_order.id AND face = '{STATED}' AND line_id IS NULL),
    coalesce((SELECT sum(good) FROM orders_quantityentry WHERE order_id = the_order.id AND source = 'ingest'), 0),
    EXISTS (SELECT FROM orders_assignment WHERE order_id = the_order.id)
    OR EXISTS (SELECT FROM orders_workorder WHERE order_id = the_order.id AND status = 'in_progress')
    OR EXISTS (SELECT FROM orders_ordercomponent AS component WHERE component.order_id = the_order.id AND (
        EXISTS (SELECT FROM manufacturing_reservation WHERE component_id = component.id)
        OR EXISTS (SELECT FROM manufacturing_shortage WHERE component_id = component.id)))
FROM unnest(%s::bigint[]) AS the_order(id)
"""


class Changed(Exception):
    """An order that was about to be adopted is another one since it was found: ask again from the start."""


class Besides(NamedTuple):
    """What else is known of a locked order."""

    head_id: int | None
    kept: Mapping[str, Any]
    share: Decimal
    entangled: bool


class Found(NamedTuple):
    """Orders that are there, locked, by id."""

    orders: Mapping[int, ProductionOrder]
    lines: Mapping[int, Sequence[OrderLine]]
    besides: Mapping[int, Besides]


def lock(order_ids: Sequence[int]) -> Found:
    """Lock these orders in the order of their ids and read them; one that does not exist is left out."""
    if not order_ids:
        return Found({}, {}, {})
    ids = sorted(order_ids)
    orders = {order.pk: order for order in find_all(ProductionOrder, _LOCK, [ids])}
    with connection.cursor() as cursor:
        cursor.execute(_BESIDES, [ids])
        besides = {
            order_id: Besides(head_id, _read(kept), share, entangled)
            for order_id, head_id, kept, share, entangled in cursor.fetchall()
        }
    return Found(orders, lines_of_many(ids), besides)


def _read(kept: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(kept) if isinstance(kept, str) else kept or {}
    return found


def case_of(statement: Statement, found: Found, *, order_id: int, now: datetime) -> Case | None:
    """The statement beside its locked order; None where that is not (or no longer) one of the factory and the product."""
    order = found.orders.get(order_id)
    lines = [line for line in found.lines.get(order_id, ()) if line.item.sku == statement.sku]
    if order is None or order.factory_id != statement.by.factory.id or not lines:
        return None
    order.needs_verification = statement.by.factory.requires_verification
    besides = found.besides[order_id]
    story = Story(order=order, line=lines[0], state=str(order.state), version=order.version)
    return Case(
        statement=statement, now=now, story=story, kept=besides.kept, share=besides.share,
        entangled=besides.entangled, was_awaited=order.awaited,
    )  # fmt: skip


def require_adoptable(statement: Statement, found: Found, *, order_id: int, reference: str | None) -> None:
    """Refuse to adopt what is, now that it is locked, no longer what was found. Raises Changed."""
    order, lines = found.orders.get(order_id), found.lines.get(order_id, ())
    if order is None or order.reference != reference or found.besides[order_id].head_id is not None:
        raise Changed()
    if [line.item.sku for line in lines] != [statement.sku]:
        raise Changed()

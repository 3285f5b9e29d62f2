"""Writing history: the order's new row, its event and its announcement, in one statement, so that none goes without."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from factoryos.kernel import clock, wakeup
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import uuid7
from factoryos.kernel.problems import Busy
from factoryos.kernel.quantities import ZERO, exactly, shortest
from factoryos.kernel.rows import as_columns, columns_of, names_of, values_of
from orders.chain import event_hash
from orders.models import OrderEvent, OrderLine, ProductionOrder
from orders.specs import Count

_EVENT_COLUMNS = (
    "uuid", "order_id", "factory_id", "seq", "verb", "moved", "from_state", "to_state", "actor_kind", "actor_id",
    "actor_name", "credential", "face", "reason", "notes", "data", "at", "previous_hash", "hash",
)  # fmt: skip
_INSERT_EVENT = f"INSERT INTO orders_orderevent ({', '.join(_EVENT_COLUMNS)})"
_INSERT_MESSAGE = "INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)"
_MESSAGE = "(%s, %s::bigint, %s, %s::jsonb)"
_PLACES = ", ".join(["%s"] * len(_EVENT_COLUMNS))

EVENTS_OF_MANY = f"""
    {_INSERT_EVENT} SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::bool[],
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::jsonb[], %s::timestamptz[], %s::text[], %s::text[])
"""
MESSAGES_OF_MANY = f"{_INSERT_MESSAGE} SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::jsonb[])"
# Of orders that stay in their state. One that somebody wrote past its lock is not found, and then all of this goes.
_APPEND_ALL = f"""
WITH changed AS (
    UPDATE orders_productionorder AS the_order SET version = the_order.version + change.events,
        chain_head = change.head, updated_at = change.at, quantity_good = the_order.quantity_good + change.good,
        quantity_rejected = the_order.quantity_rejected + change.rejected
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[], %s::text[], %s::timestamptz[], %s::numeric[],
        %s::numeric[]) AS change(id, state, version, events, head, at, good, rejected)
    WHERE the_order.id = change.id AND the_order.state = change.state AND the_order.version = change.version
    RETURNING the_order.id
), event AS ({EVENTS_OF_MANY}), message AS ({MESSAGES_OF_MANY})
SELECT count(*) FROM changed
"""

# What a new order and its first event cannot have yet; the columns are null, or 0 by the database's default.
_LATER = frozenset({
    "method", "quantity_good", "quantity_rejected", "quantity_final", "actual_start", "actual_end", "pause_reason",
    "pause_text", "shipment", "open_holds", "sealed_version", "awaited",
})  # fmt: skip
_OF_LINE = frozenset({"order", "good", "rejected", "imported_good", "imported_rejected"})
_NOT_YET = frozenset({"order_id", "from_state", "reason", "notes", "previous_hash"})
_FIRST_EVENT_COLUMNS = [name for name in _EVENT_COLUMNS if name not in _NOT_YET]
_INSERT_ORDER = (
    f"INSERT INTO orders_productionorder ({names_of(ProductionOrder, without=_LATER)})"
    f" VALUES ({', '.join(['%s'] * len(columns_of(ProductionOrder, without=_LATER)))}) RETURNING id"
)
_INSERT_FIRST_EVENT = (
    f"INSERT INTO orders_orderevent (order_id, {', '.join(_FIRST_EVENT_COLUMNS)})"
    f" SELECT made.id, {', '.join(['%s'] * len(_FIRST_EVENT_COLUMNS))} FROM made"
)
_INSERT_LINES = (
    f"INSERT INTO orders_orderline ({names_of(OrderLine, without=_OF_LINE)}, order_id)"
    " SELECT line.*, made.id FROM made,"
)
# A NULL in VALUES has no type of its own and would be text.
_LINE_PLACES = ", ".join(
    "%s::bigint" if field.name == "bom_version" else "%s" for field in columns_of(OrderLine, without=_OF_LINE)
)

AWAITED = "order.awaited"  # outbox topic: something happened to an order that a statement waits for
STATED = "ingest"  # the face through which planning systems state what orders are

_TOPICS = {"create": "order.created", "report": "order.quantity"}


def topic_of(*, verb: str, moved: bool) -> str:
    """Under which topic an event is announced: order.created, order.quantity, order.moved or order.changed."""
    return _TOPICS.get(verb, "order.moved" if moved else "order.changed")


def json_safe(value: Any) -> Any:
    """`value` with decimals in shortest notation and instants in ISO 8601, as event data must be (see orders.chain)."""
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    if isinstance(value, Decimal):
        return shortest(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)


def _event(
    order: ProductionOrder,
    *,
    verb: str,
    by: Actor,
    from_state: str | None,
    moved: bool,
    reason: str | None,
    notes: str | None,
    data: dict[str, Any] | None,
) -> OrderEvent:
    """The event that follows the order's last one; not yet written. `order.state` is the new state already."""
    first = from_state is None
    event = OrderEvent(
        uuid=uuid7(), order_id=order.pk, factory_id=order.factory_id, seq=1 if first else order.version + 1, verb=verb,
        moved=moved, from_state=from_state, to_state=str(order.state), actor_kind=by.kind, actor_id=by.id,
        actor_name=by.name, credential=by.credential, face=by.face, reason=reason, notes=notes,
        data=data_of(data, by=by), at=clock.now(), previous_hash=None if first else order.chain_head,
    )  # fmt: skip
    event.hash = event_hash(fields=hashed_fields(event, order_uuid=order.uuid), previous=event.previous_hash)
    return event


def data_of(data: dict[str, Any] | None, *, by: Actor) -> dict[str, Any]:
    """What a verb did on behalf of many orders at once says so, whichever verb it was."""
    named = {**(data or {}), "operation": by.operation} if by.operation else data or {}
    safe: dict[str, Any] = json_safe(named)
    return safe


def hashed_fields(event: OrderEvent, *, order_uuid: Any) -> dict[str, Any]:
    """The fields of an event that its hash covers."""
    return {
        "uuid": event.uuid, "order": order_uuid, "factory": event.factory_id, "seq": event.seq, "verb": event.verb,
        "moved": event.moved, "from_state": event.from_state, "to_state": event.to_state,
        "actor_kind": event.actor_kind, "actor_id": event.actor_id, "actor_name": event.actor_name,
        "credential": event.credential, "face": event.face, "reason": event.reason, "notes": event.notes,
        "data": event.data, "at": event.at,
    }  # fmt: skip


def _event_values(event: OrderEvent, columns: Sequence[str]) -> list[Any]:
    return [json_text(event.data) if name == "data" else getattr(event, name) for name in columns]


def _message_values(order: ProductionOrder, event: OrderEvent) -> list[Any]:
    payload = {"orderId": str(order.uuid), "state": event.to_state, "version": event.seq, "verb": event.verb,
               "at": event.at.isoformat()}  # fmt: skip
    return [topic_of(verb=event.verb, moved=event.moved), event.factory_id, str(order.uuid), json_text(payload)]


def _awaited_by(order: ProductionOrder, by: Actor) -> list[list[Any]]:
    """The message to whoever waits for what happens to this order next, if somebody does. What is stated is no answer."""
    if not order.awaited or by.face == STATED:
        return []
    return [[AWAITED, order.factory_id, str(order.uuid), json_text({"order": order.pk})]]


def json_text(value: dict[str, Any]) -> str:
    """As jsonb takes it."""
    return json.dumps(value)


def begin(
    order: ProductionOrder, *, lines: Sequence[OrderLine], by: Actor, data: dict[str, Any] | None = None
) -> OrderEvent:
    """Insert a new order with its lines and its first event (`create`), and announce it; all in one statement."""
    order.version = 1
    event = _event(order, verb="create", by=by, from_state=None, moved=True, reason=None, notes=None, data=data)
    order.chain_head = event.hash
    order.created_at = order.updated_at = event.at
    values = [*values_of(order, without=_LATER), *_event_values(event, _FIRST_EVENT_COLUMNS)]
    statement = (
        f"WITH made AS ({_INSERT_ORDER}), event AS ({_INSERT_FIRST_EVENT}),"
        f" message AS ({_INSERT_MESSAGE} VALUES (%s, %s, %s, %s))"
    )
    values += _message_values(order, event)
    if lines:
        statement += f", line AS ({_INSERT_LINES} (VALUES {', '.join([f'({_LINE_PLACES})'] * len(lines))}) AS line)"
        values += [value for line in lines for value in values_of(line, without=_OF_LINE)]
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT id FROM made", values)
        order.pk = event.order_id = cursor.fetchone()[0]
    order._state.adding = False
    transaction.on_commit(wakeup.ring)
    order.last_event = event
    return event


def append(
    order: ProductionOrder,
    *,
    verb: str,
    by: Actor,
    from_state: str,
    moved: bool,
    changes: dict[str, Any],
    increments: dict[str, Decimal],
    reason: str | None,
    notes: str | None,
    data: dict[str, Any] | None,
) -> OrderEvent:
    """Write the order's changed columns, its next event and its announcement, and bring `order` up to date.

    The UPDATE names the state and version that were read; on a locked row it always hits. If it does not, somebody
    wrote past the lock: Busy, and the whole transaction goes.
    """
    event = _event(order, verb=verb, by=by, from_state=from_state, moved=moved, reason=reason, notes=notes, data=data)
    values = {"state": str(order.state), "chain_head": event.hash, "updated_at": event.at, **changes}
    assignments = [f"{column} = %s" for column in values] + [f"{column} = {column} + %s" for column in increments]
    messages = [_message_values(order, event), *_awaited_by(order, by)]
    parameters: list[Any] = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH moved AS (
                UPDATE orders_productionorder SET version = version + 1, {", ".join(assignments)}
                WHERE id = %s AND state = %s AND version = %s RETURNING id
            ), event AS ({_INSERT_EVENT} SELECT {_PLACES} FROM moved),
            message AS ({_INSERT_MESSAGE} SELECT told.* FROM moved, (VALUES {", ".join([_MESSAGE] * len(messages))}) AS told)
            SELECT count(*) FROM moved
            """,
            [*parameters, *increments.values(), order.pk, from_state, order.version, *_event_values(event, _EVENT_COLUMNS),
             *(value for message in messages for value in message)],
        )  # fmt: skip
        if cursor.fetchone()[0] != 1:
            raise Busy()
    _bring_up_to_date(order, event=event, changes=changes, increments=increments)
    transaction.on_commit(wakeup.ring)
    return event


@dataclass(frozen=True, slots=True)
class Step:
    """One of many things that happened to orders which stay in their state: by whom, what it adds, and what is told."""

    order: ProductionOrder
    by: Actor
    count: Count
    data: dict[str, Any]


@exactly()
def append_all(steps: Sequence[Step], *, verb: str) -> None:
    """Write an event for each step, one after the other, with its announcement, and bring the orders up to date.

    Problem: Busy, as with `append`.
    """
    before = {step.order.pk: (step.order, str(step.order.state), step.order.version) for step in steps}
    added = {order_id: [ZERO, ZERO] for order_id in before}
    events, messages = [], []
    for step in steps:
        order, state = step.order, str(step.order.state)
        event = _event(order, verb=verb, by=step.by, from_state=state, moved=False, reason=None, notes=None,
                       data=step.data)  # fmt: skip
        events.append(_event_values(event, _EVENT_COLUMNS))
        messages += [_message_values(order, event), *_awaited_by(order, step.by)]
        increments = {"quantity_good": step.count.good, "quantity_rejected": step.count.rejected}
        _bring_up_to_date(order, event=event, changes={}, increments=increments)
        added[order.pk][0] += step.count.good
        added[order.pk][1] += step.count.rejected
    orders = [
        (key, state, version, order.version - version, order.chain_head, order.updated_at, *added[key])
        for key, (order, state, version) in before.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ALL, [*as_columns(orders), *as_columns(events), *as_columns(messages)])
        if cursor.fetchone()[0] != len(orders):
            raise Busy()
    transaction.on_commit(wakeup.ring)


def _bring_up_to_date(
    order: ProductionOrder, *, event: OrderEvent, changes: dict[str, Any], increments: dict[str, Decimal]
) -> None:
    order.version += 1
    order.chain_head, order.updated_at, order.last_event = event.hash, event.at, event
    for column, value in changes.items():
        setattr(order, column, value)
    for column, difference in increments.items():
        setattr(order, column, getattr(order, column) + difference)

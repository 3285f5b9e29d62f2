"""Writing the history of many orders at once: new ones with all that happened to them, others with what moved them.

What one order's verbs leave one by one (orders.history) is left here for hundreds by two statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from factoryos.kernel import clock, wakeup
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import uuid7
from factoryos.kernel.problems import Busy
from orders.bulk_columns import arrays, hash_of, json_of
from orders.history import EVENTS_OF_MANY, MESSAGES_OF_MANY, data_of, topic_of
from orders.models import OrderLine, ProductionOrder


@dataclass(slots=True)
class Step:
    """One thing that a verb did to an order: made on the object already, not yet written."""

    verb: str
    by: Actor
    from_state: str | None
    to_state: str
    moved: bool
    reason: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Story:
    """What happened to one order since it was read (or since it came to be), in order; `order` is as it is after all of it.

    `state` and `version` are what was read under the order's lock; no state: it is new, and `line` its one line.
    """

    order: ProductionOrder
    line: OrderLine
    state: str | None = None
    version: int = 0
    steps: list[Step] = field(default_factory=list)


# What a new order can have by its first statement: {column: type}. All others are null, or the database's default.
_NEW = {
    "id": "bigint", "uuid": "uuid", "factory_id": "bigint", "reference": "text", "origin": "text", "item_id": "bigint",
    "priority": "text", "over_production": "text", "created_by_id": "text", "created_by_name": "text",
    "created_at": "timestamptz",
}  # fmt: skip
# What steps may change.
_LIVE = {
    "state": "text", "version": "int", "chain_head": "text", "updated_at": "timestamptz", "quantity_target": "numeric",
    "quantity_good": "numeric", "planned_start": "timestamptz", "planned_end": "timestamptz",
    "actual_start": "timestamptz", "actual_end": "timestamptz", "pause_reason": "text", "pause_text": "text",
    "awaited": "bool",
}  # fmt: skip
_LINE = {
    "id": "bigint", "uuid": "uuid", "order_id": "bigint", "item_id": "bigint", "bom_version_id": "bigint",
    "sort": "int", "target": "numeric",
}  # fmt: skip
_WAS = {"id": "bigint", "old_state": "text", "old_version": "int"}
_EVENT = (
    "uuid", "bigint", "bigint", "int", "text", "bool", "text", "text", "text", "text", "text", "text", "text", "text",
    "text", "jsonb", "timestamptz", "text", "text",
)  # fmt: skip
_MESSAGE = ("text", "bigint", "text", "jsonb")


def _arrays(columns: dict[str, str]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in columns.values())


_BEGIN = f"""
WITH made AS (
    INSERT INTO orders_productionorder ({", ".join(_NEW | _LIVE)}) SELECT * FROM unnest({_arrays(_NEW | _LIVE)})
), line AS (
    INSERT INTO orders_orderline ({", ".join(_LINE)}) SELECT * FROM unnest({_arrays(_LINE)})
), event AS ({EVENTS_OF_MANY}), message AS ({MESSAGES_OF_MANY})
SELECT
"""
# One that somebody wrote past its lock is not found, and then all of this goes.
_MOVE = f"""
WITH changed AS (
    UPDATE orders_productionorder AS the_order SET {", ".join(f"{name} = change.{name}" for name in _LIVE)}
    FROM unnest({_arrays(_WAS | _LIVE)}) AS change({", ".join(_WAS | _LIVE)})
    WHERE the_order.id = change.id AND the_order.state = change.old_state AND the_order.version = change.old_version
    RETURNING the_order.id
), event AS ({EVENTS_OF_MANY}), message AS ({MESSAGES_OF_MANY})
SELECT count(*) FROM changed
"""
_NEXT_IDS = """
SELECT nextval('orders_productionorder_id_seq'), nextval('orders_orderline_id_seq') FROM generate_series(1, %s)
"""


def next_ids(count: int) -> list[tuple[int, int]]:
    """Ids for so many new orders and their lines."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_IDS, [count])
        return list(cursor.fetchall())


def begin_all(stories: Sequence[Story]) -> None:
    """Insert new orders as they are after their first steps, each with its line, its events and their announcements."""
    if not stories:
        return
    told = _tell(stories)
    orders = [
        [getattr(story.order, name) for name in _NEW] + [_column(story.order, name) for name in _LIVE]
        for story in stories
    ]
    lines = [[getattr(story.line, name) for name in _LINE] for story in stories]
    with connection.cursor() as cursor:
        made = [*arrays(orders, (_NEW | _LIVE).values()), *arrays(lines, _LINE.values())]
        cursor.execute(_BEGIN, [*made, *told])
    for story in stories:
        story.order._state.adding = False


def move_all(stories: Sequence[Story]) -> None:
    """Write what happened to orders that are locked: columns, events and announcements. Problem: Busy, as of `append`."""
    if not stories:
        return
    told = _tell(stories)
    changes = [
        [story.order.pk, story.state, story.version] + [_column(story.order, name) for name in _LIVE]
        for story in stories
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [*arrays(changes, (_WAS | _LIVE).values()), *told])
        if cursor.fetchone()[0] != len(stories):
            raise Busy()


def _column(order: ProductionOrder, name: str) -> Any:
    return str(order.state) if name == "state" else getattr(order, name)


def _tell(stories: Sequence[Story]) -> list[str]:
    """The events of all steps and their announcements, as columns; brings versions and chains of the orders up to date."""
    at = clock.now()
    now = _Now(at, at.astimezone(UTC).isoformat(timespec="microseconds"), at.isoformat())
    events: list[tuple[Any, ...]] = []
    messages: list[tuple[Any, ...]] = []
    for story in stories:
        for step in story.steps:
            _add(story.order, step, now=now, events=events, messages=messages)
        if story.state is None:
            story.order.created_at = at
    transaction.on_commit(wakeup.ring)
    return [*arrays(events, _EVENT), *arrays(messages, _MESSAGE)]


class _Now(NamedTuple):
    """The instant at which all of it happened: as it is, as hashes cover it, as announcements tell it."""

    at: datetime
    hashed: str
    told: str


def _add(
    order: ProductionOrder,
    step: Step,
    *,
    now: _Now,
    events: list[tuple[Any, ...]],
    messages: list[tuple[Any, ...]],
) -> None:
    by, first = step.by, step.from_state is None
    seq = 1 if first else order.version + 1
    previous = None if first else order.chain_head
    data = data_of(step.data, by=by)
    fields = {
        "uuid": uuid7(), "order": order.uuid, "factory": order.factory_id, "seq": seq, "verb": step.verb,
        "moved": step.moved, "from_state": step.from_state, "to_state": step.to_state, "actor_kind": by.kind,
        "actor_id": by.id, "actor_name": by.name, "credential": by.credential, "face": by.face,
        "reason": step.reason, "notes": None, "data": data, "at": now.at,
    }  # fmt: skip
    order.version, order.updated_at = seq, now.at
    order.chain_head = hash_of(fields, at=now.hashed, previous=previous)
    events.append((
        fields["uuid"], order.pk, order.factory_id, seq, step.verb, step.moved, step.from_state, step.to_state, by.kind,
        by.id, by.name, by.credential, by.face, step.reason, None, json_of(data), now.at, previous,
        order.chain_head,
    ))  # fmt: skip
    payload = {"orderId": str(order.uuid), "state": step.to_state, "version": seq, "verb": step.verb,
               "at": now.told}  # fmt: skip
    messages.append(
        (topic_of(verb=step.verb, moved=step.moved), order.factory_id, payload["orderId"], json_of(payload))
    )

"""The calls on work orders: the operations of an order on the floor, begun and done."""

import re

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.requests import Values, read
from factoryos.dialects.erp import order_requests as take
from factoryos.dialects.erp import order_responses as show
from factoryos.dialects.erp.order_calls import CONFIRMED
from factoryos.dialects.erp.paging import list_answer, page_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from factoryos.kernel.transactions import Answer
from orders import actions
from orders.locks import state_when_locked
from orders.manufacturing_rows import work_orders_of

DEFAULT_LIMIT = 100
_NAME = re.compile(r"wo_(\d{3,5})", re.ASCII)


def page(values: Values, *, order_id: int) -> Answer:
    page = page_of(values, default_limit=DEFAULT_LIMIT)
    found = work_orders_of(order_id)
    shown = found[page.offset : page.offset + page.limit]
    return list_answer([show.work_order(work) for work in shown], page=page, total=found.count())


def sequence_of(name: str, *, order_id: int) -> int:
    """The place of the order's work order `wo_001`. Problem: NotFound, for another order's and for what is no name."""
    match = _NAME.fullmatch(name)
    work = work_orders_of(order_id).filter(sequence=int(match[1])).first() if match else None
    if work is None or work.public_id != name:
        raise NotFound(thing="Work order")
    return work.sequence


def start(body: JsonObject, *, by: Actor, order_id: int, sequence: int) -> Answer:
    """Begin an operation; the first one of a confirmed order starts its production as well."""
    read(take.StartWorkOrder, body)
    if state_when_locked(order_id, by=by) in CONFIRMED:
        actions.start(order_id=order_id, by=by)
    _, work = actions.begin_work(order_id=order_id, sequence=sequence, by=by)
    return json_answer(show.work_order(work))


def done(body: JsonObject, *, by: Actor, order_id: int, sequence: int) -> Answer:
    values = read(take.FinishWorkOrder, body)
    _, work = actions.finish_work(
        order_id=order_id,
        sequence=sequence,
        by=by,
        minutes=values.get("duration_minutes"),
        notes=values.get("notes"),
    )
    return json_answer(show.work_order(work))

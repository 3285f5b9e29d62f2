"""The calls on production orders: read the body, name the things, call one verb or a declared path, show the order.

Each change runs inside the one transaction of its request (factoryos.kernel.transactions). Order of checks: 404 for the
order, 422 for fields, 404 for things named in the body, then the verb.
"""

from typing import Any
from uuid import UUID

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.headers import etag
from factoryos.dialects.base.requests import Values, fit, invalid, read
from factoryos.dialects.erp import naming
from factoryos.dialects.erp import order_requests as take
from factoryos.dialects.erp import order_responses as show
from factoryos.dialects.erp.paging import list_answer, page_answer, page_of
from factoryos.dialects.erp.states import states_of
from factoryos.dialects.erp.times import end_of, start_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from factoryos.kernel.quantities import ZERO
from factoryos.kernel.transactions import Answer
from manufacturing.boms.ordering import named_version, only_version
from orders import actions, manufacturing_rows, references
from orders.locks import state_when_locked
from orders.manufacturing_rows import Line, Sort, Wanted
from orders.specs import Circumstances, Count, NewLine, Policy
from orders.states import State

PATH = "/api/manufacturing/orders"
STRICT = "strict"  # this face never lets more be made than was ordered, whatever the order's own policy
# Where a production or a work order is the start of production as well.
CONFIRMED = frozenset({State.APPROVED, State.SCHEDULED})
_SORTS = {"createdAt": "created", "updatedAt": "updated", "reference": "reference", "scheduledDate": "planned"}


def page(values: Values, *, by: Actor) -> Answer:
    """A page of orders, whichever face they were made through."""
    zone, page = by.factory.zone, page_of(values)
    since, until = values.get("from"), values.get("to")
    wanted = Wanted(
        states=tuple(state for word in values.get("status", ()) for state in states_of(word)),
        item_uuid=values.get("product_id"),
        since=start_of(since, zone=zone) if since else None,
        until=end_of(until, zone=zone) if until else None,
        text=values.get("search", ""),
    )
    sort = Sort(_SORTS[values.get("sort_by", "createdAt")], falling=values.get("sort_order") != "asc")
    rows = manufacturing_rows.page(wanted, by=by, sort=sort, limit=page.limit, offset=page.offset)
    total = manufacturing_rows.count(wanted, by=by)
    return list_answer([show.order(row) for row in rows], page=page, total=total)


def productions(values: Values, *, order_id: int) -> Answer:
    rows = manufacturing_rows.productions_of(order_id)
    return page_answer(rows, page=page_of(values), show=lambda found: [show.production(row) for row in found])


def answer(order_id: int, *, by: Actor, status: int = 200, **extra: Any) -> Answer:
    """The order as it is now, with an action's extra key, and its version as ETag."""
    row = manufacturing_rows.one(order_id, by=by)
    headers = {"ETag": etag(row.version)}
    if status == 201:
        headers["Location"] = f"{PATH}/{row.uuid}"
    return json_answer({**show.whole_order(row), **extra}, status=status, headers=headers)


def create(body: JsonObject, *, by: Actor) -> Answer:
    values = read(take.NewProductionOrder, body)
    item = naming.product(values["product_id"], by=by)
    fit({"quantity": values["quantity"]}, decimals=item.unit_decimals)
    bom_id = values.get("bom_id")
    version = named_version(bom_id, item=item) if bom_id else only_version(item)
    order = actions.create(
        by=by,
        lines=[NewLine(item=item, target=values["quantity"], bom_version=version)],
        mint=references.mint_gapless,
        planned_start=values.get("scheduled_date"),
        priority=values.get("priority", "standard"),
        notes=values.get("notes"),
        policy=Policy(STRICT),
    )
    return answer(order.pk, by=by, status=201)


def confirm(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    read(take.ConfirmOrder, body)
    actions.approve(order_id=order_id, by=by)
    return answer(order_id, by=by)


def produce(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    """Count good pieces; the first ones start production, and without them it does not start either."""
    values = read(take.ProduceOrder, body)
    state, lines = manufacturing_rows.state_and_lines_of(order_id)
    line = _line(values.get("line_id"), lines=lines)
    fit({"qty": values["qty"]}, decimals=line.unit_decimals)
    # Who has started does not become confirmed again, so only what looks confirmed needs the lock to be sure.
    if state in CONFIRMED and state_when_locked(order_id, by=by) in CONFIRMED:
        actions.start(order_id=order_id, by=by)
    _, entry = actions.report(
        order_id=order_id,
        by=by,
        count=Count(good=values["qty"], rejected=ZERO),
        where=Circumstances(
            line_id=line.id,
            lot_number=values.get("lot_number"),
            serial_numbers=tuple(values.get("serial_numbers", ())),
        ),
        policy=STRICT,
    )
    return answer(order_id, by=by, production=show.production(vars(entry)))


def _line(uuid: UUID | None, *, lines: list[Line]) -> Line:
    """The line that is counted. Problems: Invalid (there are several and none is named), NotFound."""
    if uuid is None:
        if len(lines) != 1:
            raise invalid([Fault("lineId", "lineId should not be empty, as the order has several lines")])
        return lines[0]
    for line in lines:
        if line.uuid == uuid:
            return line
    raise NotFound(thing="Line")


def close(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    """End production, whatever was made. Sign-off and shipping go on elsewhere."""
    read(take.CloseOrder, body)
    actions.complete(order_id=order_id, by=by)
    return answer(order_id, by=by)


def cancel(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.CancelOrder, body)
    actions.cancel(order_id=order_id, by=by, reason=values.get("reason"))
    return answer(order_id, by=by)

"""The work of the calls on whole orders: one verb or a declared path each, inside the one transaction of the request."""

from datetime import datetime
from typing import Any

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import Values, invalid
from factoryos.dialects.store import naming
from factoryos.dialects.store.fields import milliseconds
from factoryos.dialects.store.states import COMMAND_OF_NEW, Command, Word, follow, path_of, require_open
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import exactly
from manufacturing.boms.ordering import made_by_default
from orders import actions
from orders.customer_orders import rows_of
from orders.facts import facts_of
from orders.locks import lines_of, lock_order
from orders.materials.ahead import writing
from orders.models import CustomerOrder, ProductionOrder
from orders.specs import NewLine, Policy

FIRST, LEAVES = ProductionOrder.Layer.FIRST, ProductionOrder.Layer.LEAVES
UNLIMITED = Policy("unlimited")  # this API speaks of overproduction as of something usual
# What the core keeps of a header, and what it does not know and this face keeps: field → under which name.
_KEPT_BY_CORE = {"pr_reference": "reference", "customer_order_id": "customer_order_id", "comment": "notes",
                 "start_date": "planned_start", "end_date": "planned_end"}  # fmt: skip
_EXTERNAL_ID = "customerOrderExternalId"
_KEPT_HERE = {"customer_order_external_id": _EXTERNAL_ID, "internal_reference": "internalReference", "name": "name",
              "finish_date": "finishDate", "work_hours": "workHours", "store_state": "storeState",
              "total_amount": "totalAmount", "finished_amount": "finishedAmount"}  # fmt: skip


def create(values: Values, *, by: Actor) -> int:
    """Make an order without lines, and bring it to the state that it is sent with. Gives its id."""
    customer_order = naming.customer_order(values["customer_order_id"], by=by)
    word = Word(values.get("state") or Word.NEW)
    facts = {name: value for name, value in _facts(values).items() if value is not None}
    facts.setdefault(_EXTERNAL_ID, customer_order.external_id)
    if word is Word.FINISHED and "finishDate" in facts:
        facts["finishDateFixed"] = True
    order = actions.create(
        by=by,
        lines=(),
        reference=values.get("pr_reference") or None,
        customer_order_id=customer_order.pk,
        layer=_layer(values.get("reserve_in_depth")),
        notes=values.get("comment"),
        planned_start=values.get("start_date"),
        planned_end=values.get("end_date"),
        policy=UNLIMITED,
        facts=facts,
    )
    if word in COMMAND_OF_NEW:
        follow(COMMAND_OF_NEW[word], lock_order(order.pk, by=by), by=by)
    return order.pk


def create_from(customer_order: CustomerOrder, *, by: Actor) -> int:
    """Make an order with a line for each article on a customer order that is made here. Gives its id."""
    lines, labels = _bundled_on(customer_order)
    if not lines:
        raise Invalid(messages=["Nothing on this customer order is a bundled article"])
    order = actions.create(
        by=by,
        lines=lines,
        customer_order_id=customer_order.pk,
        planned_end=customer_order.delivery_date,
        policy=UNLIMITED,
        facts={_EXTERNAL_ID: customer_order.external_id, "name": customer_order.name or None},
    )
    for line in lines_of(order):
        label = labels[line.item_id]
        if label and label != line.item.name:
            actions.amend_line(order_id=order.pk, by=by, line_id=line.pk, facts={"articleName": label})
    return order.pk


@exactly()
def _bundled_on(customer_order: CustomerOrder) -> tuple[list[NewLine], dict[int, str]]:
    """The lines for what is made here, the same article summed, and what the customer order calls each item."""
    rows = rows_of([customer_order.pk]).get(customer_order.pk, [])
    made_here = made_by_default(row.item_id for row in rows)
    lines: dict[int, NewLine] = {}
    labels: dict[int, str] = {}
    for row in rows:
        if row.item_id not in made_here:
            continue
        before = lines[row.item_id].target if row.item_id in lines else 0
        lines[row.item_id] = NewLine(item=row.item, target=before + row.quantity)
        labels.setdefault(row.item_id, row.name)
    return list(lines.values()), labels


def change(order: ProductionOrder, values: Values, *, start: bool, by: Actor) -> None:
    """Change what is said of a locked order's header, then start production if that is asked for."""
    require_open(order)
    _require_sense(order, values)
    changes, facts = _changes(order, values, by=by)
    in_depth = values.get("reserve_in_depth")
    layer = order.layer if in_depth is None else _layer(in_depth)
    verbs = ["amend"] if changes or facts else []
    if layer != order.layer:  # free until production starts; then the verb refuses another one, while the same is fine
        verbs.append("change_layer")
    if start:
        verbs += path_of(Command.START, order)
    with writing(order, by=by, verbs=verbs):
        if changes or facts:
            actions.amend(order_id=order.pk, by=by, changes=changes, facts=facts)
        if layer != order.layer:
            actions.change_layer(order_id=order.pk, by=by, layer=layer)
        if start:
            follow(Command.START, order, by=by)


def _require_sense(order: ProductionOrder, values: Values) -> None:
    """What a field says is judged against what the order has."""
    if values.get("order_id") not in (None, order.pk):
        raise invalid([Fault("orderId", "orderId must be the order's own")])
    if "customer_order_id" in values and values["customer_order_id"] is None and order.customer_order_id is not None:
        raise invalid([Fault("customerOrderId", "customerOrderId should not be empty")])
    start, end = values.get("start_date", order.planned_start), values.get("end_date", order.planned_end)
    if start and end and end < start and (values.get("start_date") or values.get("end_date")):
        field, other = ("endDate", "before startDate") if values.get("end_date") else ("startDate", "after endDate")
        raise invalid([Fault(field, f"{field} must not be {other}")])


def _changes(order: ProductionOrder, values: Values, *, by: Actor) -> tuple[dict[str, Any], dict[str, Any]]:
    """(for the core, for this face): what is sent."""
    changes = {kept: values[sent] for sent, kept in _KEPT_BY_CORE.items() if sent in values}
    for name in ("planned_start", "planned_end"):
        if name in changes and milliseconds(changes[name]) == milliseconds(getattr(order, name)):
            del changes[name]  # as it is shown; what another face keeps of it is finer
    facts = _facts(values)
    meant = values.get("customer_order_id")
    if meant is not None and meant != order.customer_order_id:
        facts = _copied(order, naming.customer_order(meant, by=by), by=by) | facts
    return changes, facts


def _copied(order: ProductionOrder, customer_order: CustomerOrder, *, by: Actor) -> dict[str, Any]:
    """The external id of another customer order, where that of the present one was a copy as well."""
    known = facts_of([order.pk], face=by.face)[order.pk].header.get(_EXTERNAL_ID)
    former = order.customer_order
    was_a_copy = known == (former.external_id if former else None)
    return {_EXTERNAL_ID: customer_order.external_id} if was_a_copy else {}


def _layer(in_depth: bool | None) -> str:
    return str(LEAVES if in_depth else FIRST)


def _facts(values: Values) -> dict[str, Any]:
    """What is sent for this face to keep, by the names it is kept under."""
    facts = {kept: values[sent] for sent, kept in _KEPT_HERE.items() if sent in values}
    if isinstance(facts.get("finishDate"), datetime):
        facts["finishDate"] = milliseconds(facts["finishDate"])
    if "storeState" in facts:
        facts["storeState"] = facts["storeState"] or None  # 0 is what an order has anyway
    return facts

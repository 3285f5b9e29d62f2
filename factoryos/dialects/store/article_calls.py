"""The work of the calls on an order's lines, inside the one transaction of the request.

What is sent is absolute, what is booked is the difference: it is taken on the locked line, never on what the caller saw.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import Values, invalid
from factoryos.dialects.store import naming
from factoryos.dialects.store.fields import TOO_MUCH
from factoryos.dialects.store.refusals import AlreadyOnOrder, CountedBySerial, SpreadOverMachines
from factoryos.dialects.store.states import Command, follow, path_of, require_open
from factoryos.dialects.store.wording import placed
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Item
from manufacturing.problems import StockShort
from orders import actions
from orders.facts import facts_of
from orders.history import json_safe
from orders.locks import lines_of
from orders.materials.ahead import ReportAhead, writing
from orders.models import OrderLine, ProductionOrder
from orders.problems import AllocationRequired, TotalBelowZero
from orders.specs import Circumstances, Count, Made, NewLine

REASON = "store: article updated"  # in the history, where a verb asks for one


def add(order: ProductionOrder, values: Values, *, by: Actor) -> None:
    """Put an article on a locked order; what is said to be made of it already is booked."""
    require_open(order)
    _require_own(order, values)
    article_id = values["article_id"]
    item = naming.article(article_id, by=by)
    if naming.lines_with(lines_of(order), article_id):
        raise AlreadyOnOrder(article=article_id)
    facts = {name: value for name, value in _facts(values, label=item.name).items() if value is not None}
    good, rejected = values.get("finished") or ZERO, values.get("waste") or ZERO
    new = NewLine(item=item, target=values["amount"])
    with _writing(order, new, verbs=["add_line"], good=good, rejected=rejected, by=by):
        line = actions.add_line(order_id=order.pk, by=by, line=new, facts=facts or None)
        _book(order, line, item, good=good, rejected=rejected, by=by)


def change(order: ProductionOrder, values: Values, *, by: Actor) -> None:
    """Bring a line of a locked order to what is sent; what is left out stays, and the same again changes nothing."""
    require_open(order)
    _require_own(order, values)
    line = naming.line_of(order, values["article_id"])
    good, rejected = _differences(line, values)
    other_amount = values.get("amount", line.target) != line.target
    facts = _other_facts(order, line, values, by=by)
    verbs = [*(["adjust_quantity"] if other_amount else []), *(["amend_line"] if facts else [])]
    with _writing(order, line, verbs=verbs, good=good, rejected=rejected, by=by):
        if other_amount:
            _change_amount(order, line, values["amount"], by=by)
        if facts:
            actions.amend_line(order_id=order.pk, by=by, line_id=line.pk, facts=facts)
        _book(order, line, line.item, good=good, rejected=rejected, by=by)


def remove(order: ProductionOrder, article_id: str, *, by: Actor) -> None:
    """Take a line off a locked order."""
    require_open(order)
    line = naming.line_in_path(order, article_id)
    actions.remove_line(order_id=order.pk, by=by, line_id=line.pk)


def _writing(
    order: ProductionOrder,
    line: OrderLine | NewLine,
    *,
    verbs: Sequence[str],
    good: Decimal,
    rejected: Decimal,
    by: Actor,
) -> AbstractContextManager[None]:
    """Tell the core what is about to run: these verbs, and those that book a difference, if there is one."""
    if not good and not rejected:
        return writing(order, by=by, verbs=verbs)
    report = ReportAhead(line, good, Made(_batch_for(order, line.item, good=good)))
    return writing(order, by=by, verbs=[*verbs, *path_of(Command.BOOK, order), "report"], report=report)


def _require_own(order: ProductionOrder, values: Values) -> None:
    if values.get("production_order_id") not in (None, order.pk):
        raise invalid([Fault("productionOrderId", "productionOrderId must be the order's own")])


def _change_amount(order: ProductionOrder, line: OrderLine, amount: Decimal, *, by: Actor) -> None:
    try:
        actions.adjust_quantity(order_id=order.pk, by=by, target=amount, reason=REASON, line_id=line.pk)
    except AllocationRequired:
        raise SpreadOverMachines() from None


def _facts(values: Values, *, label: str) -> dict[str, Any]:
    """What is sent for this face to keep of a line. What a line shows anyway is not kept: its item's name, and 0."""
    facts: dict[str, Any] = {}
    if "article_name" in values:
        name = values["article_name"]
        facts["articleName"] = None if name == label else name or None
    for field in ("time", "status"):
        if field in values:
            facts[field] = values[field] or None
    return facts


def _other_facts(order: ProductionOrder, line: OrderLine, values: Values, *, by: Actor) -> dict[str, Any]:
    """Of what is sent for this face to keep, what differs: whoever may only count may send the rest as it is shown."""
    facts = _facts(values, label=line.item.name)
    if not facts:
        return {}
    kept = facts_of([order.pk], face=by.face)[order.pk].lines.get(line.pk, {})
    return {name: facts[name] for name, value in json_safe(facts).items() if kept.get(name) != value}


@exactly()
def _differences(line: OrderLine, values: Values) -> tuple[Decimal, Decimal]:
    """What is to be booked so that the line has the finished and the waste that are sent.

    Problem: Invalid, for more than one entry of the ledger holds: what many runs made is taken back in many steps.
    """
    wanted = {"finished": line.good, "waste": line.rejected}
    found = {name: values.get(name, present) - present for name, present in wanted.items()}
    if far := [name for name, difference in found.items() if abs(difference) >= TOO_MUCH]:
        raise invalid([Fault(name, f"{name} must change by less than {TOO_MUCH} at once") for name in far])
    return found["finished"], found["waste"]


def _batch_for(order: ProductionOrder, item: Item, *, good: Decimal) -> str | None:
    return naming.default_batch(order) if good > 0 and item.tracking == Item.Tracking.LOT else None


def _book(order: ProductionOrder, line: OrderLine, item: Item, *, good: Decimal, rejected: Decimal, by: Actor) -> None:
    """Book a difference, a negative one as a correction; the first pieces start production."""
    if not good and not rejected:
        return
    if good and item.tracking == Item.Tracking.SERIAL:
        raise CountedBySerial(article=item.sku)
    follow(Command.BOOK, order, by=by)
    count = Count(good, rejected)
    into = _batch_for(order, item, good=good)
    try:
        actions.report(
            order_id=order.pk,
            by=by,
            count=count,
            where=Circumstances(line_id=line.pk, lot_number=into),
            reason=REASON if count.is_correction else None,
        )
    except StockShort as problem:
        raise placed(problem, "finished") from None
    except TotalBelowZero as problem:
        raise placed(problem, "finished" if good < 0 else "waste") from None

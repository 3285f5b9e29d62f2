"""What the store API says of each refusal: the core's names and states in its own words, with the facts a program needs.

A refusal that has no case here speaks this API's language already: such are those of this face itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from factoryos.dialects.base import problems as way
from factoryos.dialects.base.refusals import in_camel
from factoryos.dialects.store.fields import milliseconds
from factoryos.dialects.store.states import WORD_OF, Word
from factoryos.kernel import problems as kernel
from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import shortest
from manufacturing import problems as material
from orders import problems as orders
from orders.states import State

Facts = Mapping[str, Any]
P = TypeVar("P", bound=Problem)


class Told(NamedTuple):
    """`field` is a place of the body or a parameter, where the refusal is about one."""

    message: str
    field: str | None = None
    facts: Facts | None = None


def told(problem: Problem) -> Told:
    """`problem` in this API's words."""
    tell = next((_TELLING[kind] for kind in type(problem).__mro__ if kind in _TELLING), _as_it_is)
    found, at = tell(problem), problem.data.get(_AT)
    return found if at is None else found._replace(field=_spelled(at))


def placed(problem: P, field: str) -> P:
    """The same refusal, told of this place of the body: `partTraceability[0].batches[1].amount`."""
    problem.data = {**problem.data, _AT: field}
    return problem


_AT = "told_at"
# The core's name of a field → this API's.
_FIELDS: Mapping[str, str] = {
    "reference": "prReference",
    "line": "articleId",
    "item": "articleId",
    "target": "amount",
    "quantity": "amount",
    "shares": "amount",
    "good": "amount",
    "planned_end": "endDate",
    "planned_start": "startDate",
    "notes": "comment",
    "serial_numbers": "serial",
    "serialNumbers": "serial",
    "lotNumber": "bestBefore",  # a batch that is known, with another date: the number alone would be fine
    "lot_number": "batch",
    "consumed_lots": "partTraceability",
    "components": "articleId",
    "bomId": "articleId",
}
# What the core says of such a field, where it says it in names that nobody has seen here.
_SAID: Mapping[str, str] = {
    "target": "amount is the present amount already",
    "line": "articleId must name one article of the order",
    "shares": "amount cannot be spread over the machines of the order",
    "serial_numbers": "serial must be given, and amount must be 1",
    "consumed_lots": "partTraceability cannot be given with a correction",
    "planned_end": "endDate must not be before startDate",
    "bomId": "articleId has no bill of materials that can be used here",
}
_TAKEN: Mapping[str, str] = {
    "item": "{value} is already on this order",
    "lotNumber": "batch {value} is known with another bestBefore",
    "serialNumbers": "serial {value} is known already",
    "barcode": "this batch or serial is known with another barcode than {value}",
}
# What a verb does to an order, as this API says it: "… is FINISHED and cannot be started now".
_PARTICIPLES: Mapping[str, str] = {
    "approve": "started",
    "start": "started",
    "report": "produced",
    "complete": "finished",
    "cancel": "cancelled",
    "change_layer": "reserved in another depth",
}
_FACTS = {"article": "articleId", "sku": "articleId", "lot": "batchId", "reference": "prReference", "wanted": "needed"}
_PLACE = re.compile(r"\.(\d+)(?=\.|$)")
# Parts of sentences, which the message holds already.
_SPOKEN = frozenset({"field", "told", "reason", "thing", _AT})


def _as_it_is(problem: Problem) -> Told:
    facts = in_camel({name: fact for name, fact in problem.data.items() if name not in _SPOKEN}, named=_FACTS)
    return Told(problem.text, _spelled(problem.data.get("field")), facts or None)


def _spelled(field: str | None) -> str | None:
    """Places in brackets: `partTraceability[0].batches[1].amount`."""
    return None if field is None else _PLACE.sub(r"[\1]", field)


def _with(*names: str) -> Callable[[Problem], Told]:
    """In its own text, with these of its facts under their own names."""
    return lambda problem: Told(problem.text, None, {name: problem.data[name] for name in names})


# --- Of fields --------------------------------------------------------------------------------------------------------


def _invalid(problem: Problem) -> Told:
    """One of the core's, or of a body: a body's begins with the field's path, or says that there is no such field."""
    field, message = problem.data["field"], str(problem.data["messages"][0])
    place, _, said = message.partition(" ")
    if field is None or place == "property":  # whose name is the caller's
        return Told(message, field)
    if field in _SAID:
        return Told(_SAID[field], _FIELDS[field])
    if field in _FIELDS and place != field:
        return Told(message, _FIELDS[field])
    return Told(f"{_spelled(place)} {said}", _spelled(field))


def _duplicate(problem: Problem) -> Told:
    field, value = problem.data["field"], problem.data["value"]
    name = _FIELDS.get(field, field)
    return Told(_TAKEN.get(field, f"{name} {{value}} is already taken").format(value=value), name)


def _not_found(problem: Problem) -> Told:
    if problem.data["thing"] == "Line":
        return Told("There is no such article on this order", "articleId")
    return Told(problem.text)


# --- Of an order ------------------------------------------------------------------------------------------------------


def _word(state: str) -> Word:
    return WORD_OF[State(state)]


def _out_of_turn(problem: Problem) -> Told:
    word, verb = _word(problem.data["state"]), problem.data["verb"]
    field = "reserveInDepth" if verb == "change_layer" and word is Word.DEVELOPING else "state"
    return _moment(problem, f"cannot be {_PARTICIPLES.get(verb, 'changed so')} now", field=field)


def _not_open(problem: Problem) -> Told:
    return _moment(problem, "cannot be changed any more")


def _moment(problem: Problem, sentence: str, *, field: str = "state") -> Told:
    reference, word = problem.data["reference"], _word(problem.data["state"])
    return Told(f"{reference} is {word.name} and {sentence}", field, {"prReference": reference, "state": int(word)})


def _work_order(problem: Problem) -> Told:
    told = _moment(problem, f"its work order {problem.data['work_order']} is {problem.data['words']}")
    return told._replace(facts={**(told.facts or {}), "workOrder": problem.data["work_order"]})


def _on_hold(problem: Problem) -> Told:
    open_ones = problem.data["holds"]
    holds = [
        {"id": one["id"], "reason": one["reason"], "placedAt": milliseconds(one["placed_at"])} for one in open_ones
    ]
    return Told(problem.text, "state", {"prReference": problem.data["reference"], "holds": holds})


def _machines_busy(problem: Problem) -> Told:
    running = [
        {"machine": clash["machine"], "prReference": clash["reference"] if clash["order_id"] else None}
        for clash in problem.data["machines"]
    ]
    return Told(problem.text, None, {"orders": running})


def _over_production(problem: Problem) -> Told:
    target, allowed, would_be = (problem.data[name] for name in ("target", "allowed", "would_be"))
    said = f"{_shown(would_be)} finished would be more than the allowed {_shown(allowed)}"
    return Told(said, "amount", {"amount": target, "allowed": allowed, "wouldBe": would_be})


def _shown(amount: Any) -> str:
    return shortest(amount) if isinstance(amount, Decimal) else str(amount)


def _below_zero(problem: Problem) -> Told:
    totals = problem.data["totals"]
    facts = {"finished": totals["good"], "waste": totals["rejected"]}
    return Told("finished or waste would fall below zero", "finished", facts)


def _mismatch(problem: Problem) -> Told:
    good, rejected, produced = (problem.data[name] for name in ("good", "rejected", "produced"))
    said = f"{_shown(good)} finished and {_shown(rejected)} waste do not add up to {_shown(produced)}"
    return Told(said, "finished", {"finished": good, "waste": rejected})


def _has_production(problem: Problem) -> Told:
    data = problem.data
    facts = {"articleId": data["sku"], "finished": data["good"], "waste": data["rejected"]}
    return Told(problem.text, "articleId", facts)


# --- Of material ------------------------------------------------------------------------------------------------------


def _short(problem: Problem) -> Told:
    missing: Sequence[Facts] = problem.data["missing"]
    short = [{"articleId": part["sku"], "needed": part["required"], "available": part["available"]} for part in missing]
    said = "; ".join(
        f"{part['articleId']}: {_shown(part['needed'])} needed, {_shown(part['available'])} there" for part in short
    )
    return Told(f"Not enough stock: {said}", None, {"short": short})


def _stock_short(problem: Problem) -> Told:
    data = problem.data
    if not data["wanted"] and not data["available"]:  # the row's own guard spoke, and cannot say of what
        return Told("Not enough stock")
    return _of_lot(problem)


def _of_lot(problem: Problem) -> Told:
    data = problem.data
    needed, available, lot = data["wanted"], data["available"], data["lot"]
    of = f" of batch or serial {lot}" if lot else ""
    facts = {"articleId": data["sku"], "needed": needed, "available": available}
    return Told(
        f"{data['sku']}: {_shown(needed)}{of} needed, {_shown(available)} there",
        None,
        {**facts, "batchId": lot} if lot else facts,
    )


def _unknown_lot(problem: Problem) -> Told:
    sku, lot = problem.data["sku"], problem.data["lot"]
    return Told(f"{sku}: batch or serial {lot} is not known", "partTraceability", {"articleId": sku, "batchId": lot})


def _no_part(problem: Problem) -> Told:
    return Told("It is no part of this article", "partTraceability")


def _serials(problem: Problem) -> Told:
    data = problem.data
    facts = {"articleId": data["sku"], "needed": data["wanted"], "named": data["named"]}
    said = f"{data['sku']} is kept by serial: {_shown(data['wanted'])} needed, {_shown(data['named'])} named"
    return Told(said, "partTraceability", facts)


def _over_limit(problem: Problem) -> Told:
    data = problem.data
    facts = {"articleId": data["sku"], "needed": data["wanted"], "available": data["available"]}
    said = f"{_shown(data['wanted'])} needed, the ordered amount leaves {_shown(data['available'])}"
    return Told(f"{data['sku']}: {said}", "partTraceability", facts)


_TELLING: Mapping[type[Problem], Callable[[Problem], Told]] = {
    kernel.RoleMissing: lambda problem: Told(problem.text, None, {"roles": problem.data["any_of"]}),
    kernel.NotFound: _not_found,
    kernel.Invalid: _invalid,
    kernel.Duplicate: _duplicate,
    kernel.Stale: lambda problem: Told(problem.text, None, {"version": problem.data["current"]}),
    kernel.RateLimited: lambda problem: Told(problem.text, None, {"retryAfter": problem.data["retry_after"]}),
    way.TooLarge: _with("limit"),
    way.UnsupportedMediaType: _with("wanted"),
    way.MethodNotAllowed: _with("allowed"),
    way.NotAcceptable: _with("offered"),
    way.Internal: lambda problem: Told(problem.text, None, {"requestId": problem.data["request_id"]}),
    orders.IllegalTransition: _out_of_turn,
    orders.NotOpen: _not_open,
    orders.OrderOnHold: _on_hold,
    orders.WorkOrderOutOfTurn: _work_order,
    orders.MachineBusy: _machines_busy,
    orders.MachineUnavailable: _with("machine"),
    orders.OverProduction: _over_production,
    orders.TotalBelowZero: _below_zero,
    orders.QuantityMismatch: _mismatch,
    orders.AllocationRequired: lambda _: Told(
        "The order runs on several machines: say there how it is split", "amount"
    ),
    orders.LineHasProduction: _has_production,
    orders.NotAPart: _no_part,
    orders.SerialsIncomplete: _serials,
    orders.OverLimit: _over_limit,
    material.MaterialShort: _short,
    material.StockShort: _stock_short,
    material.LotMissing: _unknown_lot,
    material.LotShort: lambda problem: _of_lot(problem)._replace(field="partTraceability"),
}

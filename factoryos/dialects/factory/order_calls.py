"""The changing calls on production orders: read the body, name the things, call one verb, show the order.

Each runs inside the one transaction of its request (factoryos.kernel.transactions). Order of checks: 404 for the order,
400 for fields, 404 for things named in the body, then the verb.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.requests import fit, read
from factoryos.dialects.factory import naming
from factoryos.dialects.factory import order_requests as take
from factoryos.dialects.factory import order_responses as show
from factoryos.dialects.factory.errors import WrongEndpoint, shortage
from factoryos.dialects.factory.states import OTHER_ENDPOINT, WORDS, verb_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import ZERO
from factoryos.kernel.transactions import Answer
from orders import actions, warnings
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.problems import QuantityMismatch
from orders.selectors import order_row, state_of
from orders.specs import Circumstances, Count, LineCount, NewLine, Policy, Share
from orders.states import State


def answer(order_id: int, *, by: Actor, status: int = 200, **extra: Any) -> Answer:
    """The order as it is now, with an action's extra keys, and its version as ETag."""
    row = order_row(order_id, by=by)
    headers = {"ETag": f'"{row.version}"'}
    if status == 201 and not extra:
        headers["Location"] = f"/api/factories/{by.factory.slug}/production-orders/{row.uuid}"
    return json_answer({**show.whole_order(row, tenant=by.factory), **extra}, status=status, headers=headers)


def create(body: JsonObject, *, by: Actor) -> Answer:
    values = read(take.Create, body)
    item = naming.product(values.pop("product_id"), by=by)
    target = values.pop("quantity_target")
    fit({"quantityTarget": target}, decimals=item.unit_decimals)
    policy = values.pop("over_production", None)
    order = actions.create(
        by=by,
        lines=[NewLine(item=item, target=target)],
        policy=Policy(policy["policy"], policy.get("tolerance_percent")) if policy else None,
        **values,
    )
    return answer(order.pk, by=by, status=201)


def amend(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.Amend, body)
    row = order_row(order_id, by=by)
    word = WORDS[State(row.state)]
    if any(body.get(name, word) != word for name in ("state", "status", "toState")):
        raise WrongEndpoint(endpoint=_path(row.uuid, "transition", by=by))
    if "quantityTarget" in body and body["quantityTarget"] != Decimal(row.target):
        raise WrongEndpoint(endpoint=_path(row.uuid, "adjust-quantity", by=by))
    order = actions.amend(order_id=order_id, by=by, changes=values)
    _require_a_window(order, values)
    return answer(order_id, by=by)


def _require_a_window(order: ProductionOrder, values: dict[str, Any]) -> None:
    """Here a planned window is never empty, also where one of its ends stands already; the core allows an instant."""
    dates_sent = {"planned_start", "planned_end"} & values.keys()
    if dates_sent and order.planned_start is not None and order.planned_start == order.planned_end:
        raise Invalid(messages=["the planned end must be after the planned start"], field="planned_end")


def _path(order_uuid: Any, endpoint: str, *, by: Actor) -> str:
    return f"/api/factories/{by.factory.slug}/production-orders/{order_uuid}/{endpoint}"


def schedule(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.Schedule, body)
    order = actions.schedule(
        order_id=order_id,
        by=by,
        shares=_shares(values, by=by, order_id=order_id),
        method=naming.method(values["method_id"], by=by) if values.get("method_id") else None,
        planned_start=values.get("planned_start"),
        planned_end=values.get("planned_end"),
    )
    _require_a_window(order, values)
    short = reserving.shortages_of(order_id)
    found = warnings.window_overlaps(order) + warnings.material_short(short)
    told = [{"code": warned.code, "message": warned.message, **warned.data} for warned in found]
    return answer(order_id, by=by, shortages=[shortage(part) for part in short], warnings=told)


def _shares(values: dict[str, Any], *, by: Actor, order_id: int) -> list[Share]:
    if "work_area_id" in values:
        return [Share(work_area=naming.work_area(values["work_area_id"], by=by))]
    if values["mode"] == "single":
        return [Share(machine=naming.machine(naming.machine_name(values), by=by))]
    splits = values["splits"]
    fit_splits(splits, decimals=naming.unit_decimals(order_id))
    machines = naming.distinct_machines(splits, by=by)
    return [Share(split["quantity"], machine=machine) for split, machine in zip(splits, machines, strict=True)]


def fit_splits(splits: list[dict[str, Any]], *, decimals: int) -> None:
    """Refuse shares with more decimals than the product's unit has. Problem: Invalid."""
    fit({f"splits.{place}.quantity": split["quantity"] for place, split in enumerate(splits)}, decimals=decimals)


def transition(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.Transition, body)
    word = values["to_state"]
    order_uuid, state = state_of(order_id, by=by)
    if word in OTHER_ENDPOINT:
        raise WrongEndpoint(endpoint=_path(order_uuid, OTHER_ENDPOINT[word], by=by))
    moved = _move(word, values, state=state, by=by, order_id=order_id)
    return answer(order_id, by=by, transition=show.transition(moved.last_event))


def _move(word: str, values: dict[str, Any], *, state: str, by: Actor, order_id: int) -> ProductionOrder:
    """The one verb that `word` means. A pause needs its reason, a close may bring shipment facts."""
    common: dict[str, Any] = {
        "order_id": order_id,
        "by": by,
        "notes": values.get("notes"),
        "reason": values.get("reason"),
    }
    if word == "closed":
        return actions.close(**common, shipment=_shipment(values.get("shipment"), order_id=order_id))
    moves: dict[str, Callable[..., ProductionOrder]] = {
        "start": actions.start,
        "resume": actions.resume,
        "pause": actions.pause,
        "complete": actions.complete,
        "cancel": actions.cancel,
    }
    return moves[verb_of(word, state=state)](**common)


def _shipment(given: dict[str, Any] | None, *, order_id: int) -> dict[str, Any] | None:
    """Shipment facts as the history keeps them and the record shows them: in the words they were sent in."""
    if not given:
        return None
    fit({"shipment.quantity": given.get("quantity")}, decimals=naming.unit_decimals(order_id))
    return {
        "carrier": given.get("carrier"),
        "trackingNumber": given.get("tracking_number"),
        "shippedAt": show.instant(given.get("shipped_at")),
        "quantity": given.get("quantity"),
    }


def log_quantity(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.LogQuantity, body)
    names = {
        "quantity_produced": "quantityProduced",
        "quantity_good": "quantityGood",
        "quantity_rejected": "quantityRejected",
    }
    line_id, decimals = naming.line(values.get("line_id"), order_id=order_id)
    fit({name: values.get(key) for key, name in names.items()}, decimals=decimals)
    count = _count(values)
    _, entry = actions.report(
        order_id=order_id,
        by=by,
        count=count,
        reason=values.get("reason"),
        where=_circumstances(values, line_id=line_id, by=by, order_id=order_id),
    )
    return answer(order_id, by=by, status=201, entry=show.entry(entry))


def _count(values: dict[str, Any]) -> Count:
    """Two of the three numbers give the third; produced alone is all good, and good or rejected alone is all of it."""
    produced, good, rejected = (values.get(f"quantity_{name}") for name in ("produced", "good", "rejected"))
    if produced is None:
        good, rejected = good or ZERO, rejected or ZERO
    elif good is None:
        good, rejected = produced - (rejected or ZERO), rejected or ZERO
    elif rejected is None:
        rejected = produced - good
    if produced is not None and produced != good + rejected:
        raise QuantityMismatch(produced=produced, good=good, rejected=rejected)
    return Count(good=good, rejected=rejected)


def _circumstances(values: dict[str, Any], *, line_id: int | None, by: Actor, order_id: int) -> Circumstances:
    machine = naming.machine(naming.machine_name(values), by=by) if naming.machine_name(values) else None
    return Circumstances(
        line_id=line_id,
        machine_id=machine.pk if machine else None,
        work_order_id=naming.work_order(values["work_order_id"], order_id=order_id)
        if values.get("work_order_id")
        else None,
        lot_number=values.get("lot_number"),
        serial_numbers=tuple(values.get("serial_numbers", ())),
        consumed_lots=tuple(naming.consumed_lot(lot, by=by) for lot in values.get("consumed_lots", ())),
        occurred_at=values.get("occurred_at"),
    )


def verify(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.Verify, body)
    decimals = naming.unit_decimals(order_id)
    wire = {"quantityFinal": "quantity_final", "quantityGood": "quantity_good", "quantityRejected": "quantity_rejected"}
    fit({name: values[key] for name, key in wire.items()}, decimals=decimals)
    counts = []
    for line in values.get("lines", ()):
        line_id, line_decimals = naming.line(line["line_id"], order_id=order_id)
        fit(
            {"lines.quantityGood": line["quantity_good"], "lines.quantityRejected": line["quantity_rejected"]},
            decimals=line_decimals,
        )
        assert line_id is not None, "a named line is found or refused"
        counts.append(LineCount(line_id=line_id, good=line["quantity_good"], rejected=line["quantity_rejected"]))
    _, signed = actions.verify(
        order_id=order_id,
        by=by,
        final=values["quantity_final"],
        good=values["quantity_good"],
        rejected=values["quantity_rejected"],
        lines=counts,
        notes=values.get("notes"),
    )
    return answer(order_id, by=by, verification=show.verification(signed))


def rework(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.Rework, body)
    order = actions.rework(order_id=order_id, by=by, reason=values["reason"], notes=values.get("notes"))
    return answer(order_id, by=by, transition=show.transition(order.last_event))


def adjust_quantity(body: JsonObject, *, by: Actor, order_id: int) -> Answer:
    values = read(take.AdjustQuantity, body)
    line_id, decimals = naming.line(values.get("line_id"), order_id=order_id)
    fit({"quantityTarget": values["quantity_target"]}, decimals=decimals)
    splits = values.get("splits")
    machines = naming.distinct_machines(splits, by=by) if splits else []
    if splits:
        fit_splits(splits, decimals=decimals)
    said = {machine.pk: split["quantity"] for machine, split in zip(machines, splits or (), strict=True)}
    planned = preview_of(order_id, by=by, line_id=line_id, target=values["quantity_target"])
    actions.adjust_quantity(
        order_id=order_id,
        by=by,
        target=values["quantity_target"],
        reason=values["reason"],
        line_id=line_id,
        shares=said or None,
    )
    by_code = {machine.code: said[machine.pk] for machine in machines}
    for share in planned["perMachine"]:
        share["proposed"] = by_code.get(share["machineCode"], share["proposed"])
    return answer(order_id, by=by, adjustment={**planned, "reason": values["reason"]})


def preview_of(order_id: int, *, by: Actor, line_id: int | None, target: Any) -> dict[str, Any]:
    """What a new target would mean: shares, whether they must be said, and warnings that never refuse."""
    planned = warnings.plan_adjustment(order_id=order_id, by=by, line_id=line_id, target=target)
    return {
        "quantityTarget": target,
        "current": planned.current,
        "perMachine": [
            {
                "machineCode": share.machine_code,
                "current": share.current,
                "proposed": share.proposed,
                "produced": share.produced,
            }
            for share in planned.shares
        ],
        "needsAllocation": planned.needs_allocation,
        "warnings": [{"code": found.code, "message": found.message, "data": found.data} for found in planned.warnings],
    }

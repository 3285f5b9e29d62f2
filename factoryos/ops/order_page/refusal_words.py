"""What a refusal of the core says to a person: a sentence without field names of any API, and the form's field it is about."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import shortest
from factoryos.ops.order_page import words
from factoryos.ops.refusals import STATUS_OF_KIND

_TYPED_WRONGLY = frozenset({"quantity_mismatch", "allocation_required"})
# The core's field → (the form's field, the sentence).
_INVALID = {
    "reason": ("reason", "Say why; it is kept in the history."),
    "line": ("line", "The order has several lines: choose one."),
    "lines": ("__all__", "The order has several lines: fill in every one of them."),
    "target": ("target", "That is the present target already."),
    "shares": (
        "__all__",
        "The quantities do not add up to the order's target, or a machine is missing or named twice.",
    ),
    "machine": ("machine", "Choose a machine that this order is assigned to."),
    "method": ("method", "Choose a method of this order's product."),
    "serial_numbers": ("serial_numbers", "Write one serial number for each good piece."),
    "occurred_at": ("occurred_at", "The time must lie between the order's start and now."),
    "planned_end": ("planned_end", "The planned end must be after the planned start."),
    "shipment.quantity": ("quantity", "No more can be shipped than was good."),
    "text": ("text", "Write something, in at most 2000 characters."),
}


_TAKEN = {
    "serialNumbers": ("serial_numbers", "Serial number {value} is known already."),
    "lotNumber": ("lot", "Lot {value} is known with another best-before date."),
    "barcode": ("barcode", "{value} is the bar code of another lot, or the lot has another bar code."),
    "reference": ("reference", "Another order is called {value} already."),
    "item": ("item", "{value} is on this order already."),
}


def told(problem: Problem) -> tuple[str | None, str]:
    """(field of the form or None, sentence)."""
    if problem.code == "validation_failed":
        field, sentence = _INVALID.get(
            str(problem.data.get("field")), (None, "This cannot be done as it was filled in.")
        )
        return (None if field == "__all__" else field), sentence
    if problem.code in _SAYINGS:
        return _SAYINGS[problem.code](problem.data)
    return None, _sentence(problem.text)


def status(problem: Problem) -> int:
    """The status of the page that tells it. What a verb judged and is remembered has lost its kind but not its code."""
    return 422 if problem.code in _TYPED_WRONGLY else STATUS_OF_KIND.get(problem.kind, 500)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _number(value: Any) -> str:
    """A refusal that was remembered holds its decimals as texts."""
    try:
        return shortest(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _illegal(data: Mapping[str, Any]) -> tuple[str | None, str]:
    what = words.label(str(data["verb"])).lower()
    return None, f"{data['reference']} is {words.state_word(data['state']).lower()} now: “{what}” is not possible."


def _not_open(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, f"{data['reference']} is {words.state_word(data['state']).lower()} and cannot be changed any more."


def _role(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, f"Your role does not allow this: ask {words.whom_to_ask(str(data['verb']))}."


def _too_many(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return "good", (
        f"That would make {_number(data['would_be'])} good pieces; at most {_number(data['allowed'])} are allowed here."
    )


def _below_zero(data: Mapping[str, Any]) -> tuple[str | None, str]:
    totals = data["totals"]
    return None, (
        f"The correction takes away more than was booked ({_number(totals['good'])} good and "
        f"{_number(totals['rejected'])} rejected on this line, and no less on the machine)."
    )


def _mismatch(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return "final", (
        f"{_number(data['good'])} good and {_number(data['rejected'])} rejected do not add up to {_number(data['produced'])}."
    )


def _split(data: Mapping[str, Any]) -> tuple[str | None, str]:
    parts = ", ".join(f"{share['machine']} {_number(share['quantity'])}" for share in data["proposed"])
    return None, f"The order runs on several machines: say how the new quantity is split. In proportion: {parts}."


def _material(data: Mapping[str, Any]) -> tuple[str | None, str]:
    """Every component that is short: how much is needed and how much is free. Nothing was reserved of the others."""
    missing = data["missing"]
    told = [
        f"{part['name']} ({part['sku']}): {words.amount_of(part, 'required')} needed, "
        f"{words.amount_of(part, 'available')} free, {words.amount_of(part, 'short')} short"
        for part in missing[: words.FEW_PARTS]
    ]
    if len(missing) > words.FEW_PARTS:
        told.append(f"and {len(missing) - words.FEW_PARTS} more")
    return None, f"There is not enough material. {'; '.join(told)}. Nothing was reserved."


def _stock(data: Mapping[str, Any]) -> tuple[str | None, str]:
    lot = f" of lot {data['lot']}" if data.get("lot") else ""
    return None, (
        f"{_number(data['wanted'])} of {data['sku']}{lot} would leave the stock, but only {_number(data['available'])} "
        "are free there: the others were used or shipped, or are promised."
    )


def _taken(data: Mapping[str, Any]) -> tuple[str | None, str]:
    field, sentence = _TAKEN.get(str(data["field"]), (None, "{value} is taken already."))
    return field, sentence.format(value=data["value"])


def _line_was_made(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, (
        f"{data['sku']} was made already ({_number(data['good'])} good, {_number(data['rejected'])} rejected): it stays on "
        f"{data['reference']}."
    )


def _lot_missing(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, f"There is no lot or serial number {data['lot']} of {data['sku']}."


def _lot_short(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, (
        f"Lot {data['lot']} of {data['sku']} holds {_number(data['available'])} that may be taken, "
        f"not {_number(data['wanted'])}."
    )


def _serials_incomplete(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, (
        f"{data['sku']} is kept by serial number: name all {_number(data['wanted'])} that were used; "
        f"{_number(data['named'])} were named."
    )


def _over_limit(data: Mapping[str, Any]) -> tuple[str | None, str]:
    return None, (
        f"No more than {_number(data['available'])} of {data['sku']} may be used for what was ordered; "
        f"{_number(data['wanted'])} were named."
    )


_SAYINGS: dict[str, Callable[[Mapping[str, Any]], tuple[str | None, str]]] = {
    "illegal_transition": _illegal,
    "not_open": _not_open,
    "role_missing": _role,
    "over_production": _too_many,
    "total_below_zero": _below_zero,
    "quantity_mismatch": _mismatch,
    "allocation_required": _split,
    "material_short": _material,
    "stock_short": _stock,
    "duplicate": _taken,
    "line_has_production": _line_was_made,
    "lot_missing": _lot_missing,
    "lot_short": _lot_short,
    "serials_incomplete": _serials_incomplete,
    "over_limit": _over_limit,
    "not_a_part": lambda data: (None, "Something was named as used that is no part of what is made here."),
    "idempotency_key_reused": lambda data: (None, "This form was sent before with other values. Send it once more."),
    "idempotency_in_progress": lambda data: (None, "The same form is still being worked on. Look again in a moment."),
    "machine_busy": lambda data: (None, f"{_sentence(str(data['clashes']))} Pause or complete that order first."),
}

"""Numbers and sentences about many orders."""

from typing import Any

from factoryos.ops.models import BulkOperation

_THIN = "\u202f"  # narrow no-break space between thousands


def grouped(number: int) -> str:
    """`1 240`, with a space that does not break."""
    return f"{int(number):,}".replace(",", _THIN)


def orders(number: int) -> str:
    """`1 order`, `1 240 orders`."""
    return f"{grouped(number)} order{'' if number == 1 else 's'}"


def title_of(operation: BulkOperation, titles: dict[str, str]) -> str:
    """What was asked for, in words. `titles`: of each action, with `{orders}` for the number."""
    of = operation.undo_of
    if of is not None:
        return f"Undo: {title_of(of, titles)}"
    return titles[operation.action].format(orders=orders(operation.selected)) + _with(operation.parameters)


def _with(parameters: dict[str, Any]) -> str:
    told = parameters.get("place_name") or parameters.get("priority")
    return f": {told}" if told else ""

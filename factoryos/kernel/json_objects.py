"""JSON from outside, read strictly: what two readers could understand in two ways is refused."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

JsonObject = dict[str, Any]

DEEPEST = 20
# Beyond any quantity, but well within what Decimal can calculate with (1e9999999 would overflow where it is compared).
LARGEST_EXPONENT = 1000


class Malformed(ValueError):
    """No JSON object, or none that is taken here. Its text is the reason, and may be told."""


def parse(raw: bytes) -> JsonObject:
    """`raw` as a JSON object: UTF-8, no NaN, no key twice, at most DEEPEST levels. Problem: Malformed.

    Numbers with a fraction or an exponent come as Decimal.
    """
    value = _value(raw)
    if not isinstance(value, dict):
        raise Malformed("it is something else")
    # Counting brackets is much cheaper than walking, and nearly every body has fewer than it may have levels.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and is_deeper(value, than=DEEPEST):
        raise Malformed(f"more than {DEEPEST} levels")
    return value


def _value(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode(),
            parse_float=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except Malformed:
        raise
    except RecursionError:
        raise Malformed(f"more than {DEEPEST} levels") from None
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:
        raise Malformed("a number has too many digits") from None


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Malformed("a number is out of range") from None
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Malformed("a number is out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("a key occurs twice")
    return value


def is_deeper(value: Any, *, than: int) -> bool:
    """Whether `value` holds lists or objects in more than so many levels, itself the first."""
    level = [value]
    for _ in range(than):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True

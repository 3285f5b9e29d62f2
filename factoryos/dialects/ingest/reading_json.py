"""A body's bytes as JSON, read strictly and without loss: what a row says is known to the digit, and never crashes.

A key twice spoils its own object only: the reader keeps both the last value and the fact (`Repeated`), and whoever holds the
object judges. Numbers that are no plain whole number, or an endless one, stay the text they were (`Digits`).
"""

import json
from typing import Any, NamedTuple, NoReturn

from factoryos.dialects.ingest.catalogue import NOT_JSON, Refused
from factoryos.kernel.json_objects import DEEPEST, is_deeper

# Enough for every number of 64 bits. Python itself refuses to read more than some thousand digits.
_LONGEST_WHOLE = 40


class Digits(NamedTuple):
    """A number literal as it was sent: one with a fraction or an exponent, or a whole one of very many digits."""

    text: str
    whole: bool


class Repeated(dict[str, Any]):
    """An object in which these keys occur more than once. It holds the last value of each."""

    keys_twice: tuple[str, ...] = ()


def parse_object(raw: bytes) -> dict[str, Any]:
    """`raw` as a JSON object. Problem: Refused (NOT_JSON).

    Strings may hold lone surrogates. Whole numbers are exact ints; other numbers are Digits.
    """
    value = _value(raw)
    if not isinstance(value, dict):
        raise _refused("it is something else")
    if _may_be_deep(raw, value) and is_deeper(value, than=DEEPEST):
        raise _refused(f"more than {DEEPEST} levels")
    return value


def _value(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode(),
            parse_int=_whole,
            parse_float=_other,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise _refused(f"more than {DEEPEST} levels") from None
    except UnicodeDecodeError:
        raise _refused("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refused(f"{error.msg} at line {error.lineno}, column {error.colno}") from None


def _whole(text: str) -> int | Digits:
    return int(text) if len(text) <= _LONGEST_WHOLE else Digits(text, whole=True)


def _other(text: str) -> Digits:
    return Digits(text, whole=False)


def _no_constant(name: str) -> NoReturn:
    raise _refused(f"{name} is not a number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _repeated(pairs)


def _repeated(pairs: list[tuple[str, Any]]) -> Repeated:
    value = Repeated()
    twice: dict[str, None] = {}
    for key, inner in pairs:
        if key in value:
            twice[key] = None
        value[key] = inner
    value.keys_twice = tuple(twice)
    return value


def _may_be_deep(raw: bytes, value: dict[str, Any]) -> bool:
    """Whether there are more brackets than the outermost object, its array and the rows in it have. Far cheaper than a walk."""
    data = value.get("data")
    rows = sum(isinstance(row, dict) for row in data) if isinstance(data, list) else 0
    return raw.count(b"{") + raw.count(b"[") > rows + 2


def _refused(reason: str) -> Refused:
    return Refused(NOT_JSON, reason=reason)

"""Where a page of the list begins, as it stands in an address: a token that says the position of the row before it.

A token is no secret and no right: it holds what its reader has seen, and whatever it says, only the factory's own
orders lie behind it. So it is checked for shape and not signed.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from factoryos.kernel.text import is_safe
from orders.listing import Found, Position, Sort, walk

PAGE = 50  # rows
_LONGEST = 4000  # characters of a token: a reference of 512 characters fits, each of four bytes
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """The positions of a page's rows from top to bottom, and the tokens of its neighbours where there are any."""

    positions: list[Position]
    before: str | None
    after: str | None


def token(position: Position) -> str:
    key = position.key.isoformat() if isinstance(position.key, datetime) else position.key
    return urlsafe_b64encode(orjson.dumps([key, position.id])).decode().rstrip("=")


def position_of(text: str, *, sort: Sort[Any]) -> Position | None:
    """What a token says, or None where it is none of this sort's."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        match orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))):
            case [key, int(number)] if 0 <= number <= _LARGEST_ID and not isinstance(number, bool):
                known, value = _key(key, sort=sort)
                return Position(value, number) if known else None
    except (binascii.Error, ValueError, OverflowError):
        pass
    return None


def _key(value: Any, *, sort: Sort[Any]) -> tuple[bool, Any]:
    """Whether the value can be a key of the sort, and the key."""
    if sort.key is None or value is None:
        return value is None and (sort.key is None or sort.has_nulls), None
    if sort.kind is datetime and isinstance(value, str):
        instant = datetime.fromisoformat(value)
        return instant.tzinfo is not None and 1900 < instant.year < 9000, instant
    if sort.kind is int:
        return type(value) is int and 0 <= value <= 9, value
    return sort.kind is str and isinstance(value, str) and is_safe(value), value


def page(found: Found, *, sort: Sort[Any], query: Mapping[str, str]) -> tuple[Page, bool]:
    """The page that `after` or `before` of a query asks for, and whether what they said was understood."""
    after, before = query.get("after", ""), query.get("before", "")
    start = position_of(after or before, sort=sort) if bool(after) != bool(before) else None
    understood = start is not None or not (after or before)
    backwards = start is not None and bool(before)
    positions = walk(found, sort=sort, start=start, backwards=backwards, limit=PAGE + 1)
    more, positions = len(positions) > PAGE, positions[:PAGE]
    if backwards:
        positions.reverse()
    elsewhere = start is not None and bool(positions)
    return Page(
        positions,
        before=token(positions[0]) if (more if backwards else elsewhere) and positions else None,
        after=token(positions[-1]) if (elsewhere if backwards else more) and positions else None,
    ), understood

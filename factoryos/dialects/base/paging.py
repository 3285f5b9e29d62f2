"""Pages of a list: limits, and the opaque cursor that says after which row the next page begins."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import IntegerField, TextField
from factoryos.dialects.base.requests import QueryRequest, Values
from factoryos.kernel.problems import Invalid
from factoryos.kernel.text import is_safe

LARGEST_PAGE = 100
DEEPEST_OFFSET = 1_000_000_000
_LONGEST_CURSOR = 1000
_BIGINT = 2**63

CursorKey = tuple[int | str | None, ...]


def encode_cursor(key: CursorKey) -> str:
    """An opaque name for a place in a list: the sort key of the last row shown."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *, types: tuple[Any, ...]) -> CursorKey:
    """The key that `cursor` names. `types` are those of the list's sort key. Problem: Invalid for any damage."""
    try:
        key = orjson.loads(base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise _damaged() from None
    if not isinstance(key, list) or len(key) != len(types) or encode_cursor(tuple(key)) != cursor:
        raise _damaged()
    if not all(_is_sound(value, kind) for value, kind in zip(key, types, strict=True)):
        raise _damaged()
    return tuple(key)


def _is_sound(value: Any, kind: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    if isinstance(value, int):
        return -_BIGINT <= value < _BIGINT
    return not isinstance(value, str) or is_safe(value, multiline=True)


def _damaged() -> Invalid:
    return Invalid(messages=["cursor is damaged"], field="cursor")


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are asked for: `limit` rows from `offset`, or those after the row that `after` is the key of."""

    limit: int
    offset: int
    after: CursorKey | None


class PagedQuery(QueryRequest):
    """`limit`, `offset` and `cursor` of a list; its filters are added by subclasses."""

    limit = IntegerField(least=1, required=False, help_text="Rows a page; above 100 is served as 100.")
    offset = IntegerField(least=0, largest=DEEPEST_OFFSET, required=False, help_text="Rows to pass over.")
    cursor = TextField(
        max_length=_LONGEST_CURSOR, required=False, help_text="`nextCursor` of the page before, instead of `offset`."
    )

    def faults(self, values: Values) -> list[Fault]:
        if "offset" in values and "cursor" in values:
            return [Fault("cursor", "cursor should not be given together with offset")]
        if values.get("cursor") == "":
            return [Fault("cursor", "cursor should not be empty")]
        return []


def window_of(values: Values, *, default_limit: int = 50, key_types: tuple[Any, ...] = (int,)) -> Window:
    """The window that a PagedQuery's values ask for. Above 100 rows is served as 100. Problem: Invalid."""
    cursor = values.get("cursor")
    return Window(
        limit=min(values.get("limit", default_limit), LARGEST_PAGE),
        offset=values.get("offset", 0),
        after=decode_cursor(cursor, types=key_types) if cursor else None,
    )

"""The values of a row: what a text, a whole number and a timestamp must be, exactly.

Each reader takes a JSON value that is not null and gives it clean, or raises Unsound with what the catalogue says of it.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from factoryos.dialects.ingest.catalogue import (
    BLANK,
    FORBIDDEN_CHARACTER,
    NOT_A_STRING,
    NOT_A_TIME,
    NOT_A_WHOLE_NUMBER,
    OUT_OF_RANGE,
    TIMESTAMP_LAYOUT,
    TOO_LONG,
    Entry,
)
from factoryos.dialects.ingest.reading_json import Digits
from factoryos.kernel.text import is_safe

LONGEST_TEXT: Final = 255  # characters, not bytes
LARGEST_NUMBER: Final = 2**63 - 1

_PLAIN_LENGTH = len("YYYY-MM-DD HH:MM:SS")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: ?([+-])(\d\d):(\d\d))?", re.ASCII)
_LARGEST_OFFSET = timedelta(hours=14)


class Unsound(Exception):
    """A value was refused, for these reasons."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = entries
        super().__init__()


def read_text(value: Any) -> str:
    """A string of 1 to 255 characters, verbatim."""
    if type(value) is not str:
        raise Unsound(NOT_A_STRING)
    if not value or value.isspace():
        raise Unsound(BLANK)
    too_long = len(value) > LONGEST_TEXT
    # What is printable has no control character and no half pair; the other way round that is not so.
    unsafe = not value.isprintable() and not is_safe(value)
    if too_long or unsafe:
        raise Unsound(*([TOO_LONG] if too_long else []), *([FORBIDDEN_CHARACTER] if unsafe else []))
    return value


def read_status(value: Any) -> str | None:
    """A string of 0 to 255 characters; none at all is None."""
    return None if type(value) is str and not value else read_text(value)


def read_number(value: Any) -> int:
    """A whole number of pieces, 0 to LARGEST_NUMBER. true is none, and neither is 498.0."""
    if type(value) is Digits and value.whole:
        raise Unsound(OUT_OF_RANGE)
    if type(value) is not int:
        raise Unsound(NOT_A_WHOLE_NUMBER)
    if not 0 <= value <= LARGEST_NUMBER:
        raise Unsound(OUT_OF_RANGE)
    return value


def read_instant(value: Any) -> str:
    """A timestamp as UTC text `YYYY-MM-DD HH:MM:SS`. Without an offset it is UTC already."""
    if type(value) is not str:
        raise Unsound(NOT_A_STRING)
    if not value or value.isspace():
        raise Unsound(BLANK)
    found = _TIMESTAMP.fullmatch(value)
    if found is None:
        raise Unsound(TIMESTAMP_LAYOUT)
    plain, sign, hours, minutes = found.groups()
    try:
        instant = datetime.fromisoformat(plain)
        if sign:
            instant = instant.replace(tzinfo=_offset(sign, int(hours), int(minutes))).astimezone(UTC)
    except (ValueError, OverflowError):  # no such day or time; or the shift leads out of the years 1 to 9999
        raise Unsound(NOT_A_TIME) from None
    return as_text(instant)


def read_plain_instant(value: Any) -> str | None:
    """The same text, if it is a real time in the seed's own layout, without an offset: nearly every one is. Else None.

    Quicker than a pattern: what comes out as it went in has exactly the layout that Python writes.
    """
    if type(value) is not str or len(value) != _PLAIN_LENGTH:
        return None
    try:
        return value if str(datetime.fromisoformat(value)) == value else None
    except ValueError:
        return None


def as_text(instant: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS`, whatever the zone; parts of a second are dropped."""
    return instant.isoformat(" ", "seconds")[:_PLAIN_LENGTH]


def _offset(sign: str, hours: int, minutes: int) -> timezone:
    """Raises ValueError where there is no such offset."""
    ahead = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or ahead > _LARGEST_OFFSET:
        raise ValueError("no offset on earth")
    return timezone(ahead if sign == "+" else -ahead)

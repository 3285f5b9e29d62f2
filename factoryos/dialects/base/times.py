"""Times in requests: ISO 8601 with any offset, to UTC; bare dates where a filter takes them."""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.fields import StrictField
from factoryos.kernel import clock

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A raw + in a query arrives as a blank.
_LOST_PLUS = re.compile(r"([T ]\d{2}:\d{2}[0-9:.,]*) (\d{2}:?\d{2})", re.ASCII)


class TimeField(StrictField):
    """An instant in UTC. With `dates`, a bare date is taken too and stays a date: `instant_of` knows what it means."""

    def __init__(self, *, dates: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dates = dates

    def from_text(self, text: str) -> object:
        found = _LOST_PLUS.search(text)
        return text[: found.start()] + found[1] + "+" + found[2] if found and found.end() == len(text) else text

    def read(self, value: Any) -> datetime | date:
        if not isinstance(value, str):
            raise Wrong.must("must be a valid ISO 8601 date string")
        text = value.strip()
        try:
            if self.dates and _DATE.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:  # the 30th of February
            instant = None
        else:
            instant = clock.instant(text)
        if instant is None:
            raise Wrong.must("must be a valid ISO 8601 date string")
        return instant


def instant_of(value: datetime | date, *, zone: ZoneInfo) -> datetime:
    """The instant itself, or the start of the day in the factory's zone."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.combine(value, time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first and last day that a calendar has
        return datetime.combine(value, time.min, tzinfo=UTC)

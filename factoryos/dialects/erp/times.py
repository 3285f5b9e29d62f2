"""Times as the ERP API writes and reads them: UTC with Z, no fraction where it is zero; bare dates in filters."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from factoryos.dialects.base import times
from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.times import instant_of

_LAST = timedelta(microseconds=1)


def moment(instant: datetime) -> str:
    """`instant` as 2026-04-01T06:00:00Z, or 2026-04-01T06:00:00.120Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23].removesuffix(".000") + "Z"


def moment_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else moment(instant)


class TimeField(times.TimeField):
    """An instant in UTC; refused in this API's words."""

    def read(self, value: Any) -> datetime | date:
        try:
            return super().read(value)
        except Wrong:
            raise Wrong.must("must be an ISO 8601 date") from None


def start_of(value: datetime | date, *, zone: ZoneInfo) -> datetime:
    """The instant itself, or the first of the day in the factory's zone."""
    return instant_of(value, zone=zone)


def end_of(value: datetime | date, *, zone: ZoneInfo) -> datetime:
    """The instant itself, or the last of the day in the factory's zone (its days may have 23 or 25 hours)."""
    if isinstance(value, datetime):
        return value
    if value == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return instant_of(value + timedelta(days=1), zone=zone) - _LAST

"""What time it is: the one seam through which the code reads the clock, so that a test can hold it still."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII)


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _source()


def in_zone(instant: datetime, zone: tzinfo) -> datetime:
    """An instant by the clocks of a zone. The calendar's last hours, which have no such time in the east, stay in UTC."""
    try:
        return instant.astimezone(zone)
    except OverflowError:
        return instant.astimezone(UTC)


def use(source: Callable[[], datetime] | None) -> None:
    """Read the time from `source` instead; None goes back to the system clock. For tests."""
    global _source
    _source = source or _system


def instant(text: str) -> datetime | None:
    """The instant that `text` spells in ISO 8601, in UTC; without an offset it is taken for UTC. None if it is none."""
    spelled = text.strip().upper()
    if not _INSTANT.fullmatch(spelled):
        return None
    try:
        found = datetime.fromisoformat(spelled)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February; the year 1 west of Greenwich
        return None

"""What time it is: the one seam through which the code reads the clock, so that a test can hold it still."""

from collections.abc import Callable
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _source()


def use(source: Callable[[], datetime] | None) -> None:
    """Read the time from `source` instead; None goes back to the system clock. For tests."""
    global _source
    _source = source or _system

"""Spans of time in a few words, as somebody at a machine would say them."""

from datetime import datetime

_STEPS = ((60, "s"), (60, "min"), (24, "h"), (14, "d"), (None, "wk"))


def spelled(instant: datetime, *, now: datetime) -> str:
    """How long ago or ahead: `just now`, `3 min ago`, `in 2 d`."""
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    words = length(abs(seconds))
    return f"{words} ago" if seconds > 0 else f"in {words}"


def length(seconds: float) -> str:
    """A span in its largest fitting unit: `45 s`, `3 min`, `5 h`, `2 d`, `3 wk`."""
    value = seconds
    for size, unit in _STEPS:
        if size is None or value < size:
            return f"{int(value)} {unit}"
        value /= size if unit != "d" else 7
    raise AssertionError("the last step has no end")

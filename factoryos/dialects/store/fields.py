"""Fields as the store API reads them: numbers and booleans also as text, instants as epoch milliseconds.

The published examples print defaults as text (`"state": "0"`), and XML knows nothing but text; out, all are native.
Null is read only where a field takes it (`allow_null`); empty text is a text, but neither a number nor a date.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.fields import StrictField, fits
from factoryos.dialects.base.fields import TextField as TrimmedText
from factoryos.dialects.base.operations import Json
from factoryos.kernel.quantities import DECIMAL_PLACES, shortest
from factoryos.kernel.text import is_safe

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_BLANK = " \t\r\n"
TOO_MUCH = Decimal(10) ** 12
_LONGEST_INTEGER = 10**40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT = 2**31
_BIGINT = 2**63


def number_in(value: Any) -> Decimal | None:
    """The finite number that `value` is, as a JSON number or spelled as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        spelled = value.strip(_BLANK)
        return Decimal(spelled) if _NUMBER.fullmatch(spelled) else None
    if isinstance(value, int):  # whose size nobody bounded yet: making a Decimal of every digit costs
        bounded = abs(value) < _LONGEST_INTEGER
        return Decimal(value if bounded else (_LONGEST_INTEGER if value > 0 else -_LONGEST_INTEGER))
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _is_whole(number: Decimal) -> bool:
    return fits(number, decimals=0)


class NumberField(StrictField):
    """A quantity, price or duration: 0 ≤ x < 10^12, at most 15 decimals, exact."""

    def __init__(self, *, positive: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.positive = positive

    @property
    def published(self) -> Json:
        least: Json = {"exclusiveMinimum": 0} if self.positive else {"minimum": 0}
        filled = "(?=.*[1-9])" if self.positive else ""
        return _either(
            {"type": "number", **least, "exclusiveMaximum": int(TOO_MUCH)},
            rf"^{filled}[0-9]{{1,12}}(\.[0-9]{{1,{DECIMAL_PLACES}}})?$",
        )

    def read(self, value: Any) -> Decimal:
        number = number_in(value)
        if number is None or number < 0 or (self.positive and not number):
            raise Wrong.must("must be a positive number" if self.positive else "must be a number of at least 0")
        if number >= TOO_MUCH:
            raise Wrong.must(f"must be less than {TOO_MUCH}")
        if not fits(number, decimals=DECIMAL_PLACES):
            raise Wrong.must(f"must not have more than {DECIMAL_PLACES} decimal places")
        return Decimal(shortest(number))


class WholeField(StrictField):
    """A whole number between two bounds (32 bits where none are said). 2.0 is one, true is not."""

    def __init__(self, *, least: int = -_INT, largest: int = _INT - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.largest = least, largest

    @property
    def published(self) -> Json:
        native = {"type": "integer", "minimum": self.least, "maximum": self.largest}
        if self.least >= 0 and self.largest < 10:
            return _either(native, f"^[{self.least}-{self.largest}]$")
        digits = len(str(self.largest)) - 1  # as many as are surely within the bounds
        return _either(native, rf"^{'-?' if self.least < 0 else ''}[0-9]{{1,{digits}}}$")

    def read(self, value: Any) -> int:
        number = number_in(value)
        if number is None or not _is_whole(number):
            raise Wrong.must("must be an integer number")
        if number < self.least:
            raise Wrong.must(f"must not be less than {self.least}")
        if number > self.largest:
            raise Wrong.must(f"must not be greater than {self.largest}")
        return int(number)


class IdField(WholeField):
    """A 64-bit id. Whether there is such a thing is asked later, inside the factory."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=-_BIGINT, largest=_BIGINT - 1, **kwargs)


class YesNoField(StrictField):
    """true, false, 1 or 0, as they are or as text in any case."""

    published: Json = {
        "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^([tT]rue|[fF]alse|TRUE|FALSE|1|0)$"}]
    }

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        known: bool | None = None
        if isinstance(value, str):
            known = {"true": True, "false": False, "1": True, "0": False}.get(value.strip(_BLANK).lower())
        elif isinstance(value, int) and value in (0, 1):
            known = bool(value)
        if known is None:
            raise Wrong.must("must be true or false")
        return known


class MillisecondsField(StrictField):
    """An instant in epoch milliseconds, UTC, from the year 1900 to 9999."""

    FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)

    @property
    def published(self) -> Json:
        bounds = {"minimum": _milliseconds(self.FIRST), "maximum": _milliseconds(self.LAST)}
        return _either({"type": "integer", **bounds}, "^[0-9]{1,14}$")

    def read(self, value: Any) -> datetime:
        number = number_in(value)
        if number is None or not _is_whole(number):
            raise Wrong.must("must be a date in epoch milliseconds")
        if not _milliseconds(self.FIRST) <= number <= _milliseconds(self.LAST):
            raise Wrong.must("must be a date between the years 1900 and 9999, in epoch milliseconds")
        return _EPOCH + int(number) * _MILLISECOND


class VerbatimField(TrimmedText):
    """Safe text, kept to the last blank. "" is one, unless it is `filled`: then it may be neither empty nor blank."""

    def __init__(self, *, max_length: int = 255, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, verbatim=True, **kwargs)

    def read(self, value: Any) -> str:
        if value is None and self.filled:
            raise Wrong.must("should not be empty")
        if not isinstance(value, str):
            raise Wrong.must("must be a string")
        if len(value) > self.max_length:
            raise Wrong.must(f"must be shorter than or equal to {self.max_length} characters")
        if not is_safe(value, multiline=True):
            raise Wrong.must("must not contain control characters")
        if not self.multiline and not is_safe(value):
            raise Wrong.must("must be one line")
        if self.filled and not value.strip():
            raise Wrong.must("should not be empty")
        return value


def milliseconds(instant: datetime | None) -> int | None:
    """An instant as this API shows it; what is finer than a millisecond is cut off."""
    return None if instant is None else _milliseconds(instant)


def _milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MILLISECOND


def _either(native: Json, pattern: str) -> Json:
    """What is taken as it is, or spelled as text. In text also other spellings pass: 5e2, +1, blanks around it."""
    return {"anyOf": [native, {"type": "string", "pattern": pattern}]}

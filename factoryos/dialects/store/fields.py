"""Fields as the store API reads them: numbers and booleans also as text, instants as epoch milliseconds.

The published examples print defaults as text (`"state": "0"`), and XML knows nothing but text; out, all are native.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.fields import IntegerField as StrictInteger
from factoryos.dialects.base.fields import StrictField, fits
from factoryos.kernel.quantities import DECIMAL_PLACES

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
TOO_MUCH = Decimal(10) ** 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT = 2**31
_BIGINT = 2**63


def number_in(value: Any) -> Decimal | None:
    """The finite number that `value` is, as a JSON number or spelled as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**40 else TOO_MUCH.copy_sign(1 if value > 0 else -1)
    return value if isinstance(value, Decimal) and value.is_finite() else None


class NumberField(StrictField):
    """A quantity, price or duration: 0 ≤ x < 10^12, at most 15 decimals, exact."""

    def __init__(self, *, positive: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.positive = positive

    def read(self, value: Any) -> Decimal:
        number = number_in(value)
        if number is None or number < 0 or (self.positive and not number):
            raise Wrong.must("must be a positive number" if self.positive else "must be a number of at least 0")
        if number >= TOO_MUCH:
            raise Wrong.must("must be less than 1000000000000")
        if not fits(number, decimals=DECIMAL_PLACES):
            raise Wrong.must(f"must not have more than {DECIMAL_PLACES} decimal places")
        return Decimal(format(number, "f")) if number else Decimal(0)


class WholeField(StrictInteger):
    """A whole number between two bounds (32 bits where none are said), also spelled as text."""

    def __init__(self, *, least: int = -_INT, largest: int = _INT - 1, **kwargs: Any) -> None:
        super().__init__(least=least, largest=largest, **kwargs)

    def read(self, value: Any) -> int:
        number = number_in(value)
        return super().read(number if number is not None else value)


class IdField(WholeField):
    """A 64-bit id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=-_BIGINT, largest=_BIGINT - 1, **kwargs)


class YesNoField(StrictField):
    """true, false, 1 or 0, as they are or as text in any case."""

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        known = {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())
        if known is None or not isinstance(value, (str, int, Decimal)):
            raise Wrong.must("must be true or false")
        return known


class MillisecondsField(StrictField):
    """An instant in epoch milliseconds, UTC, from the year 1900 to 9999."""

    FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)

    def read(self, value: Any) -> datetime:
        number = number_in(value)
        if number is None or number != number.to_integral_value() or not fits(number, decimals=0):
            raise Wrong.must("must be a date in epoch milliseconds")
        if not milliseconds(self.FIRST) <= number <= milliseconds(self.LAST):
            raise Wrong.must("must be a date between the years 1900 and 9999, in epoch milliseconds")
        return _EPOCH + int(number) * _MILLISECOND


def milliseconds(instant: datetime | None) -> int | None:
    """An instant as this API shows it; what is finer than a millisecond is cut off."""
    return None if instant is None else (instant - _EPOCH) // _MILLISECOND

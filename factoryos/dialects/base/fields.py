"""Fields of a request: each takes a parsed JSON value and gives a clean one, or says what it must be.

They are DRF's fields by descent, so that serializers list them and the API's description can be drawn from them; the
reading is their own, for DRF's takes "1000" for a number and 1 for true, and reports in another form.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers

from factoryos.dialects.base.faults import Wrong
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.quantities import DECIMAL_PLACES, LARGEST, as_quantity, shortest
from factoryos.kernel.text import CODE, is_safe

LONGEST_NAME = 255
LONGEST_CODE = 40
_BIGINT = 2**63 - 1
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")


class StrictField(serializers.Field):  # type: ignore[type-arg]  # the stubs' four parameters say nothing here
    """A field of ours. A missing required value is read as None, so that both are told in the same words."""

    def from_text(self, text: str) -> object:
        """The JSON value that `text` spells in a query parameter."""
        return text

    def read(self, value: Any) -> Any:
        """`value`, clean. Raises Wrong."""
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> Any:
        return self.read(data)

    def to_representation(self, value: Any) -> Any:
        return value


class QuantityField(StrictField):
    """An amount as an exact Decimal. How many decimals it may have the product's unit says: see `requests.fit`."""

    def __init__(
        self,
        *,
        positive: bool = False,
        signed: bool = False,
        largest: Decimal | int = LARGEST,
        places: int = DECIMAL_PLACES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.largest, self.places = Decimal(largest), places
        self.least = -self.largest if signed else Decimal(0)
        self.zero_too = not positive
        self.kind = "a positive number" if positive else "a number" if signed else "a number of at least 0"

    def from_text(self, text: str) -> object:
        return Decimal(text) if _NUMBER.fullmatch(text) else None

    def read(self, value: Any) -> Decimal:
        amount = as_quantity(value)
        if amount is None or amount < self.least or (not amount and not self.zero_too):
            raise Wrong.must(f"must be {self.kind}")
        if amount > self.largest:
            raise Wrong.must(f"must not be greater than {shortest(self.largest)}")
        # Bounded on both sides, its digits are few enough to be exact in every calculation that follows.
        if not fits(amount, decimals=self.places):
            raise Wrong.must(f"must not have more than {self.places} decimal places")
        return _plain(amount)


def _plain(amount: Decimal) -> Decimal:
    """The same amount without an odd exponent: 2.5e2 is 250, and 1.000… with a hundred zeros is 1."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return amount if -DECIMAL_PLACES <= exponent <= 0 else amount.normalize() + 0


def fits(amount: Decimal, *, decimals: int) -> bool:
    """Whether `amount` needs no more than `decimals` decimal places: 250.0 and 2.5e2 need none. Never rounds."""
    _, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    beyond = -exponent - decimals
    return beyond <= 0 or not any(digits[-beyond:])


class IntegerField(StrictField):
    """A whole number between two bounds. 2.0 is one; "2" and true are not."""

    def __init__(self, *, least: int = 0, largest: int = _BIGINT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.largest = least, largest

    def from_text(self, text: str) -> object:
        return Decimal(text) if _NUMBER.fullmatch(text) else None

    def read(self, value: Any) -> int:
        number = as_quantity(value) if not isinstance(value, int) else value
        if number is None or isinstance(number, bool) or number != Decimal(number).to_integral_value():
            raise Wrong.must("must be an integer number")
        if number < self.least:
            raise Wrong.must(f"must not be less than {self.least}")
        if number > self.largest:
            raise Wrong.must(f"must not be greater than {self.largest}")
        return int(number)


class TextField(StrictField):
    """Text, trimmed and safe. Blank is refused where it is required; elsewhere it is "" (None where null is taken)."""

    def __init__(
        self,
        *,
        max_length: int = 255,
        multiline: bool = False,
        verbatim: bool = False,
        filled: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_length, self.multiline, self.verbatim = max_length, multiline, verbatim
        self.filled = filled or self.required  # `filled`: may be left out, but not blank

    def read(self, value: Any) -> Any:
        if value is None and self.filled:
            raise Wrong.must("should not be empty")
        if not isinstance(value, str):
            raise Wrong.must("must be a string")
        if not is_safe(value, multiline=True):
            raise Wrong.must("must not contain control characters")
        trimmed = value.strip()
        if not trimmed:
            return self._blank()
        text = value if self.verbatim else trimmed
        if not self.multiline and not is_safe(text):
            raise Wrong.must("must be one line")
        if len(text) > self.max_length:
            raise Wrong.must(f"must be shorter than or equal to {self.max_length} characters")
        return text

    def _blank(self) -> str | None:
        if self.filled:
            raise Wrong.must("should not be empty")
        return None if self.allow_null else ""


class CodeField(TextField):
    """A code to be given to something new. May not look like a uuid, or a look-up would not know which is meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_NAME, filled=True, **kwargs)

    def read(self, value: Any) -> Any:
        code = super().read(value)
        if code is not None and (not CODE.fullmatch(code) or parse_uuid(code) is not None):
            raise Wrong.must(f"must be 1 to {LONGEST_CODE} letters, digits, dots, dashes or underscores, and no uuid")
        return code


class NameOrIdField(TextField):
    """Names a thing by uuid or code. Whether there is such a thing is asked later, inside the factory."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_NAME, filled=True, **kwargs)


class UuidField(StrictField):
    """Names a thing by its uuid alone. Whether there is such a thing is asked later, inside the factory."""

    def read(self, value: Any) -> UUID:
        uuid = parse_uuid(value)
        if uuid is None:
            raise Wrong.must("must be a UUID")
        return uuid


class BooleanField(StrictField):
    def from_text(self, text: str) -> object:
        return {"true": True, "false": False}.get(text)

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Wrong.must("must be a boolean value")
        return value


class ChoiceField(serializers.ChoiceField):
    """One of a few words, exactly as they are spelled."""

    def from_text(self, text: str) -> object:
        return text

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise Wrong.must(f"must be one of {', '.join(map(str, self.choices))}")
        return value


class ListField(StrictField):
    """A list of values that `child` reads (a field or a nested request). Faults name the place: `splits.0.quantity`."""

    def __init__(self, *, child: Any, least: int = 0, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.child, self.least, self.most = child, least, most
        child.bind(field_name="", parent=self)

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Wrong.must("must be an array")
        if len(value) < self.least:
            raise Wrong.must("should not be empty" if self.least == 1 else f"must have at least {self.least} elements")
        if len(value) > self.most:
            raise Wrong.must(f"must not have more than {self.most} elements")
        return _each(value, self.child)


def _each(values: Sequence[Any], child: Any) -> list[Any]:
    clean, faults = [], []
    for place, value in enumerate(values):
        try:
            clean.append(child.read(value))
        except Wrong as wrong:
            faults += [fault.under(str(place)) for fault in wrong.faults]
    if faults:
        raise Wrong(faults)
    return clean

"""Form fields of the plant: amounts, times on the plant's clock, safe text. Everything is bounded."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from factoryos.kernel import clock
from factoryos.kernel.quantities import LARGEST, shortest
from factoryos.kernel.text import is_safe

_NUMBER = re.compile(r"([+-]?)(\d{1,30})(?:\.(\d{1,30}))?", re.ASCII)
_TIME = "%Y-%m-%dT%H:%M"
_YEARS = range(2000, 2101)
REASON, NOTES, BATCH, NAME = 500, 4000, 64, 200  # characters


class AmountField(forms.Field):
    """An amount in plain notation: no exponent, no NaN, no thousands separator, at most 10^9."""

    def __init__(self, *, signed: bool = False, positive: bool = False, decimals: int = 15, **more: Any) -> None:
        self.signed, self.positive, self.decimals = signed, positive, decimals
        widget = forms.TextInput(attrs={"inputmode": "decimal", "maxlength": 40, "autocomplete": "off"})
        super().__init__(**{"widget": widget} | more)

    def prepare_value(self, value: Any) -> Any:
        return shortest(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value or "").strip().replace("−", "-")
        if not text:
            return None
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise ValidationError("Write a number such as 250 or 2.5, with a point and no other signs.")
        number = Decimal(text)
        if abs(number) > LARGEST:
            raise ValidationError("At most 1000000000.")
        if len((match[3] or "").rstrip("0")) > self.decimals:
            raise ValidationError(
                f"At most {self.decimals} decimals in this unit." if self.decimals else "Whole numbers only."
            )
        return self._signed(number)

    def _signed(self, number: Decimal) -> Decimal:
        if self.positive and number <= 0:
            raise ValidationError("More than 0.")
        if number < 0 and not self.signed:
            raise ValidationError("Not less than 0.")
        return number


class PlantTimeField(forms.Field):
    """A time on the clock of the plant's wall, as an instant. In the hour that comes twice, the first one is meant."""

    def __init__(self, *, zone: ZoneInfo, **more: Any) -> None:
        self.zone = zone
        super().__init__(**{"widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_TIME)} | more)

    def prepare_value(self, value: Any) -> Any:
        return clock.in_zone(value, self.zone).strftime(_TIME) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            wall = datetime.strptime(text[:16], _TIME)  # noqa: DTZ007 the zone is the next line's business
        except ValueError:
            raise ValidationError("Write a date and a time, such as 2026-03-01T14:30.") from None
        if wall.year not in _YEARS or text[16:] not in ("", ":00"):
            raise ValidationError("Write a date between the years 2000 and 2100, to the minute.")
        instant = wall.replace(tzinfo=self.zone)
        there = instant.astimezone(ZoneInfo("UTC")).astimezone(self.zone)
        if there.replace(tzinfo=None) != wall:
            raise ValidationError("This time does not exist on that day: the clock is put forward over it.")
        return instant.astimezone(ZoneInfo("UTC"))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By the clock on the wall: an hour that comes twice and was not touched stays the instant it was."""
        return str(self.prepare_value(initial) or "") != str(data or "").strip()[:16]


class TextField(forms.CharField):
    """Text of people: bounded, without control characters; line breaks only where there are several lines."""

    def __init__(self, *, multiline: bool = False, **more: Any) -> None:
        self.multiline = multiline
        if multiline:
            more.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**more)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(str(value).replace("\r\n", "\n") if value else value) or "")
        if not is_safe(text, multiline=self.multiline):
            raise ValidationError("This text holds characters that cannot be kept.")
        return text

"""The fields of masters' forms, with the rules that any text or code must keep. Imports clean their cells with the same."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError

from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.quantities import DECIMAL_PLACES, LARGEST, shortest
from factoryos.kernel.text import CODE, is_safe

LARGEST_DURATION = 10_000_000  # minutes, or seconds a piece; far beyond any shift, well within the column


def one_line(text: str) -> None:
    """Refuse control characters, line breaks and what is no text at all."""
    if not is_safe(text):
        raise ValidationError("It must be one line without control characters.", code="unsafe")


def a_code(text: str) -> None:
    """Refuse what cannot be a code: it stands in addresses, and must not be taken for an id."""
    if not CODE.fullmatch(text) or parse_uuid(text):
        raise ValidationError(
            "A code has up to 40 letters, digits, dots, dashes and underscores, begins with a letter or digit, "
            "and does not look like a uuid.",
            code="no_code",
        )


def no_route(text: str) -> None:
    """A machine called like the route beside it could never be asked for."""
    if text.lower() == "bulk":
        raise ValidationError("A machine cannot be called bulk.", code="route")


class LineField(forms.CharField):
    """One line of safe text; `strip=False` keeps it to the letter, but never blank."""

    widget = AdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(one_line)

    def validate(self, value: str) -> None:
        super().validate(value)
        if self.required and not value.strip():
            raise ValidationError(self.error_messages["required"], code="required")


class CodeField(LineField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40} | kwargs)
        self.validators.append(a_code)


def in_this_age(day: date) -> None:
    """Refuse a slip of the hand, and dates at the end of the calendar, which no time zone can hold."""
    if not 2000 <= day.year < 2200:
        raise ValidationError("A date between 2000 and 2199.", code="no_such_age")


class DayField(forms.DateField):
    """A day, picked or typed; in which time zone it begins is for the page to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), validators=[in_this_age], **kwargs)


class PriceField(forms.DecimalField):
    """What one unit costs, exact; blank where nobody knows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=LARGEST, decimal_places=DECIMAL_PLACES, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return shortest(value) if isinstance(value, Decimal) else value


class DurationField(forms.DecimalField):
    """Seconds a piece or minutes an operation: exact, with four decimals."""

    def __init__(self, *, positive: bool, **kwargs: Any) -> None:
        least = Decimal("0.0001") if positive else Decimal(0)
        super().__init__(
            max_digits=12, decimal_places=4, min_value=least, max_value=Decimal(LARGEST_DURATION), **kwargs
        )

"""Amounts of things: exact decimals from the request to the row and back, never a float."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext

from django.db import models

LARGEST = Decimal(1_000_000_000)  # one amount in a request (contracts: |x| <= 10^9)
DECIMAL_PLACES = 15
ZERO = Decimal(0)


class QuantityField(models.DecimalField):  # type: ignore[type-arg]  # no brackets at run time
    """A total or balance: numeric(38,15), so that sums of entries never overflow."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_digits", 38)
        kwargs.setdefault("decimal_places", DECIMAL_PLACES)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


class EntryQuantityField(QuantityField):
    """One ledger entry's amount: numeric(27,15), at most 10^12."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_digits", 27)
        super().__init__(*args, **kwargs)


class PriceField(models.DecimalField):  # type: ignore[type-arg]  # no brackets at run time
    """A price for one unit, exact; null where nobody knows it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs = {"max_digits": 27, "decimal_places": DECIMAL_PLACES, "null": True, "blank": True, **kwargs}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


@contextmanager
def exactly() -> Iterator[None]:
    """In here (or in a function so decorated) sums of totals keep every digit; elsewhere Python rounds them at 28."""
    with localcontext(prec=60):
        yield


def shortest(amount: Decimal) -> str:
    """`amount` in plain notation without superfluous zeros: 1000, 2.5, 0; never an exponent, never -0."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def as_quantity(value: object) -> Decimal | None:
    """`value` (a parsed JSON number) as a finite Decimal; None for strings, booleans, null and what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    if isinstance(value, int) and abs(value) > LARGEST:
        return Decimal("Infinity").copy_sign(Decimal(1 if value > 0 else -1))
    number = Decimal(value)
    return number if number.is_finite() else None

"""Needs in exact fractions, and how they become decimals: multiplied first, rounded once, at the end."""

from decimal import Decimal
from fractions import Fraction

from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import DECIMAL_PLACES

LARGEST_NEED = 10**12  # what one ledger entry can hold


def at_any_size(*, per_unit: Fraction, units: Decimal) -> Fraction:
    """What `units` of the product take, however much it is: for those who only read."""
    return per_unit * Fraction(units)


def need(*, per_unit: Fraction, units: Decimal) -> Fraction:
    """What `units` of the product take. Problem: Invalid where no ledger could hold it."""
    amount = at_any_size(per_unit=per_unit, units=units)
    if amount >= LARGEST_NEED:
        raise Invalid(messages=["the components would be needed in amounts that cannot be counted"], field="quantity")
    return amount


def as_used(amount: Fraction) -> Decimal:
    """`amount` as the ledger holds it: to fifteen decimals, half to even. What is cumulative never drifts by it."""
    scaled = amount * 10**DECIMAL_PLACES
    return _decimal(round(scaled), places=DECIMAL_PLACES)


def as_reserved(amount: Fraction, *, decimals: int) -> Decimal:
    """`amount` rounded up to what the unit allows: half a box cannot be put aside."""
    scaled = amount * 10**decimals
    return _decimal(-(-scaled.numerator // scaled.denominator), places=decimals)


def _decimal(scaled: int, *, places: int) -> Decimal:
    return Decimal(f"{scaled}E-{places}")

"""Amounts: exact in, exact out, and nothing that is no number."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factoryos.kernel.quantities import LARGEST, as_quantity, shortest


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1000", "1000"), ("2.50", "2.5"), ("0", "0"), ("0.000", "0"), ("-0", "0"), ("-0.00", "0"), ("1E+3", "1000"),
     ("1E-9", "0.000000001"), ("-2.500", "-2.5"), ("1000.000000000000000", "1000"), ("100", "100")],
)  # fmt: skip
def test_the_shortest_notation_has_no_exponent_no_idle_zero_and_no_minus_zero(amount: str, text: str) -> None:
    assert shortest(Decimal(amount)) == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=15))
def test_the_shortest_notation_loses_nothing(amount: Decimal) -> None:
    text = shortest(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize("value", ["1000", True, False, None, [], {}, 1.5, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_finite_number_is_no_quantity(value: Any) -> None:
    assert as_quantity(value) is None


def test_a_number_too_large_for_anything_is_still_compared_in_an_instant() -> None:
    for huge in (10**100_000, -(10**100_000)):
        amount = as_quantity(huge)
        assert amount is not None
        assert abs(amount) > LARGEST
    assert as_quantity(10**9) == LARGEST
    assert as_quantity(Decimal("0.1")) == Decimal("0.1")

"""When two bodies are the same body: by value, exactly."""

from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.idempotency import fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 250}, {"a": Decimal("250.0")}),
        ({"a": Decimal("2.5e2")}, {"a": 250}),
        ({"a": 0}, {"a": Decimal("-0.00")}),
    ],
)
def test_the_same_value_spelled_differently_is_the_same(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": -1}),
        ({"a": 10}, {"a": 100}),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": Decimal("1." + "0" * 30 + "1")}, {"a": Decimal("1." + "0" * 30 + "2")}),
        ({"a": {"": "x"}}, {"a": "x"}),
    ],
)
def test_another_value_is_another_body(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)

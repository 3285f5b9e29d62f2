"""JSON out: exact decimals, UTC times."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factoryos.dialects.base.answers import dumps, json_answer


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1000", "1000"), ("1E+3", "1000"), ("2.500", "2.5"), ("-0.0", "0"), ("0.000000000000001", "0.000000000000001"),
     ("123456789012345678901234.5", "123456789012345678901234.5")],
)  # fmt: skip
def test_decimals_are_shown_shortest_and_exact(amount: str, shown: str) -> None:
    assert dumps({"a": Decimal(amount)}) == b'{"a":' + shown.encode() + b"}"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=15))
def test_no_decimal_passes_through_a_float(amount: Decimal) -> None:
    assert json.loads(dumps(amount), parse_float=Decimal, parse_int=Decimal) == amount


def test_times_are_utc_with_milliseconds() -> None:
    there = datetime(2026, 4, 20, 16, 0, 0, 120999, tzinfo=timezone(timedelta(hours=8)))
    assert (
        dumps([there, datetime(2026, 1, 1, tzinfo=UTC)]) == b'["2026-04-20T08:00:00.120Z","2026-01-01T00:00:00.000Z"]'
    )


def test_ids_are_lower_case() -> None:
    assert dumps(UUID("0196F0C2-6D1A-7C3E-9B41-2F6F0A4D7E10")) == b'"0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10"'


def test_what_is_no_json_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        dumps({"a": object()})


def test_an_answer_says_what_it_is() -> None:
    answer = json_answer({}, status=201, headers={"ETag": '"1"'})
    assert (answer.status, answer.body) == (201, b"{}")
    assert answer.headers == {"Content-Type": "application/json", "ETag": '"1"'}

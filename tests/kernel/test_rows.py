"""Rows as the texts of arrays: whatever a value looks like, the database reads the same."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factoryos.kernel.rows import as_columns

pytestmark = pytest.mark.django_db

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
awkward = st.sampled_from(["", "NULL", "null", '"', "\\", '\\"', "{}", "a,b", " a ", "\n"])


def read_back(kind: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value FROM unnest(%s::{kind}[]) AS value", as_columns([(value,) for value in values]))
        return [row[0] for row in cursor.fetchall()]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    st.lists(
        texts | st.none() | st.sampled_from(["", "NULL", "null", '"', "\\", '\\"', "{}", "a,b", " a ", "\n"]),
        min_size=1,
    )
)
def test_any_text_is_read_as_it_is(values: list[str | None]) -> None:
    assert read_back("text", values) == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, None, -(2**63)]),
        ("numeric", [Decimal("1E+3"), Decimal("-0.000000000000001"), Decimal(10**22), None]),
        ("bool", [True, False, None]),
        ("uuid", [UUID(int=1), None]),
        ("timestamptz", [datetime(2027, 3, 28, 1, 30, 0, 1, tzinfo=UTC), None]),
    ],
)
def test_every_kind_of_value_is_read_as_it_is(kind: str, values: list[Any]) -> None:
    assert read_back(kind, values) == values


def test_an_instant_is_the_same_whatever_its_zone() -> None:
    here = datetime(2027, 3, 28, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert read_back("timestamptz", [here]) == [here]


def test_columns_stand_side_by_side_and_rows_are_of_one_length() -> None:
    assert as_columns([(1, "a"), (2, None)]) == ["{1,2}", '{"a",NULL}']
    assert as_columns([]) == []
    with pytest.raises(ValueError, match="argument 2"):
        as_columns([(1, 2), (1,)])

"""The cursor: opaque, and of no use once damaged."""

import base64
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from factoryos.dialects.base.paging import PagedQuery, Window, decode_cursor, encode_cursor, window_of
from factoryos.dialects.base.requests import read_query
from factoryos.kernel.problems import Invalid


def window(query: str) -> Window:
    return window_of(read_query(PagedQuery, QueryDict(query)))


def refused(query: str) -> list[str]:
    with pytest.raises(Invalid) as problem:
        window(query)
    return list(problem.value.data["messages"])


def test_limits_of_the_contract() -> None:
    assert window("") == Window(limit=50, offset=0, after=None)
    assert window("limit=100&offset=7") == Window(limit=100, offset=7, after=None)
    assert window("limit=99999999999").limit == 100
    for bad in ("0", "-1", "x", "", "1.5", "1e", "99999999999999999999"):
        assert refused(f"limit={bad}"), bad
    for bad in ("-1", "x", "99999999999999999999"):
        assert refused(f"offset={bad}"), bad


def test_a_cursor_replaces_the_offset() -> None:
    cursor = encode_cursor((17,))
    assert window(f"cursor={cursor}").after == (17,)
    assert refused(f"cursor={cursor}&offset=0") == ["cursor should not be given together with offset"]
    assert refused("cursor=") == ["cursor should not be empty"]


@given(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]))))
def test_a_cursor_names_its_row(key: tuple[int, str]) -> None:
    assert decode_cursor(encode_cursor(key), types=(int, str)) == key


@given(st.text(max_size=60))
def test_a_cursor_of_ones_own_making_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(text, types=(int, str, int))


def spelled(json: str) -> str:
    return base64.urlsafe_b64encode(json.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "json", ["[true]", '["1"]', "[1.5]", "[1,2]", "[]", "{}", "1", "[ 1]", "[9223372036854775808]", "[null]", "[1"]
)
def test_a_forged_cursor_is_refused(json: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(spelled(json), types=(int,))


def test_a_cursor_brings_no_text_that_the_database_refuses() -> None:
    with pytest.raises(Invalid):
        decode_cursor(spelled('["\\u0000"]'), types=(str,))


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c + "=", lambda c: c + "A", lambda c: "é" + c])
def test_a_damaged_cursor_is_refused(change: Any) -> None:
    with pytest.raises(Invalid):
        decode_cursor(change(encode_cursor((123456,))), types=(int,))

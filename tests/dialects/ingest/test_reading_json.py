"""What is JSON here and what is not, and that nothing of it is lost or rounded."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from factoryos.dialects.ingest.catalogue import Refused
from factoryos.dialects.ingest.reading_json import Digits, Repeated, parse_object

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNREADABLE = {
    "nothing": b"",
    "cut off": b'{"data": [',
    "an array": b"[]",
    "null": b"null",
    "a number": b"7",
    "a string": b'"data"',
    "two values": b"{} {}",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "comment": b'{"a": 1} // one',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "-Infinity": b'{"a": -Infinity}',
    "leading zero": b'{"a": 007}',
    "plus": b'{"a": +7}',
    "hexadecimal": b'{"a": 0x7}',
    "Arabic-Indic digits": '{"a": ٧}'.encode(),
    "raw control character": b'{"a": "b\x00c"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "surrogate as bytes": b'{"a": "\xed\xa0\x80"}',
    "half an escape": b'{"a": "\\ud8"}',
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_whatever_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse_object(raw)
    assert refused.value.code == "DI_E_10001"
    [error] = refused.value.errors
    assert error["category"] == "REQUEST" and error["field"] is None
    assert error["message"].startswith("the body is not a JSON object: ")


def _nested(levels: int, *, opening: str = "[", closing: str = "]") -> bytes:
    """An object of so many levels."""
    inner = levels - 1
    return f'{{"a": {opening * inner}{closing * inner}}}'.encode()


def test_twenty_levels_are_read_and_one_more_is_refused() -> None:
    assert parse_object(_nested(20))
    for raw in (_nested(21), b'{"data": [' + _nested(19) + b"]}"):
        with pytest.raises(Refused, match="DI_E_10001"):
            parse_object(raw)
    assert parse_object(b'{"data": [' + _nested(18) + b"]}")


def test_a_hundred_thousand_levels_are_refused_like_twenty_one() -> None:
    for raw in (_nested(100_000), b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b'{"a": ' + b"[" * 1_000_000):
        with pytest.raises(Refused, match="DI_E_10001"):
            parse_object(raw)


def test_brackets_in_strings_are_no_levels() -> None:
    assert parse_object(json.dumps({"data": [{"status": "[{" * 50}]}).encode())


def test_a_key_twice_spoils_only_its_own_object() -> None:
    value = parse_object(b'{"data": [{"a": 1, "b": 2, "a": 3, "\\u0061": 4}, {"a": 1, "A": 2}]}')
    first, second = value["data"]
    assert type(value) is dict and type(second) is dict
    assert isinstance(first, Repeated) and first == {"a": 4, "b": 2} and first.keys_twice == ("a",)


def test_whole_numbers_are_exact_at_any_size() -> None:
    value = parse_object(b'{"a": [9007199254740993, 9223372036854775808, -1, 0, -0, 18446744073709551617]}')
    assert value["a"] == [9007199254740993, 9223372036854775808, -1, 0, 0, 18446744073709551617]
    assert {type(number) for number in value["a"]} == {int}


@pytest.mark.parametrize("digits", [41, 4_300, 4_301, 100_000])
def test_a_number_of_endless_digits_is_kept_as_text(digits: int) -> None:
    literal = "-1" + "0" * (digits - 1)
    assert parse_object(f'{{"a": {literal}}}'.encode()) == {"a": Digits(literal, whole=True)}


@pytest.mark.parametrize("literal", ["498.0", "4.98e2", "-0.0", "1e400", "1E-400", "1e999999999999999999999"])
def test_other_numbers_are_kept_as_text(literal: str) -> None:
    assert parse_object(f'{{"a": {literal}}}'.encode()) == {"a": Digits(literal, whole=False)}


def test_half_pairs_are_read_and_whole_pairs_are_one_character() -> None:
    assert parse_object(b'{"a": ["\\ud800", "\\ud83d\\ude00", "a\\u0000b"]}')["a"] == ["\ud800", "😀", "a\0b"]


@PATIENT
@given(some.binary(max_size=200) | some.text(alphabet='{}[]":,\\u0d8e+-.1Na \n', max_size=60).map(str.encode))
def test_bytes_are_an_object_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        assert isinstance(parse_object(raw), dict)
    except Refused as refused:
        assert refused.code == "DI_E_10001"


_SCALARS = some.none() | some.booleans() | some.integers(-(10**38), 10**38) | some.text(max_size=20)
_VALUES = some.recursive(
    _SCALARS, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=9
)


@PATIENT
@given(some.dictionaries(some.text(), _VALUES), some.booleans(), some.sampled_from([None, 1]))
def test_what_was_written_is_what_is_read(value: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    assert parse_object(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value

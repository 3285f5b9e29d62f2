"""Each rule of a row's columns: what is stored, and what is said of that which is not."""

import json
from typing import Any

import pytest

from orders.ingest.rows import StatedRow
from tests.dialects.ingest.stating import (
    MILL,
    PLANT,
    SENDER,
    SOUND,
    check,
    check_text,
    codes,
    literally,
    row,
    told,
    without,
)

TEXTS = ("product_id", "location_id", "order_number", "source_id", "status")
NUMBERS = ("ordered_units", "produced_units")
OPTIONAL = ("actual_start_date", "actual_end_date", "produced_units", "status")
REQUIRED = [name for name in SOUND if name not in OPTIONAL]


def test_the_seeds_row_is_stored_as_it_is_stated() -> None:
    checked = check(SOUND)
    assert checked.good == [
        StatedRow(
            place=0, factory_id=PLANT, order_number="MO-2025-001", product_id="PROD-001",
            updated_at="2025-01-12 18:00:00", source_id="LINE-001", ordered_at="2025-01-05 08:00:00", ordered_units=500,
            expected_start_date="2025-01-10 06:00:00", expected_end_date="2025-01-12 18:00:00",
            actual_start_date="2025-01-10 06:30:00", actual_end_date="2025-01-12 17:45:00", produced_units=498,
            status="completed",
        )
    ]  # fmt: skip
    assert (checked.failed, checked.faults, checked.warnings) == ([], [], [])


@pytest.mark.parametrize("value", [None, 7, "row", [], [SOUND], True])
def test_a_row_that_is_no_object_fails_as_a_whole(value: Any) -> None:
    checked = check(value)
    assert codes(checked) == [("20001", None)]
    assert told(checked)[0]["row"] == value and checked.failed[0].location_id is None


@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_column_may_be_neither_absent_nor_null(name: str) -> None:
    assert codes(check(without(name), row(**{name: None}))) == [("20002", name)] * 2


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_optional_column_that_is_absent_or_null_is_nothing(name: str) -> None:
    first, second = check(without(name), row(**{name: None})).good
    assert getattr(first, name) is None and first == second._replace(place=0)


def test_an_empty_row_lacks_every_required_column_in_the_order_of_the_table() -> None:
    assert codes(check({})) == [
        ("20002", name)
        for name in (
            "product_id", "location_id", "order_number", "updated_at", "source_id", "ordered_at", "ordered_units",
            "expected_start_date", "expected_end_date",
        )
    ]  # fmt: skip


# --- names ------------------------------------------------------------------------------------------------------------
def test_names_are_read_in_any_case() -> None:
    assert check({name.upper(): value for name, value in SOUND.items()}).good == check(SOUND).good
    assert check({name.title(): value for name, value in SOUND.items()}).good == check(SOUND).good


def test_two_names_that_mean_one_column_fail_and_so_does_one_name_twice() -> None:
    assert codes(check(row(PRODUCT_ID="PROD-001"))) == [("20007", "product_id")]
    text = json.dumps(SOUND)
    assert codes(check_text(text[:-1] + ', "product_id": "PROD-001"}')) == [("20007", "product_id")]
    assert codes(check_text(text[:-1] + ', "status": null, "STATUS": 7}')) == [("20007", "status")]
    # It may be required or not, sound or not: it is named once, for nobody knows which value was meant.
    assert codes(check_text(text[:-1] + ', "updated_at": 7, "updated_at": null}')) == [("20007", "updated_at")]


def test_an_unknown_column_fails_even_if_it_says_nothing() -> None:
    assert codes(check(row(produced_unit=None))) == [("20006", "produced_unit")]
    assert codes(check({**without("produced_units"), "produced_unit": 498})) == [("20006", "produced_unit")]
    assert codes(check(row(**{"product_id ": 1, "": 1, "produсt_id": 1}))) == [
        ("20006", "product_id "), ("20006", ""), ("20006", "produсt_id"),
    ]  # fmt: skip


def test_an_unknown_column_twice_is_both() -> None:
    assert codes(check(row(extra=1, Extra=2, EXTRA=3))) == [("20006", "extra"), ("20007", "extra")]


def test_names_of_unknown_columns_are_shown_cut_and_escaped() -> None:
    checked = check(row(**{"x" * 5_000: 1, "a\0\ud800": 1}))
    assert codes(checked) == [("20006", "x" * 100), ("20006", "a\\x00\\ud800")]
    assert checked.failed[0].errors.isascii()


# --- texts ------------------------------------------------------------------------------------------------------------
ODD_TEXTS = {
    "a number": ("17", "20003"),
    "nought": ("0", "20003"),
    "true": ("true", "20003"),
    "false": ("false", "20003"),
    "an empty array": ("[]", "20003"),
    "an empty object": ("{}", "20003"),
    "an array": ('["a"]', "20003"),
    "an object": ('{"a": {"b": 1, "b": 2}}', "20003"),
    "a float": ("1.5", "20003"),
    "blank": ('"   "', "20004"),
    "blank in Unicode": ('"\\u2003\\u00a0\\u3000"', "20004"),
    "a tab alone": ('"\\t"', "20004"),
    "256 characters": (f'"{"é" * 256}"', "20005"),
    "256 emoji": (f'"{"😀" * 256}"', "20005"),
    "NUL": ('"a\\u0000b"', "20008"),
    "line break": ('"a\\nb"', "20008"),
    "escape": ('"a\\u001bb"', "20008"),
    "delete": ('"a\\u007f"', "20008"),
    "next line": ('"a\\u0085b"', "20008"),
    "half a pair": ('"\\ud800"', "20008"),
    "two halves the wrong way round": ('"\\ude00\\ud83d"', "20008"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("literal, code", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_what_is_no_text_to_keep_fails(name: str, literal: str, code: str) -> None:
    assert codes(check_text(literally(name, literal))) == [(code, name)]


@pytest.mark.parametrize("name", TEXTS[:-1])
def test_an_identifier_may_not_be_empty(name: str) -> None:
    assert codes(check(row(**{name: ""}))) == [("20004", name)]


def test_a_text_too_long_with_a_forbidden_character_is_told_both() -> None:
    assert codes(check(row(source_id="\0" * 256))) == [("20005", "source_id"), ("20008", "source_id")]


@pytest.mark.parametrize(
    "value",
    ["a", "A", "a ", " a", "x" * 255, "😀" * 255, "e\u0301", "é", "الخط ١", "産線", "a\u00a0b", "\u200b", "\ufeff", "'; --",
     '"', "\\u0000", "%_\\", "\U0010ffff", "\uffff"],
)  # fmt: skip
def test_any_other_text_is_kept_verbatim(value: str) -> None:
    [stated] = check(row(order_number=value, product_id=value, source_id=value, status=value)).good
    assert (stated.order_number, stated.product_id, stated.source_id, stated.status) == (value,) * 4


def test_a_whole_pair_is_one_character() -> None:
    [stated] = check_text(literally("source_id", '"' + "\\ud83d\\ude00" * 255 + '"')).good
    assert stated.source_id == "😀" * 255


def test_an_empty_status_is_none() -> None:
    assert check(row(status="")).good == check(without("status")).good


# --- whole numbers ----------------------------------------------------------------------------------------------------
ODD_NUMBERS = {
    "a string": ('"500"', "20003"),
    "500.0": ("500.0", "20003"),
    "4.98e2": ("4.98e2", "20003"),
    "-0.0": ("-0.0", "20003"),
    "1e400": ("1e400", "20003"),
    "true": ("true", "20003"),
    "false": ("false", "20003"),
    "an array": ("[]", "20003"),
    "an object": ("{}", "20003"),
    "an empty string": ('""', "20003"),
    "negative": ("-1", "20101"),
    "one too many": ("9223372036854775808", "20101"),
    "beyond 64 bits": ("18446744073709551616", "20101"),
    "4,000 digits": ("1" + "0" * 4_000, "20101"),
    "5,000 digits": ("9" * 5_000, "20101"),
    "5,000 digits, negative": ("-" + "9" * 5_000, "20101"),
}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("literal, code", ODD_NUMBERS.values(), ids=ODD_NUMBERS.keys())
def test_what_is_no_number_of_pieces_fails(name: str, literal: str, code: str) -> None:
    assert codes(check_text(literally(name, literal))) == [(code, name)]


@pytest.mark.parametrize("number", [0, 1, 2**53 + 1, 2**63 - 1])
def test_numbers_of_pieces_are_exact(number: int) -> None:
    [stated] = check(row(ordered_units=number, produced_units=number)).good
    assert stated.ordered_units == stated.produced_units == number


def test_minus_nought_is_nought() -> None:
    [stated] = check_text(literally("produced_units", "-0")).good
    assert stated.produced_units == 0


# --- locations --------------------------------------------------------------------------------------------------------
def test_a_row_belongs_to_the_factory_of_its_location() -> None:
    assert [stated.factory_id for stated in check(SOUND, row(location_id="LOC-002")).good] == [PLANT, MILL]


@pytest.mark.parametrize("location", ["LOC-999", "loc-001", "LOC-001 "])
def test_any_other_location_is_refused_in_one_text_and_belongs_to_the_sender(location: str) -> None:
    checked = check(row(location_id=location))
    [fault] = told(checked)
    assert fault["errors"] == [
        {"code": "DI_E_40001", "category": "REFERENCE", "field": "location_id",
         "message": "location_id is not a location that this token may write"}
    ]  # fmt: skip
    assert (checked.failed[0].factory_id, checked.failed[0].location_id) == (SENDER, location)

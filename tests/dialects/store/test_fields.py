"""Fields of the store API: every spelling that is taken, and every value that is none."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.openapi_fields import property_of
from factoryos.dialects.store.fields import (
    IdField,
    MillisecondsField,
    NumberField,
    VerbatimField,
    WholeField,
    YesNoField,
    milliseconds,
)

NO_NUMBER = ["", " ", "x", "NaN", "Infinity", "-Infinity", "1_000", "1,5", "0x1", "５", "1e", "--1", True, False, None]
NO_NUMBER += [
    [],
    {},
    [1],
    "9" * 5000,
    "1e9999",
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
    "1 2",
    "\x00",
]


def refused(field: Any, value: Any) -> str:
    with pytest.raises(Wrong) as wrong:
        field.read(value)
    (fault,) = wrong.value.faults
    assert fault.field == "" and "\n" not in fault.message
    return fault.message


# --- numbers


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (500, "500"), ("500", "500"), ("5e2", "500"), ("5E+2", "500"), (" 500\n", "500"), ("+5", "5"), ("007", "7"),
        (".5", "0.5"), ("5.", "5"), ("0", "0"), ("0e999", "0"), ("-0", "0"), (Decimal("-0.0"), "0"),
        (Decimal("5E+2"), "500"), (Decimal("1260.1215330281102"), "1260.1215330281102"),
        ("0.123456789012345", "0.123456789012345"), ("0.123456789012345000", "0.123456789012345"),
        (Decimal("999999999999.999999999999999"), "999999999999.999999999999999"), ("1e-15", "0.000000000000001"),
    ],
)  # fmt: skip
def test_a_number_is_read_exactly_whether_native_or_spelled(given: Any, shown: str) -> None:
    assert format(NumberField().read(given), "f") == shown


@pytest.mark.parametrize("given", [*NO_NUMBER, -1, "-1", Decimal("-1e-15"), "-1e999"])
def test_what_is_no_number_is_refused(given: Any) -> None:
    assert refused(NumberField(), given) == "must be a number of at least 0"
    assert refused(NumberField(positive=True), given) == "must be a positive number"


@pytest.mark.parametrize("given", [10**12, "1e12", Decimal("1e400"), 10**4000, "1" * 13, Decimal("1e999"), "1e999"])
def test_too_large_a_number_is_refused(given: Any) -> None:
    assert refused(NumberField(), given) == "must be less than 1000000000000"


@pytest.mark.parametrize("given", ["1e-16", Decimal("1e-400"), "0.1234567890123456", Decimal("1.0000000000000001")])
def test_too_many_decimals_are_refused(given: Any) -> None:
    assert refused(NumberField(), given) == "must not have more than 15 decimal places"


def test_nought_is_a_number_but_not_a_positive_one() -> None:
    assert NumberField().read(0) == 0
    for nought in (0, "0", Decimal("0.00"), "0e5"):
        assert refused(NumberField(positive=True), nought) == "must be a positive number"


@given(st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=15))
def test_what_was_shown_reads_back_the_same(amount: Decimal) -> None:
    assert NumberField().read(str(amount)) == NumberField().read(amount) == amount


@given(st.one_of(st.text(), st.integers(), st.decimals(), st.booleans(), st.none(), st.lists(st.integers())))
def test_no_value_breaks_a_field(value: Any) -> None:
    for field in (NumberField(), WholeField(), IdField(), YesNoField(), MillisecondsField(), VerbatimField()):
        try:
            field.read(value)
        except Wrong as wrong:
            assert wrong.faults


# --- whole numbers


@pytest.mark.parametrize("given", [2, "2", " 2 ", Decimal("2.0"), "2.0", "2e0", "0.2e1", Decimal("2E0")])
def test_a_whole_number_may_be_spelled_in_many_ways(given: Any) -> None:
    read = WholeField(least=0, largest=3).read(given)
    assert read == 2 and type(read) is int


@pytest.mark.parametrize("given", [*NO_NUMBER, 1.5, Decimal("1.5"), "1.5", "1e-1", "1e-999"])
def test_what_is_no_whole_number_is_refused(given: Any) -> None:
    assert refused(WholeField(), given) == "must be an integer number"


@pytest.mark.parametrize("given", [4, "4", 2**31, 10**4000, Decimal("1e400"), "1e999"])
def test_a_whole_number_has_bounds(given: Any) -> None:
    assert refused(WholeField(least=0, largest=3), given) == "must not be greater than 3"
    assert refused(WholeField(least=0, largest=3), -1) == "must not be less than 0"


def test_unless_said_otherwise_a_whole_number_has_32_bits_and_an_id_64() -> None:
    for field, bits in ((WholeField(), 32), (IdField(), 64)):
        least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        assert (field.read(least), field.read(str(most))) == (least, most)
        assert "less" in refused(field, least - 1)
        assert "greater" in refused(field, str(most + 1))


# --- booleans


@pytest.mark.parametrize("given", [True, 1, "1", "true", "TRUE", "True", " true "])
def test_yes(given: Any) -> None:
    assert YesNoField().read(given) is True


@pytest.mark.parametrize("given", [False, 0, "0", "false", "FALSE", "False", "\nfalse"])
def test_no(given: Any) -> None:
    assert YesNoField().read(given) is False


@pytest.mark.parametrize(
    "given", [None, "", " ", 2, -1, "2", "yes", "no", "t", Decimal("1.5"), [], {}, [True], 10**4000]
)
def test_neither(given: Any) -> None:
    assert refused(YesNoField(), given) == "must be true or false"


# --- dates


@pytest.mark.parametrize(
    ("given", "date"),
    [
        (1766443826229, datetime(2025, 12, 22, 22, 50, 26, 229000, tzinfo=UTC)),
        ("1766443826229", datetime(2025, 12, 22, 22, 50, 26, 229000, tzinfo=UTC)),
        (4422, datetime(1970, 1, 1, 0, 0, 4, 422000, tzinfo=UTC)),  # the published example of bestBefore
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-2208988800000, datetime(1900, 1, 1, tzinfo=UTC)),
        (253402300799999, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_a_date_is_epoch_milliseconds(given: Any, date: datetime) -> None:
    assert MillisecondsField().read(given) == date
    assert milliseconds(date) == int(given)


@pytest.mark.parametrize("given", [*NO_NUMBER, "2026-01-01", 1.5, Decimal("0.5"), "1e-999"])
def test_what_is_no_date_is_refused(given: Any) -> None:
    assert refused(MillisecondsField(), given) == "must be a date in epoch milliseconds"


@pytest.mark.parametrize("given", [-2208988800001, 253402300800000, 10**20, 10**4000, "1e999", "-1e999", 2**63])
def test_a_date_is_within_the_years(given: Any) -> None:
    assert refused(MillisecondsField(), given).startswith("must be a date between the years 1900 and 9999")


def test_milliseconds_are_cut_not_rounded() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == 1
    assert milliseconds(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1
    assert milliseconds(None) is None


# --- text


@pytest.mark.parametrize(
    "given", ["x", "  x ", " ", "\u00a0", "Å 1", 'a"><b>', "A%2FB", "\U0001f600", "\ufffe", "x" * 255]
)
def test_text_is_kept_to_the_last_blank(given: str) -> None:
    assert not given.strip() or VerbatimField().read(given) == given
    assert VerbatimField(required=False, allow_null=True).read(given) == given


def test_empty_text_is_a_text_unless_it_must_be_filled() -> None:
    assert VerbatimField(required=False).read("") == ""
    assert VerbatimField(required=False, allow_null=True).read("") == ""
    for field in (VerbatimField(), VerbatimField(required=False, filled=True)):
        for empty in ("", " ", "\u00a0", None):
            if empty is not None or field.filled:
                assert refused(field, empty) == "should not be empty"


@pytest.mark.parametrize("given", [1, True, [], {}, Decimal(1)])
def test_what_is_no_text_is_refused(given: Any) -> None:
    assert refused(VerbatimField(), given) == "must be a string"


@pytest.mark.parametrize("given", ["a\x00", "\x1b", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_refused_on_one_line_and_on_many(given: str) -> None:
    for field in (VerbatimField(), VerbatimField(multiline=True)):
        assert refused(field, given) == "must not contain control characters"


def test_lines_and_tabs_are_for_long_text() -> None:
    assert VerbatimField(multiline=True).read("a\r\n\tb\n") == "a\r\n\tb\n"
    assert refused(VerbatimField(), "a\nb") == "must be one line"


def test_text_has_a_length() -> None:
    assert refused(VerbatimField(max_length=3), "abcd") == "must be shorter than or equal to 3 characters"
    assert refused(VerbatimField(), "x" * 1_000_000) == "must be shorter than or equal to 255 characters"


# --- what the description says of them


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (NumberField(), [0, 5.5, "0", "500", "0.5"], [-1, 10**12, "-1", "x", "1e12", True, None]),
        (NumberField(positive=True), [1, "0.001"], [0, "0", "0.00", "", -1]),
        (NumberField(allow_null=True, required=False), [None, 1, "1"], ["", True]),
        (WholeField(), [-5, "-5", 2**31 - 1], [1.5, "1.5", 2**31, "9999999999", True]),
        (WholeField(least=0, largest=3), [0, 3, "3"], [4, "4", -1, "-1"]),
        (IdField(), [1, "1", 2**63 - 1], [2**63, "9" * 19, "x"]),
        (YesNoField(), [True, False, "true", "FALSE", "0"], ["yes", "", None]),
        (YesNoField(allow_null=True, required=False), [None, True], ["yes"]),
        (MillisecondsField(), [0, "1766443826229"], [10**15, "2026-01-01", 0.5]),
        (VerbatimField(), ["x"], ["", "x" * 256, 1]),
    ],
)  # fmt: skip
def test_the_description_takes_what_the_field_takes(field: Any, good: list[Any], bad: list[Any]) -> None:
    schema = property_of(field)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    for value in good:
        judge.validate(value)
        if value is not None:
            field.read(Decimal(str(value)) if type(value) is float else value)
    for value in bad:
        assert not judge.is_valid(value), value
        with pytest.raises(Wrong):
            field.read(Decimal(str(value)) if type(value) is float else value)

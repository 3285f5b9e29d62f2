"""What each field takes and gives, and in which words it refuses."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from factoryos.dialects.base import fields
from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import QueryRequest, RequestSerializer, Values, fit, read, read_query
from factoryos.dialects.base.times import TimeField, instant_of
from factoryos.kernel.problems import Invalid


class Split(RequestSerializer):
    machineCode = fields.NameOrIdField()
    quantity = fields.QuantityField(positive=True)


class Order(RequestSerializer):
    productId = fields.NameOrIdField()
    quantityTarget = fields.QuantityField(positive=True)
    quantityRejected = fields.QuantityField(required=False)
    difference = fields.QuantityField(required=False, signed=True)
    code = fields.CodeField(required=False)
    reason = fields.TextField(required=False, max_length=10)
    notes = fields.TextField(required=False, allow_null=True, multiline=True)
    label = fields.TextField(required=False, verbatim=True, filled=True)
    priority = fields.ChoiceField(required=False, choices=["rush", "standard", "hold"])
    active = fields.BooleanField(required=False, default=True)
    count = fields.IntegerField(required=False, least=1, largest=6)
    plannedStart = TimeField(required=False)
    splits = fields.ListField(required=False, child=Split(), least=1, most=3)
    nested = Split(required=False, source="inner")
    ignored = frozenset({"id", "state"})

    def faults(self, values: Values) -> list[Fault]:
        return [Fault("reason", "reason should be good")] if values.get("reason") == "bad" else []


GOOD: dict[str, Any] = {"productId": "CAP-28", "quantityTarget": Decimal(1000)}


def messages(**body: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(Order, {**GOOD, **body})
    return list(refused.value.data["messages"])


def value(name: str, given: Any) -> Any:
    return read(Order, {**GOOD, name: given})


def test_an_empty_body_is_told_all_that_is_missing_in_the_contracts_words() -> None:
    with pytest.raises(Invalid) as refused:
        read(Order, {})
    assert refused.value.data["messages"] == [
        "productId should not be empty",
        "quantityTarget must be a positive number",
    ]
    assert refused.value.data["field"] == "productId"


def test_values_come_in_snake_case_or_by_source_and_absent_stays_absent() -> None:
    inner = {"machineCode": "M", "quantity": 1}
    assert read(Order, {**GOOD, "nested": inner, "notes": None}) == {
        "product_id": "CAP-28",
        "quantity_target": 1000,
        "notes": None,
        "active": True,
        "inner": {"machine_code": "M", "quantity": 1},
    }


def test_a_typo_does_not_vanish_but_what_the_object_shows_does() -> None:
    assert messages(quantityTraget=5) == ["property quantityTraget should not exist"]
    assert read(Order, {**GOOD, "id": 1, "state": "closed"}) == read(Order, GOOD)


def test_an_unknown_name_is_shown_safely_and_shortly() -> None:
    assert messages(**{"\ud800\x00": 1}) == ["property \\ud800\\x00 should not exist"]
    assert len(messages(**{"x" * 5000: 1})[0]) < 200
    assert len(messages(**{f"x{number}": 1 for number in range(500)})) <= 50


@pytest.mark.parametrize(
    "given", [0, -5, Decimal("-0.1"), "1000", True, False, None, [], {}, Decimal("-1e400"), -(10**400)]
)
def test_what_is_no_positive_number_is_refused(given: Any) -> None:
    assert messages(quantityTarget=given) == ["quantityTarget must be a positive number"]


@pytest.mark.parametrize("given", [10**12, Decimal("1e12"), Decimal("1e400"), 10**400, Decimal("1000000000.1")])
def test_a_number_beyond_all_reason_is_refused(given: Any) -> None:
    assert messages(quantityTarget=given) == ["quantityTarget must not be greater than 1000000000"]


def test_spellings_of_one_amount_are_one_amount() -> None:
    for given in (250, Decimal("250.0"), Decimal("2.5e2"), Decimal("250." + "0" * 500), Decimal("25e1")):
        amount = value("quantityTarget", given)["quantity_target"]
        assert amount == 250
        assert -15 <= amount.as_tuple().exponent <= 0
        fit({"quantityTarget": amount}, decimals=0)


def test_decimals_beyond_what_is_kept_are_refused_even_where_calculation_would_round_them_away() -> None:
    assert messages(quantityTarget=Decimal("0.1234567890123456")) == [
        "quantityTarget must not have more than 15 decimal places"
    ]
    assert messages(quantityTarget=Decimal("1." + "0" * 40 + "1"))
    assert value("quantityTarget", Decimal("999999999.123456789012345"))


def test_an_amount_must_fit_the_unit() -> None:
    with pytest.raises(Invalid) as refused:
        fit({"quantityTarget": Decimal("10.5"), "quantityGood": None, "x": Decimal("1.0")}, decimals=0)
    assert refused.value.data["messages"] == ["quantityTarget must be a whole number"]
    with pytest.raises(Invalid):
        fit({"quantityTarget": Decimal("0.001")}, decimals=2)
    fit({"quantityTarget": Decimal("0.010")}, decimals=2)


def test_zero_and_less_only_where_they_mean_something() -> None:
    assert value("quantityRejected", 0)["quantity_rejected"] == 0
    assert messages(quantityRejected=-1) == ["quantityRejected must be a number of at least 0"]
    assert value("difference", -1_000_000_000)["difference"] == -1_000_000_000
    assert messages(difference=-1_000_000_001) == ["difference must be a number"]


@pytest.mark.parametrize("given", ["", "  ", "\n", None])
def test_blank_is_nothing_where_text_is_required(given: Any) -> None:
    assert messages(productId=given) == ["productId should not be empty"]


def test_text_is_trimmed_and_safe() -> None:
    assert value("reason", "  late ")["reason"] == "late"
    assert value("reason", "\n")["reason"] == ""
    assert value("notes", " ")["notes"] is None
    assert value("notes", "a\nb\tc")["notes"] == "a\nb\tc"
    assert value("label", " CAP ")["label"] == " CAP "
    assert messages(label=" ") == ["label should not be empty"]
    assert messages(reason=5) == ["reason must be a string"]
    assert messages(reason="a\nb") == ["reason must be one line"]
    assert messages(reason="x" * 11) == ["reason must be shorter than or equal to 10 characters"]
    for bad in ("\x00", "a\x1f", "\x1fa", "\x7f", "\x85", "\ud800"):
        assert messages(reason=bad) == ["reason must not contain control characters"]


@pytest.mark.parametrize("given", ["", "-a", "a b", "x" * 41, "ä", "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10", 5, None])
def test_a_code_that_could_be_mistaken_is_refused(given: Any) -> None:
    assert len(messages(code=given)) == 1


def test_a_code_is_taken_as_spelled() -> None:
    assert value("code", " Press-01.a_B ")["code"] == "Press-01.a_B"


def test_words_and_booleans_are_exact() -> None:
    assert messages(priority="Rush") == ["priority must be one of rush, standard, hold"]
    assert messages(priority=["rush"]) == ["priority must be one of rush, standard, hold"]
    for given in (1, 0, "true", None):
        assert messages(active=given) == ["active must be a boolean value"]
    assert value("active", False)["active"] is False


def test_whole_numbers() -> None:
    assert value("count", Decimal("2.0"))["count"] == 2
    for given in (True, "2", Decimal("2.5"), None, Decimal("1e-400")):
        assert messages(count=given) == ["count must be an integer number"]
    assert messages(count=0) == ["count must not be less than 1"]
    for given in (7, 10**400, Decimal("1e400")):
        assert messages(count=given) == ["count must not be greater than 6"]


def test_faults_in_a_list_name_the_place() -> None:
    rows = [{"machineCode": "A", "quantity": 1}, {"machineCode": "", "quantity": 0, "foo": 1}, 5]
    assert messages(splits=rows) == [
        "splits.1.machineCode should not be empty",
        "splits.1.quantity must be a positive number",
        "splits.1.property foo should not exist",
        "splits.2 must be an object",
    ]
    assert messages(splits=[]) == ["splits should not be empty"]
    assert messages(splits=[{}] * 4) == ["splits must not have more than 3 elements"]
    assert messages(splits={}) == ["splits must be an array"]
    assert messages(nested=[]) == ["nested must be an object"]


def test_faults_between_fields_are_told_once_each_field_is_fine() -> None:
    assert messages(reason="bad") == ["reason should be good"]
    assert messages(reason="bad", count=0) == ["count must not be less than 1"]


EIGHT = datetime(2026, 4, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        "2026-04-20T08:00:00Z",
        "2026-04-20T08:00",
        "2026-04-20 08:00:00",
        "2026-04-20T16:00:00+08:00",
        "2026-04-20T16:00:00.000+0800",
        "2026-04-20T16:00+08",
        "2026-04-19T22:00:00,000000000-10:00",
        " 2026-04-20t08:00:00z ",
    ],
)
def test_any_offset_becomes_utc_and_none_is_utc(given: str) -> None:
    assert value("plannedStart", given)["planned_start"] == EIGHT


@pytest.mark.parametrize(
    "given",
    [
        "2026-04-20",
        "2026-02-30T08:00Z",
        "2026-04-20T25:00Z",
        "2026-04-20T08:00:00+99:00",
        "20260420T080000Z",
        "2026-W17-1T08:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-04-20T08:00Z",
        "",
        "now",
        1776672000,
        None,
        True,
    ],
)
def test_what_is_no_instant_is_refused(given: Any) -> None:
    assert messages(plannedStart=given) == ["plannedStart must be a valid ISO 8601 date string"]


class Filters(QueryRequest):
    begin = TimeField(required=False, dates=True)
    target = fields.QuantityField(required=False, positive=True)
    all = fields.BooleanField(required=False)


def asked(query: str) -> Values:
    return read_query(Filters, QueryDict(query))


@pytest.mark.parametrize("query", ["begin=2026-04-20T16:00:00+08:00", "begin=2026-04-20T16:00:00%2B08:00"])
def test_a_raw_plus_in_a_query_is_still_a_plus(query: str) -> None:
    assert asked(query)["begin"] == EIGHT


def test_a_blank_between_date_and_time_is_no_lost_plus() -> None:
    assert asked("begin=2026-04-20+08:00")["begin"] == EIGHT


def test_a_bare_date_is_the_day_in_the_factorys_zone() -> None:
    day = asked("begin=2026-04-20")["begin"]
    assert day == date(2026, 4, 20)
    assert instant_of(day, zone=ZoneInfo("Asia/Kuala_Lumpur")) == datetime(2026, 4, 19, 16, tzinfo=UTC)
    assert instant_of(EIGHT, zone=ZoneInfo("Asia/Kuala_Lumpur")) == EIGHT
    assert instant_of(date.min, zone=ZoneInfo("Asia/Kuala_Lumpur")) == datetime(1, 1, 1, tzinfo=UTC)


def test_query_values_are_read_as_text() -> None:
    assert asked("target=1500&all=true") == {"target": 1500, "all": True}
    assert asked("target=2.5e2")["target"] == 250


@pytest.mark.parametrize(
    "query",
    ["target=", "target=NaN", "target=1_0", "target=%D9%A1", "target=0x10", "target=-1", "all=1", "all=True", "begin=x",
     "begin=2025-02-30", "foo=1", "all=true&all=true", "foo=1&foo=2"],
)  # fmt: skip
def test_a_bad_query_is_refused(query: str) -> None:
    with pytest.raises(Invalid):
        asked(query)

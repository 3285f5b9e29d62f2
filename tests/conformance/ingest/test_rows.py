"""Row by row: what fails with which code and field, what is stored just as it was sent, and what is only warned of."""

import json
from datetime import timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from orders.models import ManufacturingOrderVersion
from tests.conformance.ingest.works import MISSING, PATH, Works, a_row, at, codes_of, followed, warned

pytestmark = pytest.mark.django_db


@pytest.fixture
def works() -> Works:
    return Works()


def version() -> ManufacturingOrderVersion:
    return ManufacturingOrderVersion.objects.get()


LONG = "x" * 256
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"updated_at": MISSING}, "20002", "updated_at"),
    ({"updated_at": None}, "20002", "updated_at"),
    ({"updated_at": ""}, "20004", "updated_at"),
    ({"product_id": MISSING}, "20002", "product_id"),
    ({"product_id": None}, "20002", "product_id"),
    ({"product_id": 17}, "20003", "product_id"),
    ({"product_id": True}, "20003", "product_id"),
    ({"product_id": ["a"]}, "20003", "product_id"),
    ({"product_id": "   "}, "20004", "product_id"),
    ({"product_id": ""}, "20004", "product_id"),
    ({"product_id": "\u2003\u00a0"}, "20004", "product_id"),
    ({"product_id": LONG}, "20005", "product_id"),
    ({"status": LONG}, "20005", "status"),
    ({"product_id": "a\u0000b"}, "20008", "product_id"),
    ({"order_number": "a\nb"}, "20008", "order_number"),
    ({"source_id": "a\ud800"}, "20008", "source_id"),
    ({"status": "a\u0007"}, "20008", "status"),
    ({"ordered_units": -1}, "20101", "ordered_units"),
    ({"ordered_units": 9223372036854775808}, "20101", "ordered_units"),
    ({"ordered_units": 10**4000}, "20101", "ordered_units"),
    ({"produced_units": -1}, "20101", "produced_units"),
    ({"ordered_units": "500"}, "20003", "ordered_units"),
    ({"ordered_units": 500.0}, "20003", "ordered_units"),
    ({"ordered_units": True}, "20003", "ordered_units"),
    ({"ordered_units": None}, "20002", "ordered_units"),
    ({"ordered_units": {}}, "20003", "ordered_units"),
    ({"produced_units": "498"}, "20003", "produced_units"),
    ({"ordered_at": "2025-02-30 08:00:00"}, "20202", "ordered_at"),
    ({"ordered_at": "2016-12-31 23:59:60"}, "20202", "ordered_at"),
    ({"ordered_at": "2025-01-05 24:00:00"}, "20202", "ordered_at"),
    ({"ordered_at": "0000-01-05 08:00:00"}, "20202", "ordered_at"),
    ({"ordered_at": "0001-01-01 00:00:00 +01:00"}, "20202", "ordered_at"),
    ({"ordered_at": "9999-12-31 23:59:59 -00:01"}, "20202", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00 +15:00"}, "20202", "ordered_at"),
    ({"ordered_at": "2025-01-05T08:00:00"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00Z"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-1-5 8:00:00"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00.000"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00 PM"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00  +02:00"}, "20201", "ordered_at"),
    ({"ordered_at": "\u0662\u0660\u0662\u0665-01-05 08:00:00"}, "20201", "ordered_at"),
    ({"ordered_at": " 2025-01-05 08:00:00"}, "20201", "ordered_at"),
    ({"ordered_at": "2025-01-05 08:00:00 "}, "20201", "ordered_at"),
    ({"ordered_at": 1736064000}, "20003", "ordered_at"),
    ({"actual_end_date": "never"}, "20201", "actual_end_date"),
    ({"produced_unit": 5}, "20006", "produced_unit"),
    ({"PRODUCT_ID": "PROD-002"}, "20007", "product_id"),
    ({"location_id": "LOC-404"}, "40001", "location_id"),
    ({"location_id": "loc-001"}, "40001", "location_id"),
    ({"location_id": "LOC-001 "}, "40001", "location_id"),
]


@pytest.mark.parametrize(("columns", "code", "field"), REFUSED)
def test_one_fault(works: Works, columns: dict[str, Any], code: str, field: str) -> None:
    reply = works.post(a_row(order_number="GOOD"), a_row(**columns))

    assert (reply.status, reply["totalRows"], reply["successRows"], reply["failedRows"]) == (200, 2, 1, 1)
    (failed,) = reply["failed"]
    assert failed["index"] == 1
    assert codes_of(failed) == [(code, field)]
    assert version().order_number == "GOOD"
    assert len(works.failed_rows()["rows"]) == 1


@pytest.mark.parametrize("row", [None, 7, [], "x", True, 1.5])
def test_what_is_no_row(works: Works, row: Any) -> None:
    reply = works.post(row, a_row())
    assert codes_of(reply["failed"][0]) == [("20001", None)]
    assert reply["failed"][0]["row"] == row
    assert works.versions() == 1


def test_a_key_twice_in_a_row_is_the_row_s_fault(works: Works) -> None:
    twice = json.dumps(a_row())[:-1] + ', "product_id": "PROD-002"}'
    raw = f'{{"solutionName": "INV_OOTB", "data": [{twice}, {json.dumps(a_row())}]}}'
    reply = works.call("POST", PATH, raw)
    assert codes_of(reply["failed"][0]) == [("20007", "product_id")]
    assert works.versions() == 1


def test_numbers_that_only_look_whole(works: Works) -> None:
    for text in ("4.98e2", "498.0", "5E2", "-0.0"):
        raw = json.dumps({"solutionName": "INV_OOTB", "data": [a_row()]}).replace(": 500", f": {text}")
        assert codes_of(works.call("POST", PATH, raw)["failed"][0]) == [("20003", "ordered_units")], text


def test_every_fault_of_a_row_is_told_up_to_twenty(works: Works) -> None:
    reply = works.post({"order_number": 1, "product_id": " ", "ordered_units": "x"})
    told = {field: code for code, field in codes_of(reply["failed"][0])}
    assert told == {
        "order_number": "20003", "product_id": "20004", "ordered_units": "20003", "location_id": "20002",
        "updated_at": "20002", "source_id": "20002", "ordered_at": "20002", "expected_start_date": "20002",
        "expected_end_date": "20002",
    }  # fmt: skip
    reply = works.post(a_row(**{f"column_{number}": 1 for number in range(50)}))
    assert len(reply["failed"][0]["errors"]) == 20


def test_foreign_and_unknown_locations_are_answered_alike(works: Works) -> None:
    Works("LOC-002")
    reply = works.post(a_row(location_id="LOC-002"), a_row(location_id="LOC-003"))
    foreign, unknown = (json.dumps(failed["errors"]) for failed in reply["failed"])
    assert foreign == unknown
    assert len(works.failed_rows()["rows"]) == 2


class TestKeptVerbatim:
    @pytest.mark.parametrize(
        "name", ["a", "A", "a ", " a", "\\", "\\N", "\\.", "a\\tb", "\U0001f600" * 255, "ü" * 255, '"']
    )
    def test_texts(self, works: Works, name: str) -> None:
        row = a_row(order_number=name, product_id=name, source_id=name, status=name)
        assert works.post(row)["failedRows"] == 0
        stored = version()
        assert (stored.order_number, stored.product_id, stored.source_id, stored.status) == (name,) * 4

    def test_case_and_spaces_tell_keys_apart(self, works: Works) -> None:
        reply = works.post(*[a_row(order_number=name) for name in ("a", "A", "a ")])
        assert reply["warnings"] == []
        assert works.versions() == 3

    def test_large_numbers(self, works: Works) -> None:
        works.post(a_row(ordered_units=9007199254740993, produced_units=9223372036854775807))
        assert (version().ordered_units, version().produced_units) == (9007199254740993, 9223372036854775807)

    def test_what_is_left_out_or_null_or_empty(self, works: Works) -> None:
        works.post(a_row(produced_units=None, actual_start_date=None, status=""))
        stored = version()
        assert (stored.produced_units, stored.actual_start_date, stored.actual_end_date, stored.status) == (None,) * 4

    @pytest.mark.parametrize("text", ["2025-01-05 08:00:00 +02:00", "2025-01-05 08:00:00+02:00", "2025-01-05 06:00:00"])
    def test_an_offset_is_shifted_away(self, works: Works, text: str) -> None:
        works.post(a_row(ordered_at=text))
        assert version().ordered_at.isoformat() == "2025-01-05T06:00:00+00:00"

    def test_the_same_instant_is_the_same_key(self, works: Works) -> None:
        reply = works.post(a_row(updated_at="2025-01-12 10:00:00 +02:00"), a_row(updated_at="2025-01-12 08:00:00"))
        assert warned(reply) == [(0, "00001")]
        assert works.versions() == 1

    def test_names_of_columns_in_any_case(self, works: Works) -> None:
        assert works.post({name.upper(): value for name, value in a_row().items()})["failedRows"] == 0

    def test_leap_day(self, works: Works) -> None:
        assert works.post(a_row(ordered_at="2024-02-29 00:00:00"))["failedRows"] == 0
        assert works.post(a_row(ordered_at="2023-02-29 00:00:00"))["failedRows"] == 1


class TestWarnings:
    def warned(self, works: Works, **columns: Any) -> list[str]:
        reply = works.post(a_row(**columns))
        assert reply["failedRows"] == 0
        for warning in reply["warnings"]:
            assert list(warning) == ["index", "code", "category", "message", "field"]
            assert warning["category"] == "WARNING"
        return [code for _, code in warned(reply)]

    def test_end_before_start(self, works: Works) -> None:
        assert self.warned(works, expected_end_date="2025-01-09 00:00:00") == ["00003"]
        assert self.warned(
            works, actual_start_date="2025-01-09 00:00:00", actual_end_date="2025-01-08 00:00:00", produced_units=1
        ) == ["00003"]  # fmt: skip

    def test_more_made_than_ordered(self, works: Works) -> None:
        assert self.warned(works, produced_units=501) == ["00004"]

    def test_stated_for_a_time_to_come(self, works: Works) -> None:
        later = (clock.now() + timedelta(days=1, minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
        assert self.warned(works, updated_at=later) == ["00005"]

    def test_an_unknown_word(self, works: Works) -> None:
        assert self.warned(works, status="Waiting for Godot") == ["00006"]
        assert self.warned(works, status="  In Progress ", order_number="2") == []
        assert set(ManufacturingOrderVersion.objects.values_list("status", flat=True)) == {
            "Waiting for Godot", "  In Progress ",
        }  # fmt: skip

    def test_older_than_what_is_known(self, works: Works) -> None:
        works.post(a_row(updated_at=at("12:00:00")))
        assert self.warned(works, updated_at=at("10:00:00")) == ["00007"]
        assert works.versions() == 2
        assert works.head().updated_at.hour == 12

    def test_a_hundred_and_then_how_many_more(self, works: Works) -> None:
        reply = works.post(*[a_row(order_number=str(number), produced_units=501) for number in range(250)])
        assert len(reply["warnings"]) == 101
        assert "150" in reply["warnings"][-1]["message"]


def test_thirty_seven_bad_rows_of_twelve_kinds(works: Works) -> None:
    """The issue's own measure: exactly those are answered, each with its code, and the others are stored and followed."""
    kinds: list[tuple[Any, str]] = [
        (a_row(product_id=None), "20002"), (a_row(ordered_units="5"), "20003"), (a_row(source_id=" "), "20004"),
        (a_row(order_number=LONG), "20005"), (a_row(colour="red"), "20006"), (a_row(STATUS="x", status="y"), "20007"),
        (a_row(status="\u0000"), "20008"), (a_row(ordered_units=-1), "20101"), (a_row(ordered_at="today"), "20201"),
        (a_row(ordered_at="2025-02-30 00:00:00"), "20202"), (a_row(location_id="LOC-9"), "40001"), ([], "20001"),
    ]  # fmt: skip
    places = [53 * number + 7 for number in range(37)]
    rows: list[Any] = [a_row(order_number=f"MO-{number}") for number in range(2000)]
    expected = {}
    for number, place in enumerate(places):
        rows[place], code = kinds[number % len(kinds)]
        expected[place] = code

    reply = works.post(*[compact(row) for row in rows])

    assert reply.status == 200, reply.content[:500]
    assert (reply["totalRows"], reply["successRows"], reply["failedRows"]) == (2000, 1963, 37)
    assert [failed["index"] for failed in reply["failed"]] == sorted(expected)
    assert {failed["index"]: codes_of(failed)[0][0] for failed in reply["failed"]} == expected
    assert all(len(failed["errors"]) == 1 for failed in reply["failed"])
    assert works.versions() == 1963
    kept = works.failed_rows("?limit=1000")
    assert sorted(row["index"] for row in kept["rows"]) == sorted(expected)
    followed()
    assert works.factory.orders.count() == 1963


def compact(row: Any) -> Any:
    """Two thousand rows must fit into a megabyte, as they do when compact."""
    return {name: value for name, value in row.items() if value is not None or name == "product_id"} if row else row

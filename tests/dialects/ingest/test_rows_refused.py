"""How a refused row is shown and kept; a batch in which sound rows and others stand side by side."""

import json
from typing import Any

import pytest

from factoryos.dialects.base.answers import dumps
from factoryos.dialects.ingest.catalogue import OTHER_CONTENT
from factoryos.dialects.ingest.envelope import MOST_ROWS, parse_envelope
from factoryos.dialects.ingest.rows import Checker
from tests.dialects.ingest.stating import (
    LOCATIONS,
    NOW,
    PLANT,
    SENDER,
    SOUND,
    body,
    check,
    check_text,
    codes,
    literally,
    row,
    told,
    without,
)


def test_a_refused_row_is_told_with_all_that_is_wrong_in_the_order_of_the_table() -> None:
    wrong = {
        **without("actual_start_date", "actual_end_date", "produced_units", "status"),
        "order_number": "MO-2025-002",
        "ordered_at": "2025-02-30 08:00:00",
        "ordered_units": "500",
    }
    assert told(check(SOUND, wrong, SOUND)) == [
        {
            "index": 1,
            "row": wrong,
            "errors": [
                {"code": "DI_E_20202", "category": "VALUE",
                 "message": "ordered_at is not a calendar date and time", "field": "ordered_at"},
                {"code": "DI_E_20003", "category": "TYPE",
                 "message": "ordered_units must be a whole number", "field": "ordered_units"},
            ],
        }
    ]  # fmt: skip


def test_a_refused_row_is_kept_as_it_is_told() -> None:
    checked = check(SOUND, row(product_id=None, status="\0\ud800é"))
    [kept], [fault] = checked.failed, told(checked)
    assert (kept.place, kept.factory_id, kept.location_id) == (1, PLANT, "LOC-001")
    assert kept.row is not None and kept.row.isascii() and json.loads(kept.row) == fault["row"]
    assert kept.errors.isascii() and json.loads(kept.errors) == fault["errors"]
    assert kept.codes == ("DI_E_20002", "DI_E_20008")


def test_a_code_is_kept_once_however_often_it_occurs() -> None:
    assert check({}).failed[0].codes == ("DI_E_20002",)


@pytest.mark.parametrize("location", [None, 7, "", " ", "a\0", "\ud800", "x" * 256, [], {"a": 1}])
def test_a_location_that_is_no_text_to_keep_is_not_kept(location: Any) -> None:
    assert check(row(location_id=location)).failed[0].location_id is None


def test_more_than_twenty_errors_are_not_told() -> None:
    wrong = {**{name: {} for name in SOUND}, **{f"extra{number}": 1 for number in range(50)}}
    found = codes(check(wrong))
    assert len(found) == 20 and found[:13] == [("20003", name) for _, name in found[:13]]
    assert found[13:] == [("20006", f"extra{number}") for number in range(7)]


# --- the row as it was sent -------------------------------------------------------------------------------------------
def shown(text: str) -> str:
    """The JSON text of a refused row that is given as JSON text."""
    checked = check_text(text)
    [fault], [kept] = checked.faults, checked.failed
    assert dumps(fault["row"]).decode() == kept.row
    assert kept.row is not None
    return kept.row


def test_numbers_are_shown_as_they_were_sent() -> None:
    text = '{"a":498.0,"b":4.98e2,"c":1e400,"d":-1,"e":123456789012345678901234567890,"f":-0.0,"g":[1.50,{"h":true}]}'
    assert shown(text) == text


def test_whatever_json_is_sent_is_shown_so() -> None:
    for text in ('{"a":null,"b":[],"c":{},"d":[[],[{}],"\\u00e9\\ud800\\u0000"]}', "[]", "[1,[2]]", "null", "7", '"x"'):
        assert shown(text) == text


def test_of_a_key_twice_the_last_value_is_shown() -> None:
    assert shown('{"a":1,"b":2,"a":3}') == '{"a":3,"b":2}'


def test_long_strings_are_cut_and_endless_numbers_are_cut_strings() -> None:
    assert json.loads(shown(literally("source_id", f'"{"é" * 1_001}"')))["source_id"] == "é" * 1_000
    assert json.loads(shown(f'{{"a": {"9" * 1_000}}}')) == {"a": int("9" * 1_000)}
    assert json.loads(shown(f'{{"a": {"9" * 5_000}}}')) == {"a": "9" * 1_000}


def test_a_row_of_more_than_eight_kilobytes_is_not_shown() -> None:
    def row_of(size: int) -> str:
        columns = {f"x{number}": "y" * 1_000 for number in range(8)}
        text = json.dumps({**columns, "z": ""}, separators=(",", ":"))
        return text.replace('"z":""', f'"z":"{"z" * (size - len(text))}"')

    assert len(shown(row_of(8 * 1024))) == 8 * 1024
    [kept] = (checked := check_text(row_of(8 * 1024 + 1))).failed
    assert kept.row is None and told(checked)[0]["row"] is None and kept.codes == ("DI_E_20002", "DI_E_20006")


# --- batches ----------------------------------------------------------------------------------------------------------
SPOILT: list[tuple[str, str | None, Any]] = [
    ("20001", None, None),
    ("20002", "product_id", without("product_id")),
    ("20003", "ordered_units", row(ordered_units="500")),
    ("20004", "order_number", row(order_number="  ")),
    ("20005", "source_id", row(source_id="x" * 256)),
    ("20006", "produced_unit", row(produced_unit=498)),
    ("20007", "status", row(STATUS="completed")),
    ("20008", "product_id", row(product_id="a\0b")),
    ("20101", "produced_units", row(produced_units=-1)),
    ("20201", "updated_at", row(updated_at="2025-01-12T18:00:00")),
    ("20202", "ordered_at", row(ordered_at="2025-02-30 08:00:00")),
    ("40001", "location_id", row(location_id="LOC-999")),
]


def test_of_two_thousand_rows_exactly_the_thirty_seven_that_are_spoilt_fail() -> None:
    rows: list[Any] = [row(order_number=f"MO-{place:05}") for place in range(MOST_ROWS)]
    spoilt = {place * 53 + 17: SPOILT[place % 12] for place in range(35)} | {0: SPOILT[0], MOST_ROWS - 1: SPOILT[11]}
    for place, (_, _, value) in spoilt.items():
        rows[place] = value
    checked = check(*parse_envelope(body(*rows)).rows)
    assert len(checked.failed) == 37 and len(checked.good) == MOST_ROWS - 37
    assert [
        (fault["index"], error["code"][5:], error["field"]) for fault in told(checked) for error in fault["errors"]
    ] == [(place, code, field) for place, (code, field, _) in sorted(spoilt.items())]
    assert [kept.place for kept in checked.failed] == sorted(spoilt)
    assert [stated.place for stated in checked.good] == [place for place in range(MOST_ROWS) if place not in spoilt]
    assert all(stated.order_number == f"MO-{stated.place:05}" for stated in checked.good)


def test_a_batch_of_nothing_but_spoilt_rows_has_no_good_one() -> None:
    checked = check(*[value for _, _, value in SPOILT] * 100)
    assert checked.good == [] and len(checked.failed) == 1_200


def test_a_sender_with_no_location_at_all_may_state_nothing() -> None:
    assert codes(Checker({}, SENDER, NOW).check([SOUND])) == [("40001", "location_id")]


def test_a_location_that_no_row_could_name_is_none() -> None:
    checker = Checker({"": 1, "a\0b": 1, "x" * 256: 1}, SENDER, NOW)
    checked = checker.check([row(location_id=name) for name in ("", "a\0b", "x" * 256)])
    assert [code for code, _ in codes(checked)] == ["20004", "20008", "20005"]


def test_a_checker_judges_a_second_batch_like_the_first() -> None:
    checker = Checker(LOCATIONS, SENDER, NOW)
    rows = [SOUND, *(value for _, _, value in SPOILT), row(status="Godot"), {k.upper(): v for k, v in SOUND.items()}]
    first, second = checker.check(rows), checker.check(rows)
    assert (first.good, first.failed, first.warnings) == (second.good, second.failed, second.warnings)


def test_rows_that_the_store_refuses_join_those_that_failed_in_their_order() -> None:
    rows = [SOUND, None, row(status="Godot", location_id="LOC-002"), SOUND, row(product_id=7)]
    checker = Checker(LOCATIONS, SENDER, NOW)
    checked = checker.check(rows)
    assert [warning[0] for warning in checked.warnings] == [2]
    checker.refuse(checked, rows, [2, 0], OTHER_CONTENT)
    assert [stated.place for stated in checked.good] == [3] and checked.warnings == []
    assert [(kept.place, kept.location_id) for kept in checked.failed] == [
        (0, "LOC-001"), (1, None), (2, "LOC-002"), (4, "LOC-001"),
    ]  # fmt: skip
    assert told(checked)[0] == {
        "index": 0,
        "row": SOUND,
        "errors": [
            {"code": "DI_E_30001", "category": "CONFLICT", "field": None,
             "message": "a row with this key is stored with other content"}
        ],
    }  # fmt: skip

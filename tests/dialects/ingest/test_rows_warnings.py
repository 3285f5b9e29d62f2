"""What is odd about rows that are taken, and how much of it is told."""

import pytest

from factoryos.dialects.ingest.catalogue import OLDER, SUPERSEDED, UNCHANGED
from factoryos.dialects.ingest.warnings_told import Warnings
from tests.dialects.ingest.stating import SOUND, check, row, without

ODD = {
    "planned end before start": (
        row(expected_start_date="2025-01-12 18:00:01"), [("00003", "expected_end_date")],
    ),
    "actual end before start": (row(actual_end_date="2025-01-10 06:29:59"), [("00003", "actual_end_date")]),
    "both": (
        row(expected_end_date="0001-01-01 00:00:00", actual_start_date="9999-12-31 23:59:59"),
        [("00003", "expected_end_date"), ("00003", "actual_end_date")],
    ),
    "planned end equal to start": (row(expected_end_date=SOUND["expected_start_date"]), []),
    "actual end equal to start": (row(actual_end_date=SOUND["actual_start_date"]), []),
    "end before start by the clock only": (row(actual_end_date="2025-01-10 05:30:00 -02:00"), []),
    "an end without a start": ({**without("actual_start_date"), "actual_end_date": "0001-01-01 00:00:00"}, []),
    "one too many": (row(produced_units=501), [("00004", "produced_units")]),
    "just as many": (row(produced_units=500), []),
    "none ordered, none made": (row(ordered_units=0, produced_units=0), []),
    "none ordered, one made": (row(ordered_units=0, produced_units=1), [("00004", "produced_units")]),
    "a day ahead": (row(updated_at="2025-01-13 18:00:00"), []),  # now is half a second later than that less a day
    "more than a day ahead": (row(updated_at="2025-01-13 18:00:01"), [("00005", "updated_at")]),
    "far ahead": (row(updated_at="9999-12-31 23:59:59"), [("00005", "updated_at")]),
    "an unknown word": (row(status="Waiting for Godot"), [("00006", "status")]),
    "a word in another spelling": (row(status="  In Progress "), []),
    "an empty word": (row(status=""), []),
    "all of it": (
        row(expected_end_date="2025-01-01 00:00:00", produced_units=700, updated_at="2026-01-12 18:00:00", status="?"),
        [("00003", "expected_end_date"), ("00004", "produced_units"), ("00005", "updated_at"), ("00006", "status")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("stated, warnings", ODD.values(), ids=ODD.keys())
def test_an_odd_row_is_taken_and_warned_of(stated: dict[str, object], warnings: list[tuple[str, str]]) -> None:
    checked = check(SOUND, stated)
    assert len(checked.good) == 2 and checked.failed == []
    assert checked.warnings == [(1, f"DI_W_{code}", field) for code, field in warnings]


def test_a_refused_row_is_not_warned_of() -> None:
    assert check(row(status="Godot", product_id=None)).warnings == []


def test_warnings_are_told_by_row_and_code() -> None:
    warnings = Warnings(check(SOUND, row(status="Godot")).warnings)
    warnings.add_all([1, 0], OLDER)
    warnings.add(1, SUPERSEDED)
    assert [(told["index"], told["code"], told["field"]) for told in warnings.told()] == [
        (0, "DI_W_00007", None), (1, "DI_W_00001", None), (1, "DI_W_00006", "status"), (1, "DI_W_00007", None),
    ]  # fmt: skip
    assert warnings.told()[2] == {
        "index": 1,
        "code": "DI_W_00006",
        "category": "WARNING",
        "message": "status is not a word that is recognised; it is kept as it is",
        "field": "status",
    }


def test_a_hundred_warnings_are_told_and_of_more_how_many() -> None:
    hundred = Warnings()
    hundred.add_all(range(100), UNCHANGED)
    assert len(hundred) == len(hundred.told()) == 100

    more = Warnings()
    more.add_all(reversed(range(2_000)), UNCHANGED)
    *shown, last = more.told()
    assert [warning["index"] for warning in shown] == list(range(100))
    assert last == {
        "index": None,
        "code": "DI_W_00000",
        "category": "WARNING",
        "message": "1900 further warnings are not shown",
        "field": None,
        "count": 1_900,
    }

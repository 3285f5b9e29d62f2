"""A sound row, and rows, bodies and answers made from it. Shared by the tests of what is read and judged."""

import json
from datetime import UTC, datetime
from typing import Any

from factoryos.dialects.base.answers import dumps
from factoryos.dialects.ingest.reading_json import parse_object
from factoryos.dialects.ingest.rows import Checked, Checker

NOW = datetime(2025, 1, 12, 18, 0, 0, 500_000, tzinfo=UTC)
SENDER, PLANT, MILL = 3, 7, 8
LOCATIONS = {"LOC-001": PLANT, "LOC-002": MILL}

SOUND: dict[str, Any] = {
    "order_number": "MO-2025-001",
    "product_id": "PROD-001",
    "location_id": "LOC-001",
    "source_id": "LINE-001",
    "ordered_at": "2025-01-05 08:00:00",
    "ordered_units": 500,
    "expected_start_date": "2025-01-10 06:00:00",
    "actual_start_date": "2025-01-10 06:30:00",
    "expected_end_date": "2025-01-12 18:00:00",
    "actual_end_date": "2025-01-12 17:45:00",
    "produced_units": 498,
    "status": "completed",
    "updated_at": "2025-01-12 18:00:00",
}


def row(**changes: Any) -> dict[str, Any]:
    """The seed's row with these columns changed."""
    return {**SOUND, **changes}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in SOUND.items() if name not in names}


def body(*rows: Any, **envelope: Any) -> bytes:
    return json.dumps({"solutionName": "INV_OOTB", "data": list(rows), **envelope}).encode()


def literally(column: str, literal: str) -> str:
    """The seed's row as JSON text, with this very text as the value of a column."""
    return json.dumps(row(**{column: "%here%"})).replace('"%here%"', literal)


def check(*rows: Any) -> Checked:
    return Checker(LOCATIONS, SENDER, NOW).check(rows)


def check_text(*texts: str) -> Checked:
    """The judgement of rows that are given as JSON texts."""
    return check(*parse_object(f'{{"data": [{",".join(texts)}]}}'.encode())["data"])


def told(checked: Checked) -> list[dict[str, Any]]:
    """`failed` of the answer, as whoever called reads it."""
    read: list[dict[str, Any]] = json.loads(dumps(checked.faults))
    return read


def codes(checked: Checked) -> list[tuple[str, str | None]]:
    """Code and field of every error, of all rows."""
    return [(error["code"][5:], error["field"]) for fault in told(checked) for error in fault["errors"]]

"""One row, judged in full: everything that is wrong with it, in the order of the columns, or its clean values."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from factoryos.dialects.ingest.catalogue import (
    COLUMN_TWICE,
    LOCATION,
    MOST_ERRORS,
    NOT_A_ROW,
    REQUIRED,
    UNKNOWN_COLUMN,
    Entry,
    shown,
)
from factoryos.dialects.ingest.reading_json import Repeated
from factoryos.dialects.ingest.row_values import Unsound, read_instant, read_number, read_status, read_text

Fault = tuple[Entry, str | None]  # what the catalogue says, and of which field


class Column(NamedTuple):
    name: str
    read: Callable[[Any], Any]
    required: bool = True


COLUMNS: Final = (
    Column("product_id", read_text),
    Column("location_id", read_text),
    Column("order_number", read_text),
    Column("updated_at", read_instant),
    Column("source_id", read_text),
    Column("ordered_at", read_instant),
    Column("ordered_units", read_number),
    Column("expected_start_date", read_instant),
    Column("expected_end_date", read_instant),
    Column("actual_start_date", read_instant, required=False),
    Column("actual_end_date", read_instant, required=False),
    Column("produced_units", read_number, required=False),
    Column("status", read_status, required=False),
)
NAMES: Final = frozenset(column.name for column in COLUMNS)


class Judged(NamedTuple):
    """`values` by column, of those columns that could be read; absent ones are None. `faults` in the order of the table."""

    values: dict[str, Any]
    faults: list[Fault]


def judge(row: Any, locations: Mapping[str, int]) -> Judged:
    """Everything that is wrong with a row, at most MOST_ERRORS faults. `locations` are those that it may name."""
    if not isinstance(row, dict):
        return Judged({}, [(NOT_A_ROW, None)])
    spellings = _spellings(row)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in COLUMNS:
        try:
            value = values[column.name] = _read(column, row, spellings.get(column.name, []))
            if column.name == "location_id" and value not in locations:
                raise Unsound(LOCATION)
        except Unsound as unsound:
            faults += [(entry, column.name) for entry in unsound.entries]
    return Judged(values, (faults + _of_further_columns(spellings))[:MOST_ERRORS])


def fold(name: str) -> str:
    """The column that a name in any case means."""
    return name.lower()


def _spellings(row: dict[str, Any]) -> dict[str, list[str]]:
    """Each column that is named, with the names as they were sent: more than one, or one that was sent more than once."""
    spellings: dict[str, list[str]] = {}
    for name in (*row, *(row.keys_twice if isinstance(row, Repeated) else ())):
        spellings.setdefault(fold(name), []).append(name)
    return spellings


def _read(column: Column, row: dict[str, Any], names: list[str]) -> Any:
    """The value of a column, clean. Raises Unsound."""
    if len(names) > 1:  # which of the values was meant nobody knows, so none is judged
        raise Unsound(COLUMN_TWICE)
    value = row[names[0]] if names else None
    if value is not None:
        return column.read(value)
    if column.required:
        raise Unsound(REQUIRED)
    return None


def _of_further_columns(spellings: dict[str, list[str]]) -> list[Fault]:
    faults: list[Fault] = []
    for column, names in spellings.items():
        if column not in NAMES:
            faults += [(entry, shown(names[0])) for entry in (UNKNOWN_COLUMN, COLUMN_TWICE)[: len(names)]]
            if len(faults) >= MOST_ERRORS:
                break
    return faults

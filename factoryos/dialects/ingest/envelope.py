"""What stands around the rows: which solution, which operation, a dry run or not."""

from dataclasses import dataclass
from typing import Any, Final

from factoryos.dialects.ingest.catalogue import (
    DATA,
    ENVELOPE,
    MOST_ERRORS,
    OPERATION,
    ROWS,
    SOLUTION,
    Refused,
    shown,
)
from factoryos.dialects.ingest.reading_json import Repeated, parse_object

SOLUTION_NAME: Final = "INV_OOTB"
MOST_ROWS: Final = 2_000
UPSERT: Final = "UPSERT"
APPEND: Final = "APPEND"
_FIELDS = ("solutionName", "data", "operationType", "dryRun")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sound request. `rows` are any JSON values as `reading_json` gives them, 1 to MOST_ROWS of them."""

    rows: list[Any]
    append: bool  # insert only; otherwise UPSERT
    dry_run: bool

    @property
    def operation_type(self) -> str:
        return APPEND if self.append else UPSERT


def parse_envelope(raw: bytes) -> Envelope:
    """The request in a body. Problem: Refused, with the first fault in the order in which they are looked for."""
    value = parse_object(raw)
    _no_field_twice(value)
    _solution(value)
    rows = _rows(value)
    append, dry_run = _append(value), _dry_run(value)
    _no_further_field(value)
    return Envelope(rows=rows, append=append, dry_run=dry_run)


def _no_field_twice(value: dict[str, Any]) -> None:
    # Before anything is believed: which of the two values was meant nobody knows.
    if isinstance(value, Repeated):
        _refuse_all(list(value.keys_twice), fault="occurs more than once")


def _solution(value: dict[str, Any]) -> None:
    name = value.get("solutionName")
    if "solutionName" not in value:
        raise Refused(ENVELOPE, field="solutionName", fault="is required")
    if not isinstance(name, str):
        raise Refused(ENVELOPE, field="solutionName", fault="must be a string")
    if not name or name.isspace():
        raise Refused(ENVELOPE, field="solutionName", fault="must not be blank")
    if name != SOLUTION_NAME:
        raise Refused(SOLUTION, field="solutionName")


def _rows(value: dict[str, Any]) -> list[Any]:
    rows = value.get("data")
    if not isinstance(rows, list) or not rows:
        raise Refused(DATA, field="data")
    if len(rows) > MOST_ROWS:
        raise Refused(ROWS, field="data", limit=MOST_ROWS)
    return rows


def _append(value: dict[str, Any]) -> bool:
    operation = value.get("operationType", UPSERT)
    # Only A to Z have another case here: "ſ" would be an S elsewhere.
    if isinstance(operation, str) and operation.isascii() and operation.upper() in (UPSERT, APPEND):
        return operation.upper() == APPEND
    raise Refused(OPERATION, field="operationType")


def _dry_run(value: dict[str, Any]) -> bool:
    dry_run = value.get("dryRun", False)
    if not isinstance(dry_run, bool):
        raise Refused(ENVELOPE, field="dryRun", fault="must be true or false")
    return dry_run


def _no_further_field(value: dict[str, Any]) -> None:
    if further := [name for name in value if name not in _FIELDS]:
        _refuse_all(further, fault="is not a field of this request")


def _refuse_all(names: list[str], *, fault: str) -> None:
    first, *others = (shown(name) for name in names[:MOST_ERRORS])
    raise Refused(ENVELOPE, field=first, others=others, fault=fault)

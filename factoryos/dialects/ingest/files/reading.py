"""A file as batches of rows, read in a stream: CSV with a line of column names, or a JSON object a line (NDJSON).

Each batch says at which byte it ends, so that a later run can begin there. CSV knows no types: whole numbers are read as
such where the column is one, and an empty cell is an absent value.
"""

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any, Final

from factoryos.dialects.ingest.catalogue import Refused, shown
from factoryos.dialects.ingest.reading_json import parse_object
from factoryos.dialects.ingest.row_faults import COLUMNS, NAMES, fold

LONGEST_LINE: Final = 1_048_576  # bytes, as much as a request may have for all its rows
LARGEST_BATCH: Final = 16 * LONGEST_LINE  # bytes, which few rows that are very long have as well
_WHOLE = re.compile(r"-?[0-9]{1,40}")
_NUMBERS: Final = frozenset({"ordered_units", "produced_units"})
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

csv.field_size_limit(LONGEST_LINE)


class Unreadable(Exception):
    """The file itself is wrong, not one of its rows. Its text says where and what."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that follow one another: the first one's number in the file, from 0, and the byte behind the last one."""

    first: int
    rows: Sequence[Any]
    end: int


def read_chunks(
    file: IO[bytes], *, kind: str, size: int, delimiter: str = ",", end: int, first: int
) -> Iterator[Chunk]:
    """The rows of a file of `kind` csv or ndjson behind the byte `end`, of which the first has the number `first`.

    `file` stands at its beginning. Raises Unreadable.
    """
    lines = _Lines(file)
    rows = _csv_rows(lines, delimiter=delimiter, end=end) if kind == "csv" else _json_rows(lines, end=end)
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size or lines.read - end >= LARGEST_BATCH:
            yield Chunk(first, batch, lines.read)
            first, batch, end = first + len(batch), [], lines.read
    if batch:
        yield Chunk(first, batch, lines.read)


class _Lines:
    """The lines of a file, and how many bytes of it they were so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.read = 0
        self._number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> bytes:
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"Line {self._number} is longer than {LONGEST_LINE} bytes.")
        self.read += len(line)
        return line if self._number > 1 else line.removeprefix(_BYTE_ORDER_MARK)

    def go_on_at(self, end: int) -> None:
        """Where an earlier run stopped, if that is behind what was read so far."""
        if end > self.read:
            self._file.seek(end)
            self.read = end


def _json_rows(lines: _Lines, *, end: int) -> Iterator[Any]:
    lines.go_on_at(end)
    for line in lines:
        if line.strip():
            yield _json_row(line)


def _json_row(line: bytes) -> Any:
    """The object that a line is; of a line that is none its text, which is refused as a row then."""
    try:
        return parse_object(line)
    except Refused:
        return line.decode(errors="replace").strip()


def _csv_rows(lines: _Lines, *, delimiter: str, end: int) -> Iterator[dict[str, Any]]:
    records = csv.reader((line.decode(errors="surrogateescape") for line in lines), delimiter=delimiter, strict=True)
    try:
        names = next(records, None)
        spelled = _columns(names or [])
        numbers = [place for place, name in enumerate(spelled) if name in _NUMBERS]
        lines.go_on_at(end)
        for record in records:
            if record:
                yield _csv_row(record, spelled, numbers)
    except csv.Error as error:
        raise Unreadable(f"The CSV cannot be read behind byte {lines.read}: {error}.") from None


def _columns(names: Sequence[str]) -> list[str]:
    """The columns that the first line names. What is wrong there would be wrong with every row, and is said once."""
    columns = [sys.intern(fold(name.strip())) for name in names]
    if unknown := [name for name in columns if name not in NAMES]:
        raise Unreadable(f"The first line names columns that there are not: {', '.join(map(shown, unknown))[:300]}.")
    if len(set(columns)) != len(columns):
        raise Unreadable("The first line names a column twice.")
    if missing := [column.name for column in COLUMNS if column.required and column.name not in columns]:
        raise Unreadable(f"The first line lacks columns that every row must have: {', '.join(missing)}.")
    return columns


def _csv_row(record: list[str], columns: Sequence[str], numbers: Sequence[int]) -> dict[str, Any]:
    cells: list[Any] = [cell if cell else None for cell in record]
    for place in numbers:
        if place < len(cells) and cells[place] is not None and _WHOLE.fullmatch(cells[place]):
            cells[place] = int(cells[place])
    row = dict(zip(columns, cells, strict=False))
    if len(cells) > len(columns):
        row.update({f"cell {place + 1}": cells[place] for place in range(len(columns), len(cells))})
    return row


def kind_of(name: str) -> str | None:
    """The kind that a file's name speaks of: csv, ndjson, or none."""
    return {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}.get(PurePath(name).suffix.lower())

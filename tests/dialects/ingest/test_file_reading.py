"""Files as batches of rows: what a line is read as, where a batch ends, and what makes the file itself unreadable."""

import io
import json
from typing import Any

import pytest

from factoryos.dialects.ingest.files import reading
from factoryos.dialects.ingest.files.reading import LONGEST_LINE, Chunk, Unreadable, kind_of, read_chunks
from factoryos.dialects.ingest.reading_json import Digits
from tests.conformance.ingest.works import SEED_ROW, a_row

NAMES = ",".join(SEED_ROW)
CELLS = ",".join(str(value) for value in SEED_ROW.values())


def read(
    raw: bytes | str, kind: str = "csv", *, size: int = 100, end: int = 0, first: int = 0, **more: Any
) -> list[Chunk]:
    file = io.BytesIO(raw if isinstance(raw, bytes) else raw.encode())
    return list(read_chunks(file, kind=kind, size=size, end=end, first=first, **more))


def rows(raw: bytes | str, kind: str = "csv", **more: Any) -> list[Any]:
    return [row for chunk in read(raw, kind, **more) for row in chunk.rows]


class TestCsv:
    def test_a_row_is_what_the_api_would_be_sent(self) -> None:
        assert rows(f"{NAMES}\n{CELLS}\n") == [SEED_ROW]

    def test_a_byte_order_mark_and_windows_line_ends(self) -> None:
        assert rows(f"\ufeff{NAMES}\r\n{CELLS}\r\n") == [SEED_ROW]

    def test_names_in_any_case_and_cells_between_other_marks(self) -> None:
        raw = f"{NAMES.upper()}\n{CELLS}".replace(",", ";")
        assert rows(raw, delimiter=";") == [SEED_ROW]

    def test_an_empty_cell_is_absent(self) -> None:
        (row,) = rows(f"{NAMES}\n{CELLS.replace('498', '')}\n")
        assert row["produced_units"] is None

    @pytest.mark.parametrize("text", ["5.0", "5e2", " 5", "+5", "five", "\u0665"])
    def test_only_a_whole_number_is_read_as_one(self, text: str) -> None:
        (row,) = rows(f"{NAMES}\n{CELLS.replace('498', text)}\n")
        assert row["produced_units"] == text

    def test_large_numbers_to_the_digit(self) -> None:
        (row,) = rows(f"{NAMES}\n{CELLS.replace('498', '9007199254740993')}\n")
        assert row["produced_units"] == 9007199254740993

    def test_cells_that_are_too_many_or_too_few(self) -> None:
        more, less = rows(f"{NAMES}\n{CELLS},x\nMO-1,PROD-1\n")
        assert more == SEED_ROW | {"cell 14": "x"}
        assert less == {"order_number": "MO-1", "product_id": "PROD-1"}

    def test_quotes_hold_commas_and_line_ends(self) -> None:
        (row,) = rows(f"{NAMES}\n{CELLS.replace('completed', chr(34) + 'a,b' + chr(10) + 'c' + chr(34))}\n")
        assert row["status"] == "a,b\nc"

    def test_what_is_not_utf_8_reaches_the_row_and_is_refused_there(self) -> None:
        (row,) = rows(f"{NAMES}\n".encode() + CELLS.encode().replace(b"completed", b"\xff"))
        assert row["status"] == "\udcff"

    def test_empty_lines_are_nothing(self) -> None:
        assert rows(f"{NAMES}\n\n{CELLS}\n\n") == [SEED_ROW]

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            ("", "lacks columns"),
            (NAMES.replace("status", "colour"), "colour"),
            (NAMES + ",Status", "twice"),
            (NAMES.replace("updated_at,", "").replace(",updated_at", ""), "updated_at"),
            (f'{NAMES}\n{CELLS}\n"never closed', "behind byte"),
            (f"{NAMES}\n{'x' * (LONGEST_LINE + 1)}", "Line 2 is longer"),
        ],
    )
    def test_a_file_that_is_wrong_as_a_whole(self, raw: str, text: str) -> None:
        with pytest.raises(Unreadable, match=text):
            rows(raw)


class TestJson:
    def test_a_row_a_line(self) -> None:
        raw = f"\ufeff{json.dumps(SEED_ROW)}\n\n  \n{json.dumps(a_row())}"
        assert rows(raw, "ndjson") == [SEED_ROW, a_row()]

    def test_numbers_keep_what_they_were(self) -> None:
        (row,) = rows(f'{{"ordered_units": {10**60}, "produced_units": 5.0}}', "ndjson")
        assert row == {"ordered_units": Digits(str(10**60), whole=True), "produced_units": Digits("5.0", whole=False)}

    @pytest.mark.parametrize("line", ["{", "[1]", "x", "{} {}", '{"a": NaN}', b"\xff"])
    def test_a_line_that_is_no_object_is_a_row_to_be_refused(self, line: Any) -> None:
        raw = line if isinstance(line, bytes) else line.encode()
        first, second = rows(raw + b"\n" + json.dumps(SEED_ROW).encode(), "ndjson")
        assert (isinstance(first, str), second) == (True, SEED_ROW)

    def test_a_line_without_end(self) -> None:
        with pytest.raises(Unreadable, match="Line 1"):
            rows('{"a": "' + "x" * LONGEST_LINE, "ndjson")


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_a_later_run_goes_on_behind_any_batch(kind: str, size: int) -> None:
    made = [a_row(order_number=f"MO-\u00fc-{number}", status="a\nb" if kind == "csv" else "x") for number in range(7)]
    if kind == "csv":
        lines = [
            ",".join(f'"{value}"' if name == "status" else str(value) for name, value in row.items()) for row in made
        ]
        raw = "\n".join([",".join(made[0]), *lines]) + "\n"
    else:
        raw = "\n".join(map(json.dumps, made))
    chunks = read(raw, kind, size=size)
    assert [row for chunk in chunks for row in chunk.rows] == made
    assert chunks[-1].end == len(raw.encode())

    for place, chunk in enumerate(chunks):
        behind = read(raw, kind, size=size, end=chunk.end, first=chunk.first + len(chunk.rows))
        assert behind == chunks[place + 1 :]


def test_what_a_name_says() -> None:
    assert [kind_of(name) for name in ("a.csv", "b.NDJSON", "c.jsonl", "d.txt", "csv")] == [
        "csv", "ndjson", "ndjson", None, None
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "head", "line"), [("csv", f"{NAMES}\n", f"{CELLS}\n"), ("ndjson", "", '{"a": 1}\n')])
def test_long_lines_make_short_batches(monkeypatch: pytest.MonkeyPatch, kind: str, head: str, line: str) -> None:
    """What is in memory is bounded in bytes, whatever the number of rows that are stored together."""
    monkeypatch.setattr(reading, "LARGEST_BATCH", len(head) + 3 * len(line))
    chunks = read(head + line * 20, kind)
    assert chunks[0].first == 0 and len(chunks[0].rows) == 3
    assert max(len(chunk.rows) for chunk in chunks) < 10
    assert sum(len(chunk.rows) for chunk in chunks) == 20
    assert all(chunk.end == len(head) + (chunk.first + len(chunk.rows)) * len(line) for chunk in chunks)
    assert read(head + line * 20, kind, end=chunks[0].end, first=3) == chunks[1:]


def test_a_name_that_is_no_column_cannot_steer_a_terminal() -> None:
    with pytest.raises(Unreadable) as unreadable:
        read(f"{NAMES},\x1b[31mred\n{CELLS},x\n")
    assert str(unreadable.value).isprintable()

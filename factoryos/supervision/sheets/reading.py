"""Reading a CSV or XLSX that a stranger may have made: how large, how many rows, and nothing that unfolds or resolves."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from tablib import Dataset

from factoryos.kernel.problems import Invalid

LARGEST_FILE = 5 * 1024 * 1024  # bytes
MOST_ROWS = 20_000
MOST_COLUMNS = 50
LONGEST_CELL = 2000  # characters
LARGEST_UNPACKED = 50 * 1024 * 1024  # bytes, of all parts of a workbook together
MOST_PARTS = 200

# How a cell that a spreadsheet would take for a formula is written on export, and read back on import.
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\0]")


def refuse(text: str) -> Invalid:
    return Invalid(messages=[text], field="file")


def read(content: bytes, *, name: str) -> Dataset:
    """The sheet as texts, one row a line, with its headings folded to lower case. Problem: Invalid, saying what is wrong."""
    if len(content) > LARGEST_FILE:
        raise refuse(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB")
    if name.lower().endswith(".csv"):
        rows = _csv_rows(content)
    elif name.lower().endswith(".xlsx"):
        rows = _xlsx_rows(content)
    else:
        raise refuse("Send a file that ends in .csv or .xlsx")
    return _dataset(rows)


def _csv_rows(content: bytes) -> Iterable[Sequence[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("The file is not UTF-8; save it as “CSV UTF-8”") from error
    if "\0" in text:
        raise refuse("The file holds NUL characters, so it is no CSV")
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise refuse(f"The file is no valid CSV: {error}") from error


def _xlsx_rows(content: bytes) -> Iterable[Sequence[Any]]:
    import openpyxl

    _refuse_bomb(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        yield from sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
    except Invalid:
        raise
    except Exception as error:  # whatever a broken workbook makes of the reader
        raise refuse("The file is no workbook that can be read") from error


def _refuse_bomb(content: bytes) -> None:
    """Before anything is unpacked: how much it would be. A part that lies about its size is cut there by zipfile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise refuse("The workbook would unpack to more than is taken here")
            if any(part.flag_bits & 0x1 for part in parts):
                raise refuse("The workbook is protected by a password")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and b"<!" + b"DOCTYPE" in archive.read(part):
                    raise refuse("The workbook defines entities, which is not taken here")
    except Invalid:
        raise
    except Exception as error:  # zipfile knows many ways to find a file broken
        raise refuse("The file is no workbook that can be read") from error


def _dataset(rows: Iterable[Sequence[Any]]) -> Dataset:
    lines = iter(rows)
    headings = [_text(cell).strip().lower() for cell in next(lines, ())]
    while headings and not headings[-1]:
        headings.pop()
    if not headings or not all(headings):
        raise refuse("The first row must name every column")
    if len(headings) > MOST_COLUMNS or len(set(headings)) != len(headings):
        raise refuse("A column is named twice, or there are too many of them")
    sheet = Dataset(headers=headings)
    for number, cells in enumerate(lines, start=1):
        if number > MOST_ROWS:
            raise refuse(f"The file has more than {MOST_ROWS} rows")
        texts = [_text(cell) for cell in cells]
        if not any(texts):
            texts = []  # a blank line keeps its number, so that errors name the row one sees
        if any(texts[len(headings) :]):
            raise refuse(f"Row {number + 1} has more cells than there are columns")
        if any(len(text) > LONGEST_CELL for text in texts):
            raise refuse(f"A cell of row {number + 1} is longer than {LONGEST_CELL} characters")
        sheet.append((texts + [""] * len(headings))[: len(headings)])
    return sheet


def _text(cell: Any) -> str:
    """A cell as the person sees it: a workbook's 1001 and 1001.0 are the text 1001."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = str(cell)
    return text[1:] if _NEUTRALISED.match(text) else text


def neutral(cell: Any) -> Any:
    """A cell for export: text that a spreadsheet would run gets an apostrophe, which `read` takes off again."""
    if not isinstance(cell, str):
        return cell
    return "'" + cell if (cell[:1] in "=+-@\t\r\0" and cell) or _NEUTRALISED.match(cell) else cell

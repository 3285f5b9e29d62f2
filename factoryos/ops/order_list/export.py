"""All orders of a filter as a file: CSV of any length, made and sent piece by piece, or a workbook up to a limit.

Newest first by id, whatever the list is sorted by: an order that changes while the file is made is in it once.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from orders import listing
from orders.listing import NEWEST, SORTS, Found, ListedOrder
from orders.models import ProductionOrder
from orders.states import State

CHUNK = 500  # orders read at once
WORKBOOK_MOST = 20_000  # a workbook is whole, after some seconds of computing, before its first byte can be sent
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else

# What spreadsheets take for the beginning of a formula, or for nothing and then the beginning of one.
_FORMULA = re.compile(r"[=+\-@\t\r\n\0]|\s+[=+\-@]")
_NOT_IN_WORKBOOKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

HEADINGS = (
    "Order", "Status", "Open holds", "Priority", "Customer", "Product", "SKU", "Batch", "Target", "Good", "Rejected",
    "Unit", "Machines", "Due", "Planned start", "Started", "Finished", "Created", "Changed", "Changed by", "Last note",
    "Note for", "Id",
)  # fmt: skip


def text(value: str | None) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection): the apostrophe says "text"."""
    value = value or ""
    return f"'{value}" if _FORMULA.match(value) else value


def orders_of(found: Found, *, by: Actor) -> Iterator[ListedOrder]:
    """All of them, read in chunks: neither one long transaction nor all in memory."""
    start = None
    while True:
        with listing.planned_afresh():
            positions = listing.walk(found, sort=SORTS[NEWEST], start=start, limit=CHUNK)
        yield from listing.listed([position.id for position in positions], by=by)
        if len(positions) < CHUNK:
            return
        start = positions[-1]


def cells(row: ListedOrder, *, zone: ZoneInfo) -> list[str | Decimal | int]:
    """One order. Times as the plant's clocks have them (ISO 8601), amounts exact."""
    return [
        text(row.reference), State(row.state).label, row.open_holds, ProductionOrder.Priority(row.priority).label,
        text(row.customer_name), text(row.item_name), text(row.item_sku), text(row.batch_number),
        Decimal(row.target), Decimal(row.good), Decimal(row.rejected), text(row.unit), text(row.places),
        _time(row.planned_end, zone), _time(row.planned_start, zone), _time(row.actual_start, zone),
        _time(row.actual_end, zone), _time(row.created_at, zone), _time(row.updated_at, zone),
        text(row.changed_by), text(row.note), _for_whom(row), str(row.uuid),
    ]  # fmt: skip


def _time(instant: datetime | None, zone: ZoneInfo) -> str:
    return clock.in_zone(instant, zone).isoformat(timespec="seconds") if instant else ""


def _for_whom(row: ListedOrder) -> str:
    return {"customer": "Customer", "internal": "Internal"}.get(row.audience or "", "")


class _Line:
    """What csv.writer writes to: it hands back what it was given."""

    def write(self, line: str) -> str:
        return line


def as_csv(rows: Iterable[ListedOrder], *, zone: ZoneInfo) -> Iterator[bytes]:
    """The file in pieces of a chunk each."""
    writer = csv.writer(_Line())
    piece = [BYTE_ORDER_MARK, _written(writer, HEADINGS)]
    for row in rows:
        piece.append(_written(writer, cells(row, zone=zone)))
        if len(piece) > CHUNK:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()


def _written(writer: Any, values: Iterable[Any]) -> str:
    plain = [format(value, "f") if isinstance(value, Decimal) else value for value in values]
    return str(writer.writerow(plain))


def as_workbook(rows: Iterable[ListedOrder], *, zone: ZoneInfo) -> IO[bytes]:
    """A temporary file with the workbook, at its beginning; gone when it is closed."""
    from openpyxl import Workbook  # large, and most processes never need it

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    sheet.freeze_panes = "B2"
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append([_cell(value) for value in cells(row, zone=zone)])
    file = TemporaryFile()  # noqa: SIM115 the response closes it
    book.save(file)
    file.seek(0)
    return file


def _cell(value: str | Decimal | int) -> Any:
    """An amount as a number where a spreadsheet's numbers, which are binary, hold it exactly; else as text."""
    if isinstance(value, Decimal):
        return value if Decimal(repr(float(value))) == value else format(value, "f")
    if isinstance(value, str):
        return _NOT_IN_WORKBOOKS.sub("\ufffd", value)[:32_767]
    return value

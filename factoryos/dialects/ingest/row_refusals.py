"""A refused row: how the answer shows it, and how it is kept for later reading."""

from collections.abc import Iterator, Sequence
from json import dumps
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NamedTuple

import orjson

from factoryos.dialects.ingest.catalogue import told
from factoryos.dialects.ingest.reading_json import Digits
from factoryos.dialects.ingest.row_faults import Fault
from orders.ingest.rows import FailedRow

LONGEST_STRING: Final = 1_000  # characters of a string that are shown
LARGEST_ROW: Final = 8 * 1024  # bytes of JSON in ASCII
_CONSTANTS = {None: "null", True: "true", False: "false"}


class Refusal(NamedTuple):
    kept: FailedRow
    told: dict[str, Any]  # {index, row, errors}, as `base.answers.dumps` takes it


def refuse(*, place: int, row: Any, location_id: str | None, faults: Sequence[Fault], factory_id: int) -> Refusal:
    """The row at this place of the batch, refused for these faults. `factory_id` is that of whoever sent it."""
    errors = [told(entry, field) for entry, field in faults]
    text = row_text(row)
    codes = tuple(dict.fromkeys(error["code"] for error in errors))
    return Refusal(
        FailedRow(place, factory_id, location_id, text, dumps(errors), codes),
        # As text: lone surrogates and endless numbers are JSON, but nothing that an encoder takes.
        {"index": place, "row": None if text is None else orjson.Fragment(text), "errors": errors},
    )


def row_text(row: Any) -> str | None:
    """The row as JSON in ASCII, its numbers as they were sent, its long strings cut. None if that is too large."""
    size, parts = 0, []
    for part in _parts(row):
        size += len(part)
        if size > LARGEST_ROW:
            return None
        parts.append(part)
    return "".join(parts)


def _parts(value: Any) -> Iterator[str]:
    """The pieces of the text. Depth is bounded by the reader, and the work by whoever stops asking for more."""
    match value:
        case str():
            yield encode_basestring_ascii(value[:LONGEST_STRING])
        case Digits(text=text) if len(text) > LONGEST_STRING:
            # As a string, for cut it is another number, and many a reader of JSON fails on one so long.
            yield encode_basestring_ascii(text[:LONGEST_STRING])
        case Digits(text=text):
            yield text
        case dict():
            opening = "{"
            for name, inner in value.items():
                yield f"{opening}{encode_basestring_ascii(name)}:"
                yield from _parts(inner)
                opening = ","
            yield "}" if opening == "," else "{}"
        case list():
            opening = "["
            for inner in value:
                yield opening
                yield from _parts(inner)
                opening = ","
            yield "]" if opening == "," else "[]"
        case None | bool():
            yield _CONSTANTS[value]
        case _:
            yield str(value)

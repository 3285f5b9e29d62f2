"""The contract's rules for a row once more, slow and plain: on the JSON text of each value, sharing no code with the product.

A row is a list of (name, JSON text of the value), in which a name may occur again.
"""

import calendar
import json
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

Pairs = list[tuple[str, str]]

WORDS = """
    draft new created proposed submitted requested open pending approved confirmed released firm firmed scheduled planned
    queued ready not_started in_progress in_production started running active processing producing wip paused on_hold
    suspended stopped interrupted blocked completed complete done finished produced verified inspected qa_passed closed
    shipped delivered fulfilled archived cancelled canceled void voided aborted deleted
"""
KINDS = {
    "product_id": "text", "location_id": "text", "order_number": "text", "updated_at": "time", "source_id": "text",
    "ordered_at": "time", "ordered_units": "number", "expected_start_date": "time", "expected_end_date": "time",
    "actual_start_date": "time?", "actual_end_date": "time?", "produced_units": "number?", "status": "status?",
}  # fmt: skip
DAY = 24 * 60 * 60


class Verdict(NamedTuple):
    """`errors` and `warnings` as (code, field); `stored` is what a sound row becomes, by column."""

    errors: set[tuple[str, str]]
    warnings: set[tuple[str, str]]
    stored: dict[str, Any]


def judge(pairs: Pairs, *, locations: set[str], now: int) -> Verdict:
    """`now` in seconds since the beginning of the year 1."""
    errors: set[tuple[str, str]] = set()
    stored: dict[str, Any] = dict.fromkeys(KINDS)
    named: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}  # a known column is told by its name, another one as it was first sent
    for name, text in pairs:
        named.setdefault(name.lower(), []).append(text)
        spelled.setdefault(name.lower(), name.lower() if name.lower() in KINDS else name)
    for name, texts in named.items():
        if name not in KINDS:
            errors.add(("20006", spelled[name]))
        if len(texts) > 1:
            errors.add(("20007", spelled[name]))
    for name, kind in KINDS.items():
        texts = named.get(name, ["null"])
        if len(texts) > 1:
            continue
        if texts[0] == "null":
            if not kind.endswith("?"):
                errors.add(("20002", name))
            continue
        found, stored[name] = READ[kind.rstrip("?")](texts[0])
        errors |= {(code, name) for code in found}
        if name == "location_id" and not found and stored[name] not in locations:
            errors.add(("40001", name))
    return Verdict(errors, warnings_of(stored, now) if not errors else set(), stored)


def warnings_of(row: dict[str, Any], now: int) -> set[tuple[str, str]]:
    found = set()
    for when in ("expected", "actual"):
        start, end = row[f"{when}_start_date"], row[f"{when}_end_date"]
        if start is not None and end is not None and end < start:
            found.add(("00003", f"{when}_end_date"))
    if row["produced_units"] is not None and row["produced_units"] > row["ordered_units"]:
        found.add(("00004", "produced_units"))
    if row["updated_at"] > now + DAY:
        found.add(("00005", "updated_at"))
    if row["status"] is not None:
        word = row["status"].strip().lower().replace(" ", "_").replace("-", "_")
        if word not in WORDS.split():
            found.add(("00006", "status"))
    return found


def text_of(literal: str) -> tuple[set[str], str | None]:
    if not literal.startswith('"'):
        return {"20003"}, None
    text: str = json.loads(literal)
    if all(character.isspace() for character in text):
        return {"20004"}, None
    found = set()
    if len(text) > 255:
        found.add("20005")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        found.add("20008")
    return found, text


def status_of(literal: str) -> tuple[set[str], str | None]:
    return (set(), None) if literal == '""' else text_of(literal)


def number_of(literal: str) -> tuple[set[str], int | None]:
    digits = literal.removeprefix("-")
    if not digits or set(digits) - set("0123456789"):
        return {"20003"}, None
    if not 0 <= Decimal(literal) < Decimal(2) ** 63:
        return {"20101"}, None
    return set(), int(literal)


def time_of(literal: str) -> tuple[set[str], int | None]:
    """Seconds since the beginning of the year 1, UTC."""
    if not literal.startswith('"'):
        return {"20003"}, None
    text: str = json.loads(literal)
    if not text.strip():
        return {"20004"}, None
    plain, offset = text[:19], text[19:].removeprefix(" ")
    if not fits(plain, "0000-00-00 00:00:00"):
        return {"20201"}, None
    if text[19:] and not (fits(offset, "+00:00") or fits(offset, "-00:00")):
        return {"20201"}, None
    year, month, day = int(plain[:4]), int(plain[5:7]), int(plain[8:10])
    hour, minute, second = int(plain[11:13]), int(plain[14:16]), int(plain[17:19])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return {"20202"}, None
    if hour > 23 or minute > 59 or second > 59:
        return {"20202"}, None
    seconds = (date(year, month, day).toordinal() - 1) * DAY + hour * 3600 + minute * 60 + second
    if offset:
        ahead = int(offset[1:3]) * 60 + int(offset[4:6])
        if int(offset[4:6]) > 59 or ahead > 14 * 60:
            return {"20202"}, None
        seconds -= ahead * 60 * (1 if offset[0] == "+" else -1)
    if not 0 <= seconds < date.max.toordinal() * DAY:
        return {"20202"}, None
    return set(), seconds


def fits(text: str, pattern: str) -> bool:
    """0 stands for an ASCII digit, any other character for itself."""
    return len(text) == len(pattern) and all(
        "0" <= character <= "9" if wanted == "0" else character == wanted
        for character, wanted in zip(text, pattern, strict=True)
    )


READ: dict[str, Any] = {"text": text_of, "status": status_of, "number": number_of, "time": time_of}

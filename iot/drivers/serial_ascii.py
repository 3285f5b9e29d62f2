"""Counters that speak plain text on a serial line: some bytes ask, and a number stands somewhere in the answer."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from re import _parser  # type: ignore[attr-defined]  # Python's own, not in the stubs
from typing import Any

from iot.drivers.outcome import Failed, Reach, number_fault, unknown_faults
from iot.drivers.protocol import Capabilities, Point, ReadError, Reading, Result, Trouble
from iot.drivers.serial_bus import SerialBus
from iot.drivers.serial_line import Whole, line_faults
from iot.modbus.frames import BadFrame

_WHERE = frozenset({"request", "end", "length", "pattern"})
_LONGEST = 256
_NUMBER = r"\s*(?P<value>[0-9]+)\s*"
_REPEATING = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
_BEGINNINGS = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING"})
_NARROW, _MOST_REPEATS = 10, 2  # three of them on 256 bytes already take ten seconds
_ALL = 0  # answers carry no address: after silence, anybody's late one may still come


class SerialAscii(SerialBus):
    """Address as of every serial line; `echo` is true where the adapter hears what it sends.

    A point's `where`: `request`, the bytes that ask, as text (JSON's escapes write any byte, "\\u0002" for STX); then
    `end`, the text an answer ends with (a line feed), or `length`, its bytes; and `pattern`, a regular expression with a
    group (?P<value>…) around the digits. Without one all of it is digits."""

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="serial_ascii", event_driven=False, shared_bus=True)

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        return line_faults(address) + [fault for point in points for fault in _point_faults(point)]

    def _read_all(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        answers: dict[tuple[Any, ...], tuple[bytes, datetime] | Failed] = {}
        lost: Failed | None = None
        results: list[Result] = []
        for point in points:
            if faults := _point_faults(point):
                results.append(ReadError(point.id, Trouble.MISSET, " ".join(faults)))
                continue
            where = point.where
            question = (where["request"], where.get("end", "\n"), where.get("length"))
            if question not in answers:
                answers[question] = lost or self._ask(where, deadline=deadline)
            answer = answers[question]
            if isinstance(answer, Failed):
                lost = lost or (answer if answer.reach is Reach.BUS else None)
                results.append(answer.of(point))
            else:
                results.append(_value(point, *answer))
        return results

    def _ask(self, where: Mapping[str, Any], *, deadline: float) -> tuple[bytes, datetime] | Failed:
        request = where["request"].encode("latin-1")
        # A question that ends as answers do would be a whole answer by itself. Any other may begin a true one.
        echo = "length" not in where and request.endswith(where.get("end", "\n").encode("latin-1"))
        answer = self._line.ask(request, unit=_ALL, whole=_whole(where), deadline=deadline, echo=echo)
        return answer if isinstance(answer, Failed) else (answer, datetime.now(UTC))


def _whole(where: Mapping[str, Any]) -> Whole:
    length, end = where.get("length"), where.get("end", "\n").encode("latin-1")

    def measure(buffer: bytearray) -> int | None:
        if length is not None:
            return int(length)
        found = buffer.find(end)
        if found < 0 and len(buffer) > _LONGEST:
            raise BadFrame(f"{_LONGEST} bytes without the end of an answer")
        return found + len(end) if found >= 0 else None

    return measure


def _value(point: Point, answer: bytes, at: datetime) -> Result:
    text = answer.decode("latin-1")
    pattern = point.where.get("pattern")
    found = re.search(pattern, text) if pattern is not None else re.fullmatch(_NUMBER, text)
    digits = (found["value"] or "").strip() if found else ""
    if not (digits.isascii() and digits.isdecimal()):
        return ReadError(point.id, Trouble.GARBLED, f"The counter answered {text!r}, in which no number was found.")
    raw = int(digits)
    if raw >= point.layout.modulus:
        most = point.layout.modulus - 1
        return ReadError(point.id, Trouble.MISSET, f"The counter shows {raw}, but was said to go to {most} only.")
    return Reading(point_id=point.id, raw=raw, at=at)


def _point_faults(point: Point) -> list[str]:
    where = point.where
    faults = unknown_faults(where, _WHERE, what="a text counter's point")
    for name, default in (("request", None), ("end", "\n")):
        value = where.get(name, default)
        if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST or any(ord(sign) > 255 for sign in value):
            faults.append(f"{name} must be a text of 1 to {_LONGEST} bytes, not {value!r}.")
    if "length" in where:
        faults += number_fault(where, "length", default=1, least=1, most=_LONGEST)
        if "end" in where:
            faults.append("An answer has either an end or a length, not both.")
    return [f"Point {point.id}: {fault}" for fault in faults + _pattern_faults(where.get("pattern"))]


def _pattern_faults(pattern: Any) -> list[str]:
    if pattern is None:
        return []
    if not isinstance(pattern, str) or len(pattern) > _LONGEST:
        return [f"pattern must be a text of up to {_LONGEST} characters, not {pattern!r:.300}."]
    try:
        groups = re.compile(pattern).groupindex
        slow = _may_take_ages(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return [f"pattern {pattern!r} is no regular expression: {error}."]
    if slow:
        return [
            f"pattern {pattern!r} repeats what repeats, or repeats too often: on a strange answer it would take ages."
        ]
    return [] if "value" in groups else [f"pattern {pattern!r} has no group (?P<value>…) around the digits."]


@cache
def _may_take_ages(pattern: str) -> bool:
    """Whether a search may go through very many ways to repeat. It cannot be broken off, and holds up every other line.

    One that is tied to the answer's beginning (^) is tried there only, so it may repeat once more.
    """
    parsed = _parser.parse(pattern)
    wide, nested = _repeats(parsed)
    tied = bool(parsed) and str(parsed[0][1]) in _BEGINNINGS
    return nested or wide > _MOST_REPEATS + tied


def _repeats(parsed: Any) -> tuple[int, bool]:
    """How many repetitions without a narrow end there are in a parsed pattern, and whether one stands in another."""
    wide, nested = 0, False
    for operation, argument in parsed:
        inner, deep = 0, False
        for part in _parts(argument):
            found, found_deep = _repeats(part)
            inner, deep = inner + found, deep or found_deep
        repeats = str(operation) in _REPEATING and argument[1] > _NARROW
        nested = nested or deep or bool(repeats and inner)
        wide += inner + repeats
    return wide, nested


def _parts(argument: Any) -> list[Any]:
    """The patterns inside an operation's argument."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    return [part for one in argument for part in _parts(one)] if isinstance(argument, (tuple, list)) else []

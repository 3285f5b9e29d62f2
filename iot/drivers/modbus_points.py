"""Which questions bring the values of Modbus points: neighbours in one, and apart where a device refuses the block.

It does no input or output. A driver takes a request, brings what came of it, and gets the next (`Questions.ask_all`).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime

from iot.drivers.outcome import Failed, Reach, number_fault, unknown_faults
from iot.drivers.protocol import Point, ReadError, Reading, Result, Trouble
from iot.modbus import frames
from iot.modbus.frames import Answer, Refused, Request
from iot.registers import Encoding, Garbled

TABLES = {
    "coils": frames.READ_COILS,
    "discrete_inputs": frames.READ_INPUTS,
    "holding_registers": frames.READ_HOLDING,
    "input_registers": frames.READ_INPUT_REGISTERS,
}
WIDEST_GAP = 8  # registers nobody asked for: cheaper to carry along than another question
TCP_UNITS, SERIAL_UNITS = (0, 255), (1, 247)
_WHERE = frozenset({"unit", "table", "address"})
# What a device says of the moment or of itself, not of an address: asking its points one by one brings nothing.
_BUSY = frozenset({5, 6})
_NOT_THERE = frozenset({10, 11})


@dataclass(frozen=True, slots=True)
class Answered:
    """What a device said, and when (UTC) it had said it."""

    answer: Answer
    at: datetime


Outcome = Answered | Failed
Asking = Generator[Request, Outcome, list[Result]]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A point, its place among those asked, and the request for it alone."""

    place: int
    point: Point
    request: Request


@dataclass(frozen=True, slots=True)
class _Block:
    request: Request
    spots: tuple[_Spot, ...]


def point_faults(point: Point, *, units: tuple[int, int]) -> list[str]:
    """What is wrong with a point's `where` {"unit", "table", "address"}, in sentences."""
    faults = unknown_faults(point.where, _WHERE, what="a Modbus point")
    faults += number_fault(point.where, "unit", default=1, least=units[0], most=units[1])
    faults += number_fault(
        {"address": None, **point.where}, "address", default=0, least=0, most=65536 - point.layout.words
    )
    table = point.where.get("table", "holding_registers")
    if not isinstance(table, str) or table not in TABLES:
        faults.append(f"table must be one of {', '.join(TABLES)}, not {table!r}.")
    elif table in ("coils", "discrete_inputs") and point.layout.encoding is not Encoding.BIT:
        faults.append(f"{table} hold single bits, not {point.layout.encoding}.")
    return [f"Point {point.id}: {fault}" for fault in faults]


class Questions:
    """The questions to one bus. It remembers blocks that were refused, and asks their points apart from then on."""

    def __init__(self, *, units: tuple[int, int]) -> None:
        self._units = units
        self._apart: set[Request] = set()
        self._points: Sequence[Point] | None = None
        self._misset: dict[int, Result] = {}
        self._blocks: list[_Block] = []

    def forget(self) -> None:
        """Another device may stand there now."""
        self._apart.clear()

    def ask_all(self, points: Sequence[Point]) -> Asking:
        """Yields requests, takes an Outcome for each, returns a result for each point in their order."""
        self._put_together(points)
        results = dict(self._misset)
        yield from self._walk(list(self._blocks), results)
        return [results[place] for place in range(len(points))]

    def only_question(self, points: Sequence[Point]) -> Request | None:
        """The one that brings all of these points, if there is such a one."""
        self._put_together(points)
        if self._misset or len(self._blocks) != 1 or self._blocks[0].request in self._apart:
            return None
        return self._blocks[0].request

    def _put_together(self, points: Sequence[Point]) -> None:
        """The blocks of these points. The same tuple again means the same points, and costs nothing."""
        if points is self._points:
            return
        spots = []
        self._misset = {}
        for place, point in enumerate(points):
            if faults := point_faults(point, units=self._units):
                self._misset[place] = ReadError(point.id, Trouble.MISSET, " ".join(faults))
            else:
                spots.append(_Spot(place, point, request_for(point)))
        self._blocks = _blocks(spots)
        self._points = points if isinstance(points, tuple) else None  # a list may hold others next time

    def _walk(self, blocks: list[_Block], results: dict[int, Result]) -> Generator[Request, Outcome, None]:
        given_up: dict[int, Failed] = {}
        while blocks:
            block = blocks.pop(0)
            unit = block.request.unit
            if block.request in self._apart and len(block.spots) > 1:
                blocks[:0] = _apart(block)
                continue
            outcome: Outcome = given_up[unit] if unit in given_up else (yield block.request)
            if isinstance(outcome, Answered) and isinstance(outcome.answer, Refused):
                if len(block.spots) > 1 and outcome.answer.code not in _BUSY | _NOT_THERE:
                    self._apart.add(block.request)
                    blocks[:0] = _apart(block)
                    continue
                outcome = _refusal(block.request, outcome.answer)
            if isinstance(outcome, Failed):
                results.update({spot.place: outcome.of(spot.point) for spot in block.spots})
                if outcome.reach is Reach.UNIT:
                    given_up[unit] = outcome
                elif outcome.reach is Reach.BUS:
                    given_up.update({other.request.unit: outcome for other in blocks})
            else:
                results.update({spot.place: _value(spot, block=block, answered=outcome) for spot in block.spots})


def request_for(point: Point) -> Request:
    """The question for a point alone, whose `where` is without faults."""
    where = point.where
    function = TABLES[where.get("table", "holding_registers")]
    return Request(unit=where.get("unit", 1), function=function, address=where["address"], count=point.layout.words)


def _blocks(spots: Sequence[_Spot]) -> list[_Block]:
    """Neighbours together, no two tables or units in one, in the order of addresses."""
    blocks: list[_Block] = []
    for spot in sorted(spots, key=lambda spot: (spot.request.unit, spot.request.function, spot.request.address)):
        joined = _joined(blocks[-1], spot) if blocks else None
        if joined is None:
            blocks.append(_Block(spot.request, (spot,)))
        else:
            blocks[-1] = joined
    return blocks


def _joined(block: _Block, spot: _Spot) -> _Block | None:
    first, more = block.request, spot.request
    if (first.unit, first.function) != (more.unit, more.function):
        return None
    end = max(first.address + first.count, more.address + more.count)
    if more.address - (first.address + first.count) > WIDEST_GAP or end - first.address > frames.MOST_REGISTERS:
        return None
    whole = Request(unit=first.unit, function=first.function, address=first.address, count=end - first.address)
    return _Block(whole, (*block.spots, spot))


def _apart(block: _Block) -> list[_Block]:
    return [_Block(spot.request, (spot,)) for spot in block.spots]


def _refusal(request: Request, refused: Refused) -> Failed:
    place = f"register {request.address}" if request.function > frames.READ_INPUTS else f"bit {request.address}"
    if refused.code in _NOT_THERE:
        text = f"The gateway has no connection to unit {request.unit} ({refused.text})."
        return Failed(Trouble.REFUSED, text, Reach.UNIT)
    if refused.code in _BUSY:
        return Failed(Trouble.REFUSED, f"Unit {request.unit} is busy and asks to be read later ({refused.text}).")
    return Failed(Trouble.REFUSED, f"Unit {request.unit} refuses to give {place}: {refused.text}.")


def _value(spot: _Spot, *, block: _Block, answered: Answered) -> Result:
    assert not isinstance(answered.answer, Refused)
    offset = spot.request.address - block.request.address
    words = answered.answer[offset : offset + spot.request.count]
    try:
        return Reading(point_id=spot.point.id, raw=spot.point.layout.decode(words), at=answered.at)
    except Garbled as error:
        text = f"Unit {spot.request.unit}, address {spot.request.address}: {error}. Is the encoding the right one?"
        return ReadError(spot.point.id, Trouble.GARBLED, text)

"""What single readings tell: whether a value looks right, whether a counter moves as one, what to try beside. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from iot.counting import Baseline, Kind, judge
from iot.diagnosis import advice, spellings
from iot.diagnosis.findings import ExaminedPoint, Finding, Grade, Step
from iot.drivers.protocol import Point, ReadError, Reading, Result, Trouble

_ODD = "Compare it with what the device itself shows: if that is one of the numbers below, set encoding and orders so."
_JUMPS = (
    "If the machine's display does not jump, look for the wrong encoding or order of words, for two devices with one "
    "address, or for a rate that was set too low."
)
_STANDS = "Where the machine stands still, that is right. Else it is another register that counts its pieces."


def finding_of(tested: ExaminedPoint, result: Result, *, words: Sequence[int] | None, driver: str) -> Finding:
    """A point's value, with its registers (`words`, if they could be read) and what else they might mean."""
    layout = tested.point.layout
    details = []
    if words is not None:
        details = [f"Its registers hold {spellings.in_words(words)}.", *spellings.others(words, than=layout)]
    if isinstance(result, ReadError):
        then = advice.of_trouble(result.trouble, driver=driver, text=result.text)
        return Finding(Step.VALUE, Grade.WRONG, result.text, advice=then, point=tested.name, details=details)
    text = f"It is {result.raw}{_meaning(tested, result.raw)}."
    found = Finding(Step.VALUE, Grade.FINE, text, point=tested.name, details=details)
    if tested.rules is not None and result.raw >= tested.rules.modulus:
        text = f"It is {result.raw}, but was said to begin again at {tested.rules.modulus}."
        return replace(found, grade=Grade.WRONG, text=text, advice="Correct where it begins again (modulus).")
    if words is not None and spellings.looks_odd(words, layout=layout):
        return replace(found, grade=Grade.NOTE, advice=_ODD)
    return found


def _meaning(tested: ExaminedPoint, raw: int) -> str:
    if tested.rules is not None or not tested.states:
        return ""
    return f": {tested.states.get(str(raw), 'running' if raw else 'idle')}"


def movement_of(tested: ExaminedPoint, readings: Sequence[Reading]) -> Finding:
    """Whether these readings of a counter, oldest first, follow each other as a machine makes pieces."""
    rules, first = tested.rules, readings[0]
    assert rules is not None
    known, counts, kinds = Baseline(first.raw, first.at), 0, set[Kind]()
    for reading in readings[1:]:
        verdict = judge(reading.raw, at=reading.at, known=known, rules=rules)
        known, counts = verdict.baseline, counts + verdict.counts
        kinds.add(verdict.kind)
    seconds = (readings[-1].at - first.at).total_seconds()
    found = Finding(Step.MOVEMENT, Grade.FINE, "", point=tested.name)
    if kinds & {Kind.DOUBTED, Kind.RESET, Kind.SUSPECT}:
        shown = ", ".join(str(reading.raw) for reading in readings)
        text = f"It jumps as no counter of this machine can, which makes {rules.max_rate:g} a second at most: {shown}."
        return replace(found, grade=Grade.WRONG, text=text, advice=_JUMPS)
    if counts == 0:
        return replace(found, grade=Grade.NOTE, text=f"It did not move in {seconds:.1f} seconds.", advice=_STANDS)
    pace = counts / seconds if seconds else 0.0
    return replace(found, text=f"It counted {counts} in {seconds:.1f} seconds, {pace:.2f} a second.")


def near_by(point: Point, result: Result, *, driver: str) -> list[tuple[str, Point]]:
    """What to ask instead of a Modbus point that brought nothing, each with its name; nothing where it makes no sense."""
    if driver not in advice.MODBUS or not isinstance(result, ReadError):
        return []
    if result.trouble is Trouble.REFUSED and "register" in result.text and "gateway" not in result.text.lower():
        return _other_registers(point)
    if result.trouble is Trouble.TIMEOUT or "gateway" in result.text.lower():
        own = point.where.get("unit", 1)
        units = (1, 255, 0) if driver == "modbus_tcp" else (1, 2, 3)
        return [(f"Unit {unit}", replace(point, where={**point.where, "unit": unit})) for unit in units if unit != own]
    return []


def _other_registers(point: Point) -> list[tuple[str, Point]]:
    address, table = point.where["address"], point.where.get("table", "holding_registers")
    other = "input_registers" if table == "holding_registers" else "holding_registers"
    places = [(address, other)]
    if address > 0:
        places.append((address - 1, table))
    if 40001 <= address <= 49999:
        places.append((address - 40001, "holding_registers"))
    if 30001 <= address <= 39999:
        places.append((address - 30001, "input_registers"))
    return [
        (f"Address {place} of {where}", replace(point, where={**point.where, "address": place, "table": where}))
        for place, where in places
    ]

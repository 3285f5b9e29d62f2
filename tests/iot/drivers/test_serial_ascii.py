"""Counters that speak text, over a real terminal."""

from functools import partial
from typing import Any

import pytest

from iot.drivers.protocol import Point
from iot.drivers.registry import DRIVERS, driver_class
from iot.drivers.serial_ascii import SerialAscii
from iot.registers import Encoding, Layout
from tests.iot.drivers.peers import HANG_UP, Deeds, raws, read, timed
from tests.iot.drivers.wires import line_question, on_wire

EIGHT_DIGITS = Layout(Encoding.BCD32)
on_text = partial(on_wire, whole=line_question, driver_class=SerialAscii)


def text(number: int, request: str = "N1\r", **where: Any) -> Point:
    return Point(id=number, layout=EIGHT_DIGITS, where={"request": request, **where})


PATTERN = r"GOOD=\s*(?P<value>\d+)"
REJECTS = r"BAD=\s*(?P<value>\d+)"


@on_text(lambda number, asked: [b"GOOD=  1", 0.03, b"234;BAD= 0056\r\n"])
async def test_one_answer_in_pieces_gives_all_its_numbers(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1, pattern=PATTERN), text(2, pattern=REJECTS)])) == [1234, 56]
    assert wire.asked == [b"N1\r"]


@on_text(lambda number, asked: [b"\x0200", 0.02, b"0042"])
async def test_an_answer_of_a_fixed_length_needs_no_end(wire: Any, driver: Any) -> None:
    point = text(1, request="\x05\r", length=7, pattern=r"\x02(?P<value>\d{6})")
    assert raws(await read(driver, [point])) == [42]
    assert wire.asked == [b"\x05\r"]


@on_text(lambda number, asked: [b"ERROR 5\r\n"] if asked == b"N2\r" else [b"17\r\n"])
async def test_an_answer_without_a_number_fails_alone(wire: Any, driver: Any) -> None:
    results = await read(driver, [text(1, "N1\r"), text(2, "N2\r"), text(3, "N3\r")])
    assert raws(results) == [17, "garbled", 17]
    assert results[1].text == "The counter answered 'ERROR 5\\r\\n', in which no number was found."


@on_text(lambda number, asked: [b"123456789\r\n"])
async def test_a_number_beyond_what_the_counter_was_said_to_show_is_not_believed(wire: Any, driver: Any) -> None:
    results = await read(driver, [text(1)])
    assert raws(results) == ["misset"] and "99999999 only" in results[0].text


def slow_once(number: int, asked: bytes) -> Deeds:
    return [0.4, b"111\r\n"] if number == 1 else [b"222\r\n"]


@on_text(slow_once, timeout=0.3)
async def test_a_late_answer_is_never_taken_for_the_next(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1, "N1\r"), text(2, "N2\r")])) == ["timeout", 222]


@on_text(lambda number, asked: [], timeout=30)
async def test_a_silent_counter_costs_its_deadline_and_not_more(wire: Any, driver: Any) -> None:
    overs = []
    for _ in range(3):
        results, over = await timed(driver, [text(1, "N1\r"), text(2, "N2\r")], within=0.15)
        assert raws(results) == ["timeout", "timeout"]
        overs.append(over)
    assert min(overs) < 0.05, overs


@on_text(lambda number, asked: [b"x" * 400] if number == 1 else [b"5\r\n"], timeout=0.1)
async def test_an_answer_that_never_ends_is_garbage_and_drained(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1)])) == ["garbled"]
    assert raws(await read(driver, [text(1)])) == [5]


@on_text(lambda number, asked: [b"12", HANG_UP])
async def test_half_a_number_before_a_hang_up_is_no_number(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1)])) == ["closed"]


@on_text(lambda number, asked: [asked + b"17\r\n"])
async def test_the_echo_of_a_question_that_ends_like_an_answer_is_passed_over(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1, "N1\r\n")])) == [17]


@on_text(lambda number, asked: [b"N1\r=17\r\n"])
async def test_an_answer_that_repeats_its_question_is_left_whole(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1, pattern=r"N1\r=(?P<value>\d+)")])) == [17]


@on_text(lambda number, asked: [asked + b"17\r\n"], echo=True)
async def test_the_echo_of_any_question_is_passed_over_where_the_settings_say_so(wire: Any, driver: Any) -> None:
    assert raws(await read(driver, [text(1), text(2, "N2\r")])) == [17, 17]


def test_points_are_checked_in_sentences() -> None:
    port = {"port": "/dev/ttyS0"}
    assert SerialAscii.check(port, [text(1), text(2, pattern=PATTERN), text(3, length=4)]) == []
    faults = SerialAscii.check(
        port, [text(1, ""), text(2, pattern="("), text(3, pattern=r"\d+"), text(4, end="", length=4)]
    )
    assert faults == [
        "Point 1: request must be a text of 1 to 256 bytes, not ''.",
        "Point 2: pattern '(' is no regular expression: missing ), unterminated subpattern at position 0.",
        r"Point 3: pattern '\\d+' has no group (?P<value>…) around the digits.",
        "Point 4: end must be a text of 1 to 256 bytes, not ''.",
        "Point 4: An answer has either an end or a length, not both.",
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+(?P<value>\d)",
        r"(?P<value>(\d*)*)x",
        r"(?:(?:ab|a)*,)*(?P<value>\d+)",
        r".*.*.*(?P<value>\d)x",
        r"^.*.*.*.*(?P<value>\d)x",
        "(" * 200,
    ],
)
def test_a_pattern_that_could_hold_up_every_line_is_refused(pattern: str) -> None:
    (fault,) = SerialAscii.check({"port": "/dev/ttyS0"}, [text(1, pattern=pattern)])
    assert "pattern" in fault


@pytest.mark.parametrize(
    "pattern",
    [PATTERN, REJECTS, r"\x02(?P<value>\d{6})\x03", r"^\s*N1[=:]\s*(?P<value>\d+)", r"(?:\w\d{2},){3}(?P<value>\d+)"],
)
def test_a_pattern_as_counters_need_it_is_taken(pattern: str) -> None:
    assert SerialAscii.check({"port": "/dev/ttyS0"}, [text(1, pattern=pattern)]) == []


def test_every_driver_that_is_registered_can_be_made_and_tells_its_name() -> None:
    for name in DRIVERS:
        assert driver_class(name).capabilities().name == name
        assert driver_class(name).check({}, []) != []

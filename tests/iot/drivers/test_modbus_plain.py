"""The prepared poll: its one question and what it makes of the answer are what the general way comes to."""

import struct
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from iot.drivers.modbus_plain import Plain
from iot.drivers.modbus_points import TCP_UNITS, Answered, Questions
from iot.drivers.protocol import Point
from iot.modbus import frames
from iot.modbus.frames import READ_COILS, READ_INPUTS
from iot.registers import Encoding, Layout
from tests.iot.drivers.peers import raws

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ENDS = some.sampled_from(["big", "little"])
LAYOUTS = some.builds(Layout, some.sampled_from(list(Encoding)), word_order=ENDS, byte_order=ENDS)
ADDRESSES = some.integers(0, 30)


@some.composite
def points(draw: some.DrawFn) -> tuple[Point, ...]:
    if draw(some.booleans()):
        table, layouts = draw(some.sampled_from(["coils", "discrete_inputs"])), some.just(Layout(Encoding.BIT))
    else:
        table, layouts = draw(some.sampled_from(["holding_registers", "input_registers"])), LAYOUTS
    found = draw(some.lists(some.tuples(ADDRESSES, layouts), min_size=1, max_size=6))
    return tuple(
        Point(number, layout, {"unit": 3, "table": table, "address": address})
        for number, (address, layout) in enumerate(found, 1)
    )


@given(asked=points(), data=some.binary(min_size=80, max_size=80))
def test_the_short_way_brings_what_the_general_way_brings(asked: tuple[Point, ...], data: bytes) -> None:
    questions = Questions(units=TCP_UNITS)
    request = questions.only_question(asked)
    asking = questions.ask_all(asked)
    first = next(asking)
    if request is None:
        return
    assert first == request
    plain = Plain(asked, request)
    assert b"\x12\x34" + plain.question == frames.tcp_request(request, transaction=0x1234)
    values = data[: request.answer_bytes]
    if request.function in (READ_COILS, READ_INPUTS):
        values = bytes(byte & 0x0F for byte in values)
    pdu = bytes([request.function, len(values)]) + values
    frame = struct.pack(">HHHB", 0x1234, 0, len(pdu) + 1, request.unit) + pdu
    assert len(frame) == plain.answer_length and frame[2:].startswith(plain.answer_begins)
    answer = frames.tcp_reply(frame, asked=request, transaction=0x1234)
    assert answer is not None
    try:
        asking.send(Answered(answer, at=NOW))
    except StopIteration as done:
        general = raws(done.value)
    results = plain.results(frame, at=NOW)
    assert general == raws(results) if results is not None else "garbled" in general


def test_registers_between_two_points_are_passed_over() -> None:
    wide, narrow = Layout(Encoding.U32), Layout(Encoding.U16)
    asked = (Point(1, wide, {"address": 10}), Point(2, narrow, {"address": 14}), Point(3, narrow, {"address": 15}))
    request = Questions(units=TCP_UNITS).only_question(asked)
    assert request is not None and (request.address, request.count) == (10, 6)
    frame = bytes(9) + struct.pack(">IHHHH", 70000, 1, 2, 3, 4)
    assert raws(Plain(asked, request).results(frame, at=NOW) or []) == [70000, 3, 4]

"""Modbus frames against known bytes, and against another library's."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from iot.modbus import frames
from iot.modbus.frames import BadFrame, Refused, Request

ASKED = Request(unit=1, function=3, address=0, count=2)
WORDS = (0x0001, 0x86A0)
PDU = bytes([3, 4]) + struct.pack(">2H", *WORDS)


def rtu(body: bytes) -> bytes:
    return body + struct.pack("<H", frames.crc16(body))


def test_requests_as_the_specification_writes_them() -> None:
    assert frames.rtu_request(ASKED).hex() == "010300000002c40b"
    assert frames.ascii_request(ASKED) == b":010300000002FA\r\n"
    assert frames.tcp_request(ASKED, transaction=7).hex() == "000700000006010300000002"


@given(st.binary(max_size=260))
def test_the_checksum_is_the_one_that_others_compute(data: bytes) -> None:
    assert frames.crc16(data) == int.from_bytes(FramerRTU.compute_CRC(data).to_bytes(2, "big"), "little")


def test_a_good_reply_gives_its_words_on_every_line() -> None:
    assert frames.read_pdu(PDU, asked=ASKED) == WORDS
    assert frames.rtu_reply(rtu(b"\x01" + PDU), asked=ASKED) == WORDS
    body = b"\x01" + PDU
    assert frames.ascii_reply(b":" + (body + bytes([frames.lrc(body)])).hex().encode(), asked=ASKED) == WORDS
    frame = struct.pack(">HHHB", 7, 0, len(PDU) + 1, 1) + PDU
    assert frames.tcp_frame_length(frame) == len(frame)
    assert frames.tcp_reply(frame, asked=ASKED, transaction=7) == WORDS


def test_bits_come_lowest_first() -> None:
    asked = Request(unit=1, function=1, address=0, count=10)
    assert frames.read_pdu(bytes([1, 2, 0b0000_0101, 0b10]), asked=asked) == (1, 0, 1, 0, 0, 0, 0, 0, 0, 1)


def test_a_refusal_is_an_answer_with_its_reason() -> None:
    assert frames.rtu_reply(rtu(bytes([1, 0x83, 2])), asked=ASKED) == Refused(2)
    assert Refused(2).text == "illegal data address"


def test_a_late_reply_over_tcp_is_told_by_its_number() -> None:
    frame = struct.pack(">HHHB", 6, 0, len(PDU) + 1, 1) + PDU
    assert frames.tcp_reply(frame, asked=ASKED, transaction=7) is None


@pytest.mark.parametrize("place", range(9))
def test_one_wrong_byte_anywhere_is_noticed(place: int) -> None:
    frame = bytearray(rtu(b"\x01" + PDU))
    frame[place] ^= 0x10
    with pytest.raises(BadFrame):
        frames.rtu_reply(bytes(frame), asked=ASKED)


@pytest.mark.parametrize(
    "pdu", [b"", b"\x03", b"\x04\x04\0\1\0\2", b"\x03\x02\0\1", b"\x03\x04\0\1\0", b"\x03\x04\0\1\0\2\0"]
)
def test_a_reply_to_another_question_is_refused(pdu: bytes) -> None:
    with pytest.raises(BadFrame):
        frames.read_pdu(pdu, asked=ASKED)


@given(st.binary(max_size=300))
def test_garbage_never_reads_as_an_answer(data: bytes) -> None:
    for read in (frames.rtu_reply, frames.ascii_reply):
        try:
            answer = read(data, asked=ASKED)
        except (BadFrame, IndexError, struct.error) as error:
            assert isinstance(error, BadFrame), f"{error!r} instead of a refusal"
        else:
            assert len(answer) == 2 if isinstance(answer, tuple) else True

"""What a simulated press can be asked and told: its Modbus map, and its few words over a plain serial line.

The map, 0-based, the same in holding and input registers: good pieces from 0, rejects from 4, all made from 8, each as
wide as the press's layout; 12 is 1 while it runs. Coils and discrete inputs: 0 runs the press, 1 changes with every
piece. Coil 0 alone may be written (functions 5 and 15), and only here: nothing that reads real machines can write.
"""

import struct
from collections.abc import Sequence

from iot.modbus import frames
from iot.simulation.device import Device
from iot.simulation.press import Counter

WRITE_COIL, WRITE_COILS = 5, 15
AT = {Counter.GOOD: 0, Counter.REJECTS: 4, Counter.MADE: 8}
RUNS_REGISTER = 12
REGISTERS = 13
RUN_COIL, PIECE_COIL = 0, 1
COILS = 2
_COUNTERS = frozenset(counter.value for counter in Counter)
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_FOUR = struct.Struct(">BHH")


class _No(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def refusal(pdu: bytes, *, code: int) -> bytes:
    """The reply that says no to the question `pdu`."""
    return bytes([pdu[0] | 0x80, code])


def answer(device: Device, pdu: bytes) -> bytes:
    """The reply of a device in good health to a question; the frame around both is the line's matter."""
    try:
        if pdu[0] in frames.READS and len(pdu) == _FOUR.size:
            return _read(device, pdu)
        if pdu[0] == WRITE_COIL and len(pdu) == _FOUR.size:
            return _write_coil(device, pdu)
        if pdu[0] == WRITE_COILS and len(pdu) > 6:
            return _write_coils(device, pdu)
        raise _No(_ILLEGAL_VALUE if pdu[0] in (*frames.READS, WRITE_COIL, WRITE_COILS) else _ILLEGAL_FUNCTION)
    except _No as no:
        return refusal(pdu, code=no.code)


def say(device: Device, question: str) -> str:
    """The reply over a plain serial line: `GOOD?`, `REJECTS?`, `MADE?` and `RUN?` are understood, else `ERR 1`."""
    word = question.strip().upper().removesuffix("?")
    if word == "RUN":
        return f"RUN {int(device.press().is_running)}"
    if word.lower() in _COUNTERS:
        digits = len(str(device.press().layout.modulus - 1))
        return f"{word} {device.shown()[Counter(word.lower())]:0{digits}d}"
    return "ERR 1"


def _read(device: Device, pdu: bytes) -> bytes:
    function, address, count = _FOUR.unpack(pdu)
    bits = function in (frames.READ_COILS, frames.READ_INPUTS)
    if not 1 <= count <= (frames.MOST_BITS if bits else frames.MOST_REGISTERS):
        raise _No(_ILLEGAL_VALUE)
    table = _coils(device) if bits else _registers(device)
    if address + count > len(table):
        raise _No(_ILLEGAL_ADDRESS)
    asked = table[address : address + count]
    data = _packed(asked) if bits else struct.pack(f">{count}H", *asked)
    return bytes([function, len(data)]) + data


def _registers(device: Device) -> list[int]:
    press, shown = device.press(), device.shown()
    table = [0] * REGISTERS
    for counter, address in AT.items():
        words = press.layout.encode(shown[counter])
        table[address : address + len(words)] = words
    table[RUNS_REGISTER] = int(press.is_running)
    return table


def _coils(device: Device) -> list[int]:
    return [int(device.press().is_running), device.shown()[Counter.MADE] & 1]


def _packed(bits: Sequence[int]) -> bytes:
    data = bytearray((len(bits) + 7) // 8)
    for place, bit in enumerate(bits):
        data[place // 8] |= bit << place % 8
    return bytes(data)


def _write_coil(device: Device, pdu: bytes) -> bytes:
    _, address, value = _FOUR.unpack(pdu)
    if value not in (0x0000, 0xFF00):
        raise _No(_ILLEGAL_VALUE)
    if address != RUN_COIL:
        raise _No(_ILLEGAL_ADDRESS)
    _run(device, bit=int(value == 0xFF00))
    return pdu


def _write_coils(device: Device, pdu: bytes) -> bytes:
    _, address, count = _FOUR.unpack_from(pdu)
    if not 1 <= count <= frames.MOST_BITS or pdu[5] != (count + 7) // 8 or len(pdu) != 6 + pdu[5]:
        raise _No(_ILLEGAL_VALUE)
    if address != RUN_COIL or count != 1:
        raise _No(_ILLEGAL_ADDRESS)
    _run(device, bit=pdu[6] & 1)
    return pdu[: _FOUR.size]


def _run(device: Device, *, bit: int) -> None:
    press = device.press()
    if bit:
        press.start()
    else:
        press.stop()

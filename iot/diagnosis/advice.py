"""What to do about what is wrong: sentences for a technician, by the trouble and the kind of line. Pure."""

import errno
import socket

from iot.drivers.protocol import BusError, Trouble
from iot.modbus.frames import EXCEPTIONS

SERIAL = frozenset({"modbus_rtu", "modbus_ascii", "serial_ascii"})
MODBUS = frozenset({"modbus_tcp", "modbus_rtu", "modbus_ascii"})

_CHECK_LINE = (
    "Compare speed, parity and stop bits with the device's own settings (often 9600 8N1 or 19200 8E1); swap A and B of "
    "an RS-485 pair; see that both ends of the line, and no others, have a terminating resistor."
)
_SILENT_SERIAL = (
    "Is the device on, and is this its address (unit)? Are A and B the right way round? A device with another speed "
    f"stays silent too. {_CHECK_LINE}"
)
_SILENT_TCP = (
    "The connection was taken, so cable and address are right. Is it the device's unit number (many want 1 or 255)? "
    "Behind a gateway: is the device on its serial line on? Some devices serve one master only: is another connected?"
)
_SILENT_FOCAS = "Is the control's embedded Ethernet function on, and its TCP port the one it says? Did it not hang?"

# By the code of a Modbus exception: what it means for somebody who wants to read a counter.
_REFUSED = {
    1: "The device does not know this table: take the other kind of registers (holding_registers, input_registers).",
    2: (
        "There is no such register. Manuals often count from 1, or from 40001: register 40001 is address 0, and the "
        "last of a 32-bit value must exist, too."
    ),
    3: "The device does not give so many registers at once, or not from here: is the encoding as wide as the value?",
    4: "The device failed while it read this: look at its own alarms, and restart it if it stays.",
    5: "The device has taken the question and is busy with it: poll less often.",
    6: "The device is busy: poll less often, or see which other master asks it.",
    8: "The device's memory has a fault.",
    10: "The gateway has no line for this unit: look at its own table of units.",
    11: "The gateway asked the unit and had no answer: is the device behind it on, and its unit the right one?",
}


def of_trouble(trouble: Trouble, *, driver: str, text: str = "") -> str:
    """What to do about a point or a bus that could not be read. `text` is what the driver said."""
    if trouble is Trouble.REFUSED and driver in MODBUS:
        return next((_REFUSED[code] for code, words in EXCEPTIONS.items() if words in text and code in _REFUSED), "")
    if trouble is Trouble.TIMEOUT:
        if "our own question came back" in text:
            return f"The adapter hears itself and works; the device does not answer. {_SILENT_SERIAL}"
        return _SILENT_SERIAL if driver in SERIAL else _SILENT_FOCAS if driver == "focas" else _SILENT_TCP
    if trouble is Trouble.GARBLED:
        if driver in SERIAL:
            return f"{_CHECK_LINE} Do two devices have the same address, or does another master speak on this line?"
        return "Does something else than the wanted protocol listen there? Is the encoding the right one?"
    if trouble is Trouble.CLOSED:
        return "It hung up: some devices take one connection only, and close when another master comes."
    if trouble is Trouble.UNREACHABLE:
        return "See whether it is on, and reachable from this computer."
    return ""


def of_reach(error: BusError, *, driver: str) -> str:
    """What to do about a bus that could not be opened: the cause that the system gave tells the ways apart."""
    cause: BaseException | None = error.__cause__ or error.__context__
    number = getattr(cause, "errno", None)
    if isinstance(cause, ConnectionRefusedError) or number == errno.ECONNREFUSED:
        return "Something is at this address and turns the port away: enable the protocol on the device, or correct the port."
    if isinstance(cause, socket.gaierror):
        return "Write the address in numbers, or have the name entered in the plant's DNS."
    if number in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return (
            "This computer knows no way there: is it in the machines' network (VLAN), with the right gateway and mask?"
        )
    if isinstance(cause, TimeoutError) or number == errno.ETIMEDOUT:
        return "Nothing at all came back: the device is off, the cable out, the address wrong, or a firewall is silent."
    if error.trouble is Trouble.MISSET:
        return "Correct the settings; see the sentence above."
    if driver in SERIAL and "group dialout" in error.text:
        return "Add the service's user to the group dialout, and start it anew."
    if driver in SERIAL and "another program" in error.text:
        return (
            "A poller, or another program on this computer, reads this port: switch the connection off while you test."
        )
    return of_trouble(error.trouble, driver=driver, text=error.text)

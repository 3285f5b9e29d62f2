"""What a connection and its points must be like, judged before they are written: sentences by the field they are about."""

import json
import math
import posixpath
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Invalid
from factoryos.kernel.text import CODE
from iot.bounds import bounds_faults
from iot.buses import driver_point
from iot.counting import GRACE, LENIENCY
from iot.drivers.protocol import Driver, Point
from iot.drivers.registry import DRIVERS, driver_class
from iot.models import Connection, CounterPoint
from iot.models.polling import LONGEST_PERIOD_S, SHORTEST_PERIOD_S
from iot.registers import Encoding, Layout
from manufacturing.models import Machine

COUNTING = frozenset({CounterPoint.Role.GOOD, CounterPoint.Role.REJECT, CounterPoint.Role.TOTAL})
FASTEST = 10_000.0  # counts a second; no machine that makes pieces comes near
SLOWEST = 0.0001  # one in a few hours
LARGEST_SCALE = Decimal(100_000)
_LONGEST_SETTINGS = 2_000  # characters of JSON
_NAMED_POINT = re.compile(r"^Point \d+:? ?")
_DEFAULT_PORTS = {"focas": 8193, "modbus_tcp": 502}

Faults = dict[str, list[str]]


def refuse(faults: Faults) -> None:
    """Problem: Invalid with all sentences, if there are any; its field is the first that is wrong."""
    if faults:
        messages = [text for texts in faults.values() for text in texts]
        raise Invalid(messages=messages, field=next(iter(faults)))


def bus_of(driver: str, address: Mapping[str, Any]) -> str:
    """What two connections of one factory must not share: `host:port` in small letters, or the path of a serial port.

    A converter's TCP port is the same place as that port spoken to directly. The address has passed its driver's check.
    """
    if "host" in address:
        return _place(str(address["host"]), address.get("port", _DEFAULT_PORTS.get(driver, "")))
    port = str(address["port"])
    if "://" in port:
        parts = urlsplit(port)
        return _place(parts.hostname or "", parts.port)
    return posixpath.normpath(port) if port.startswith("/") else port


def _place(host: str, port: object) -> str:
    return f"{host.strip().rstrip('.').lower()}:{port}"


def driver_of(name: str) -> type[Driver] | None:
    """The driver of this name, if there is one."""
    return driver_class(name) if name in DRIVERS else None


def connection_faults(connection: Connection) -> Faults:
    """What is wrong with a connection by itself."""
    faults: Faults = {}
    if not CODE.fullmatch(connection.code) or parse_uuid(connection.code):
        faults["code"] = [
            "A code has up to 40 letters, digits, dots, dashes and underscores, begins with a letter or digit, "
            "and does not look like a uuid."
        ]
    every = connection.poll_every_s
    if not _is_number(every) or not SHORTEST_PERIOD_S <= every <= LONGEST_PERIOD_S:
        faults["poll_every_s"] = [f"It is read every {SHORTEST_PERIOD_S:g} to {LONGEST_PERIOD_S:g} seconds."]
    driver = driver_of(connection.driver)
    if driver is None:
        faults["driver"] = [f"The driver is one of {', '.join(DRIVERS)}, not {connection.driver!r}."]
    else:
        found = _settings_faults(connection.address) or driver.check(connection.address, ())
        if found := found or bounds_faults(connection.driver, connection.address):
            faults["address"] = found
    return faults


def point_faults(point: CounterPoint) -> Faults:
    """What is wrong with a point on its connection, which is sound itself."""
    connection, role = point.connection, point.role
    faults: Faults = {}
    if role not in CounterPoint.Role.values:
        faults["role"] = [f"The role is one of {', '.join(CounterPoint.Role.values)}, not {role!r}."]
    layout = _layout(point, faults)
    _where_faults(point, faults)
    if layout is None:
        return faults
    if role in COUNTING:
        if layout.encoding is Encoding.BIT:
            faults["encoding"] = ["A single bit cannot count."]
        _counter_faults(point, faults, width=layout.modulus, every_s=connection.poll_every_s)
    if found := _states_faults(point.states, is_state=role == CounterPoint.Role.STATE, width=layout.modulus):
        faults["states"] = found
    return faults


def _layout(point: CounterPoint, faults: Faults) -> Layout | None:
    if point.encoding not in list(Encoding):
        faults["encoding"] = [f"The encoding is one of {', '.join(Encoding)}, not {point.encoding!r}."]
        return None
    for name in ("word_order", "byte_order"):
        if getattr(point, name) not in CounterPoint.Order.values:
            faults[name] = [f"The order is big or little, not {getattr(point, name)!r}."]
    return None if faults.keys() & {"word_order", "byte_order"} else driver_point(point).layout


def _where_faults(point: CounterPoint, faults: Faults) -> None:
    """The driver names points by their number, which nobody knows who types a form."""
    driver = driver_of(point.connection.driver)
    found = _settings_faults(point.where)
    if driver is None or found:
        faults |= {"where": found} if found else {}
        return
    encoding = Encoding(point.encoding) if point.encoding in list(Encoding) else Encoding.U16
    address = point.connection.address
    of_bus = driver.check(address, ())
    all_found = driver.check(address, [Point(0, Layout(encoding), point.where)])
    if texts := [_NAMED_POINT.sub("", text) for text in all_found if text not in of_bus]:
        faults["where"] = [text[:1].upper() + text[1:] for text in texts]


def _counter_faults(point: CounterPoint, faults: Faults, *, width: int, every_s: float) -> None:
    modulus = width if point.modulus is None else point.modulus
    if not 2 <= modulus <= width or modulus != int(modulus):
        faults["modulus"] = [f"It begins again at a whole number from 2 to {width}, which is all that it can show."]
        return
    if not _is_number(point.max_rate) or not SLOWEST <= point.max_rate <= FASTEST:
        faults["max_rate"] = [f"It counts from {SLOWEST:g} to {FASTEST:g} a second at most."]
    elif point.max_rate * every_s * LENIENCY + GRACE >= modulus:
        faults["max_rate"] = [
            f"At {point.max_rate:g} counts a second, read every {every_s:g} seconds, a counter that begins again at "
            f"{modulus} may go round unseen between two readings."
        ]
    if not isinstance(point.scale, Decimal) or not 0 < point.scale <= LARGEST_SCALE:
        faults["scale"] = [f"A count is more than 0 pieces, and at most {LARGEST_SCALE}."]
    elif point.scale != round(point.scale, 6):
        faults["scale"] = ["The scale has at most 6 decimals."]
    if not isinstance(point.decimals, int) or not 0 <= point.decimals <= 6:
        faults["decimals"] = ["Pieces have 0 to 6 decimals."]


def _states_faults(states: Any, *, is_state: bool, width: int) -> list[str]:
    if not isinstance(states, dict):
        return ["States are an object such as {\"2\": \"down\"}."]  # fmt: skip
    if states and not is_state:
        return ["Only a point that tells what the machine does has states."]
    words = Machine.State.values
    found = []
    for raw, word in list(states.items())[:100]:
        if not (raw.isascii() and raw.isdecimal() and str(int(raw[:20])) == raw and int(raw) < width):
            found.append(f"{raw[:40]!r} is no value that it can show: whole numbers from 0 to {width - 1}.")
        elif word not in words:
            found.append(f"A state is one of {', '.join(words)}, not {word!r}.")
    return found or (["At most 100 states."] if len(states) > 100 else [])


def _settings_faults(settings: Any) -> list[str]:
    """What no driver could be given and no column could keep, whatever the driver."""
    if not isinstance(settings, dict):
        return ["It must be an object such as {\"host\": \"10.0.0.5\"}."]  # fmt: skip
    for name, value in settings.items():
        if isinstance(value, (dict, list)):
            return [f"{name!r} must be a text or a number."]
        if isinstance(value, float) and not math.isfinite(value):
            return [f"{name!r} is no number."]
        for text in (name, value):
            if isinstance(text, str) and re.search("[\x00\ud800-\udfff]", text):
                return ["Characters of code 0 and half characters cannot be kept."]
    if len(json.dumps(settings)) > _LONGEST_SETTINGS:
        return [f"At most {_LONGEST_SETTINGS} characters."]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

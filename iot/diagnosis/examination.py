"""The examination of a line, from its settings to whether its counters move; it changes nothing in any device."""

import asyncio
import contextlib
import ipaddress
import socket
import statistics
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from iot.connection_rules import bus_of, driver_of
from iot.diagnosis import advice, values
from iot.diagnosis.findings import ExaminedPoint, Finding, Grade, Step, Target
from iot.diagnosis.spellings import PLAIN
from iot.drivers.protocol import BusError, Driver, Point, ReadError, Reading, Result, Trouble
from iot.drivers.registry import DRIVERS
from iot.registers import Encoding, Layout

_PLAIN_IDS = 1_000_000  # a point's registers are read once more as they are, under a number of their own
_DEFAULTS = {
    "focas": ExaminedPoint("parts counted", Point(0, Layout(Encoding.U32), {"value": "parts"})),
    **dict.fromkeys(
        advice.MODBUS, ExaminedPoint("unit 1, holding register 0", Point(0, Layout(Encoding.U16), {"address": 0}))
    ),
}


async def examine(
    target: Target, *, reads: int = 5, pause_s: float = 1.0, patience_s: float = 5.0
) -> AsyncIterator[Finding]:
    """Findings as they are made. `reads` of all points, `pause_s` seconds apart, each given up after `patience_s`."""
    examination = _Examination(target, reads=reads, pause_s=pause_s, patience_s=patience_s)
    try:
        for look, without_it_no_more in (
            (examination.settings, True), (examination.line, True), (examination.name, True),
            (examination.reach, True), (examination.protocol, True), (examination.values, False),
            (examination.times, False), (examination.movement, False),
        ):  # fmt: skip
            found = await look()
            for finding in found:
                yield finding
            if without_it_no_more and any(finding.grade is Grade.WRONG for finding in found):
                return
    finally:
        await examination.close()


class _Examination:
    """What is known of a line so far. Each look needs those before it."""

    def __init__(self, target: Target, *, reads: int, pause_s: float, patience_s: float) -> None:
        self._target, self._reads, self._pause, self._patience = target, reads, pause_s, patience_s
        self._driver: Driver | None = None
        default = _DEFAULTS.get(target.driver)
        self._points = target.points or ((default,) if default else ())
        self._rounds: list[dict[int, Result]] = []
        self._took: list[float] = []

    async def close(self) -> None:
        if self._driver is not None:
            await self._driver.close()

    async def settings(self) -> list[Finding]:
        target, kind = self._target, driver_of(self._target.driver)
        if kind is None:
            text = f"There is no driver {target.driver!r}."
            return [Finding(Step.SETTINGS, Grade.WRONG, text, advice=f"Take one of {', '.join(DRIVERS)}.")]
        faults = kind.check(target.address, [tested.point for tested in self._points])
        if faults:
            return [Finding(Step.SETTINGS, Grade.WRONG, fault, advice="Correct the settings.") for fault in faults]
        self._driver = kind(target.address)
        return [Finding(Step.SETTINGS, Grade.FINE, "Nothing is wrong with them.")]

    async def line(self) -> list[Finding]:
        """Whether a poller has it: of two who ask on one serial line, each hears the other's answers."""
        poller = self._target.polled_by
        if poller is None:
            return []
        assert self._driver is not None
        if self._driver.capabilities().shared_bus:
            text = f"The poller {poller} reads this line now, and a serial line cannot be shared."
            then = "Switch the connection off, wait half a minute until the poller has let go, test, and switch it on."
            return [Finding(Step.LINE, Grade.WRONG, text, advice=then)]
        text = f"The poller {poller} reads this device now, so it is asked by two."
        then = "Where the device takes one connection only, switch the connection off while you test."
        return [Finding(Step.LINE, Grade.NOTE, text, advice=then)]

    async def name(self) -> list[Finding]:
        place = _host_and_port(self._target)
        if place is None:
            return []
        host = place[0]
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(host)
            return []
        loop = asyncio.get_running_loop()
        try:
            found = await asyncio.wait_for(loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), self._patience)
        except (TimeoutError, socket.gaierror):
            text = f"No computer here knows a host of the name {host}."
            then = "Correct the name, write the address in numbers, or have it entered in the plant's DNS."
            return [Finding(Step.NAME, Grade.WRONG, text, advice=then)]
        numbers = sorted({str(address[0]) for *_, address in found})
        return [Finding(Step.NAME, Grade.FINE, f"{host} is {', '.join(numbers)}.")]

    async def reach(self) -> list[Finding]:
        assert self._driver is not None
        loop = asyncio.get_running_loop()
        bus, began = bus_of(self._target.driver, self._target.address), loop.time()
        try:
            await self._knock()
            await self._driver.open(deadline=loop.time() + self._patience)
        except BusError as error:
            then = advice.of_reach(error, driver=self._target.driver)
            return [Finding(Step.REACH, Grade.WRONG, error.text, advice=then)]
        return [Finding(Step.REACH, Grade.FINE, f"{bus} was opened in {_ms(loop.time() - began)}.")]

    async def protocol(self) -> list[Finding]:
        driver = self._target.driver
        if not self._points:
            text = "It was reached; no point is named, so nothing was asked."
            return [Finding(Step.PROTOCOL, Grade.NOTE, text, advice="Name what to read, and test again.")]
        results = await self._read()
        if any(
            isinstance(one, Reading) or one.trouble in (Trouble.REFUSED, Trouble.MISSET) for one in results.values()
        ):
            return [Finding(Step.PROTOCOL, Grade.FINE, f"It answers in {driver}.")]
        told: dict[str, Finding] = {}
        for place, tested in enumerate(self._points):
            error = results[place]
            assert isinstance(error, ReadError)
            then = advice.of_trouble(error.trouble, driver=driver, text=error.text)
            told.setdefault(error.text, Finding(Step.PROTOCOL, Grade.WRONG, error.text, advice=then, point=tested.name))
        first = next(iter(told))
        told[first] = replace(told[first], details=await self._search(self._points[0], results[0]))
        return list(told.values())

    async def values(self) -> list[Finding]:
        """Each point's value, or why there is none; for the first that was refused, what would answer instead."""
        found: list[Finding] = []
        searched = False
        for place, tested in enumerate(self._points):
            result = self._rounds[0][place]
            finding = values.finding_of(tested, result, words=self._words(place), driver=self._target.driver)
            if isinstance(result, ReadError) and not searched:
                searched = True
                finding = replace(finding, details=[*finding.details, *await self._search(tested, result)])
            found.append(finding)
        return found

    async def times(self) -> list[Finding]:
        if not self._rounds:
            return []
        for _ in range(self._reads - 1):
            await asyncio.sleep(self._pause)
            await self._read()
        lost = sum(
            any(
                isinstance(one, ReadError) and isinstance(self._rounds[0][key], Reading) for key, one in results.items()
            )
            for results in self._rounds
        )
        text = f"{len(self._took)} reads took {_ms(min(self._took))} to {_ms(max(self._took))}"
        found = Finding(Step.TIMES, Grade.FINE, f"{text}, half of them up to {_ms(statistics.median(self._took))}.")
        if statistics.median(self._took) > self._target.every_s:
            then = "Read it less often, or fewer points over this line; a faster serial speed helps, too."
            text = f"{found.text} It is to be read every {self._target.every_s:g} seconds."
            found = replace(found, grade=Grade.WRONG, text=text, advice=then)
        if not lost:
            return [found]
        then = advice.of_trouble(self._last_error().trouble, driver=self._target.driver, text=self._last_error().text)
        text = f"{lost} of {len(self._rounds)} reads brought less than the first: {self._last_error().text}"
        return [found, Finding(Step.TIMES, Grade.WRONG, text, advice=then)]

    async def movement(self) -> list[Finding]:
        found = []
        for place, tested in enumerate(self._points):
            readings = [results[place] for results in self._rounds if isinstance(results[place], Reading)]
            if tested.rules is not None and len(readings) > 1:
                found.append(values.movement_of(tested, [one for one in readings if isinstance(one, Reading)]))
        return found

    async def _knock(self) -> None:
        """Whether anything takes a connection there; the system's own word tells the ways apart. Problem: BusError."""
        place = _host_and_port(self._target)
        if place is None:
            return
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(*place), self._patience)
        except OSError as error:
            said = "does not answer" if isinstance(error, TimeoutError) else "does not take the connection"
            raise BusError(Trouble.UNREACHABLE, f"{place[0]}:{place[1]} {said}.") from error
        writer.transport.abort()  # a device with room for one connection has it again at once

    async def _read(self) -> dict[int, Result]:
        """All points, and their registers as they are. Kept as one more round."""
        points = [replace(tested.point, id=place) for place, tested in enumerate(self._points)]
        if self._target.driver in advice.MODBUS:
            plain = [one for one in points if one.layout.encoding is not Encoding.BIT]
            points += [replace(one, id=one.id + _PLAIN_IDS, layout=PLAIN[one.layout.words]) for one in plain]
        began = asyncio.get_running_loop().time()
        results = await self._ask(points)
        self._took.append(asyncio.get_running_loop().time() - began)
        self._rounds.append({point.id: result for point, result in zip(points, results, strict=True)})
        return self._rounds[-1]

    async def _ask(self, points: Sequence[Point]) -> list[Result]:
        assert self._driver is not None
        return await self._driver.read(points, deadline=asyncio.get_running_loop().time() + self._patience)

    async def _search(self, tested: ExaminedPoint, result: Result) -> list[str]:
        """What answers instead, near by: in the other table, at the address before, from another unit."""
        candidates = values.near_by(tested.point, result, driver=self._target.driver)
        if not candidates:
            return []
        points = [replace(point, id=place) for place, (_, point) in enumerate(candidates)]
        results = await self._ask(points)
        return [
            f"{name} answers: {one.raw}."
            for (name, _), one in zip(candidates, results, strict=True)
            if isinstance(one, Reading)
        ]

    def _words(self, place: int) -> list[int] | None:
        plain = self._rounds[0].get(place + _PLAIN_IDS)
        if not isinstance(plain, Reading):
            return None
        return PLAIN[self._points[place].point.layout.words].encode(plain.raw)

    def _last_error(self) -> ReadError:
        errors = [one for results in self._rounds for one in results.values() if isinstance(one, ReadError)]
        return errors[-1]


def _host_and_port(target: Target) -> tuple[str, int] | None:
    """Where it is in the network; None where it is a port of this computer."""
    host, colon, port = bus_of(target.driver, target.address).rpartition(":")
    return (host, int(port)) if colon and port.isdecimal() else None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"

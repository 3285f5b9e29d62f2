"""FANUC controls as a driver: which settings and points there are, and what is done when the library hangs or crashes.

A call that does not come back is answered in time, and the host process with all its threads is killed. The other controls
of that host ask again in a new one, within their own deadlines; after a crash, where nobody knows whose call it was, those
that were asking say so once and ask again next time.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iot.drivers.focas import hosts
from iot.drivers.focas.host import PARAMETERS, STATES
from iot.drivers.focas.hosts import Call, Host, HostCrashed, HostKilled
from iot.drivers.outcome import unknown_faults
from iot.drivers.protocol import BusError, Capabilities, Point, ReadError, Reading, Result, Trouble

PORT = 8193
VALUES = (*PARAMETERS, *STATES)
_SETTINGS, _WHERE = frozenset({"host", "port", "library"}), frozenset({"value"})
_CLOSE_SECONDS = 1.0
_SPARE_SECONDS = 1.0  # the library counts its own patience in whole seconds, and not exactly
_members = itertools.count(1)


class FocasDriver:
    """One control. Address: `host`, `port` (8193), `library` (absolute path). Points: `where` = {"value": one of VALUES}."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self._library = str(address["library"])
        self._host, self._port = str(address["host"]), int(address.get("port", PORT))
        self._member = next(_members)
        self._process: Host | None = None
        self._call: Call | None = None  # asked and not yet answered; there is never more than one
        self._connected = False

    @staticmethod
    def capabilities() -> Capabilities:
        return Capabilities(name="focas", event_driven=False, shared_bus=False)

    @staticmethod
    def check(address: Mapping[str, Any], points: Sequence[Point]) -> list[str]:
        """What is wrong with these settings. The library is looked for when it is opened, on the computer that polls."""
        wrong = unknown_faults(address, _SETTINGS, what="a FANUC control")
        host = address.get("host")
        if not isinstance(host, str) or not host.strip() or not host.isascii() or len(host) > 253:
            wrong.append("The control's address (host) is missing, or is none.")
        port = address.get("port", PORT)
        if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
            wrong.append("The port is a number from 1 to 65535; FANUC's own is 8193.")
        library = address.get("library")
        if not isinstance(library, str) or "\0" in library or not Path(library).is_absolute():
            wrong.append("The path of FANUC's library (library) is missing or not absolute.")
        for point in points:
            wrong += [f"Point {point.id}: {text}" for text in unknown_faults(point.where, _WHERE, what="a FANUC value")]
            if point.where.get("value") not in VALUES:
                wrong.append(f"Point {point.id} reads one of {', '.join(VALUES)}, not {point.where.get('value')!r}.")
        return wrong

    async def open(self, *, deadline: float) -> None:
        """Connect to the control. Problem: BusError."""
        try:
            await self._ask("read", wanted=[], deadline=deadline)
        except BusError:
            await self.close()
            raise

    async def close(self) -> None:
        """Give the handle back, and the process with the last one."""
        process, self._process = self._process, None
        call, self._call, self._connected = self._call, None, False
        if process is None:
            return
        if process.alive:
            parting = process.ask(self._message("close", seconds=1, wanted=[]), stuck_at=time.monotonic() + 60)
            if call is None or call.answer.done():
                with contextlib.suppress(TimeoutError):
                    await _wait(parting, seconds=_CLOSE_SECONDS)
        hosts.leave(process, member=self._member)

    async def read(self, points: Sequence[Point], *, deadline: float) -> list[Result]:
        """A result for each point. Connects first where the connection was lost."""
        wanted = [str(point.where["value"]) for point in points]
        try:
            values = await self._ask("read", wanted=wanted, deadline=deadline)
        except BusError as error:
            return [ReadError(point.id, error.trouble, error.text) for point in points]
        return [_result(point, value) for point, value in zip(points, values, strict=True)]

    async def _ask(self, do: str, *, wanted: list[str], deadline: float) -> list[dict[str, Any]]:
        while True:
            try:
                if self._call is not None:  # of an earlier read that ran out of time
                    await self._answer(self._call, deadline=deadline)
                return await self._ask_once(do, wanted=wanted, deadline=deadline)
            except HostKilled:
                self._forget()  # another control's call hung: ask again in the new host
            except HostCrashed as crash:
                self._forget()
                raise BusError(Trouble.CLOSED, str(crash)) from crash

    async def _ask_once(self, do: str, *, wanted: list[str], deadline: float) -> list[dict[str, Any]]:
        process = self._joined()
        remaining = deadline - asyncio.get_running_loop().time()
        if remaining <= 0:
            raise self._too_late()
        seconds = max(1, int(remaining - _SPARE_SECONDS / 2))
        # A control that is switched off is no hang: the library may give up a little after us, in its own time.
        patience = remaining if self._connected else max(remaining, seconds + _SPARE_SECONDS)
        message = self._message(do, seconds=seconds, wanted=wanted)
        self._call = process.ask(message, stuck_at=time.monotonic() + patience)
        answer = await self._answer(self._call, deadline=deadline)
        if "values" not in answer:
            raise BusError(Trouble(answer["trouble"]), answer["text"])
        values: list[dict[str, Any]] = answer["values"]
        return values

    async def _answer(self, call: Call, *, deadline: float) -> dict[str, Any]:
        """The call's answer by the deadline. Where the library hangs, the process is killed. Problems: BusError, HostGone."""
        try:
            answer = await _wait(call, seconds=deadline - asyncio.get_running_loop().time())
        except TimeoutError:
            if call.is_stuck and self._process is not None:
                self._process.kill()
                self._forget()
            raise self._too_late() from None
        self._call, self._connected = None, answer.get("connected", False)
        return answer

    def _joined(self) -> Host:
        if self._process is not None and not self._process.alive:
            self._forget()
        if self._process is None:
            try:
                self._process = hosts.join(self._library, member=self._member)
            except OSError as error:
                raise BusError(
                    Trouble.MISSET, f"The process for FANUC's library cannot be started: {error}."
                ) from error
        self._process.kill_if_stuck()
        if not self._process.alive:
            self._forget()
            return self._joined()
        return self._process

    def _forget(self) -> None:
        """The process is gone, and with it handle and call."""
        self._process, self._call, self._connected = None, None, False

    def _message(self, do: str, *, seconds: int, wanted: list[str]) -> dict[str, Any]:
        to = {"host": self._host, "port": self._port, "seconds": seconds}
        return {"control": self._member, "do": do, "wanted": wanted, **to}

    def _too_late(self) -> BusError:
        return BusError(Trouble.TIMEOUT, f"The control at {self._host}:{self._port} did not answer in time.")


async def _wait(call: Call, *, seconds: float) -> dict[str, Any]:
    """The call's answer. Problems: TimeoutError, HostGone."""
    loop, answered = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop that waited has ended since
            loop.call_soon_threadsafe(answered.set)

    call.answer.add_done_callback(wake)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(answered.wait(), max(0.0, seconds))
    return call.answer.result(timeout=0)


def _result(point: Point, value: dict[str, Any]) -> Result:
    if "trouble" in value:
        return ReadError(point.id, Trouble(value["trouble"]), value["text"])
    raw = int(value["raw"])
    if not 0 <= raw < point.layout.modulus:
        text = f"The control says {raw}, which a counter of {point.layout.encoding} cannot hold."
        return ReadError(point.id, Trouble.MISSET, text)
    return Reading(point.id, raw, datetime.fromtimestamp(value["at"], UTC))

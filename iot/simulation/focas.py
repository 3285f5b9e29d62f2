"""A FANUC control without a control: a stand-in for the vendor's library, built here, and a press that it tells of.

The stand-in (focas_standin.c) has the names and the layouts of the real one and nobody's code: it says what the file
ADDRESS.script beside it says, which is written anew as the press works. Parameter 6711 is its good pieces, 6712 all of
them; `run` is 3 while it runs and 1 while it does not. What is learned with it about our side holds; of a real control it
proves nothing.
"""

import asyncio
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from iot.simulation.device import Device, HangUp
from iot.simulation.press import Counter

LIBRARY = "libfwlib32.so"
PORT = 8193
_SOURCE = Path(__file__).with_name("focas_standin.c")
_REFRESH = 0.05  # seconds between looks at the press
_RUNS, _STOPPED, _MEMORY_MODE = 3, 1, 1  # of ODBST
_BUSY, _BROKEN, _NONSENSE = -1, -16, -17  # EW_BUSY, EW_SOCKET, EW_PROTOCOL
_CALLS = ("connect", "read", "status")


class NoCompiler(OSError):
    """There is no C compiler on this computer."""


def build(folder: Path) -> Path:
    """Build the stand-in into this folder. Problems: NoCompiler; OSError, also where it does not compile."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler("no C compiler (cc or gcc): the stand-in for FANUC's library cannot be built")
    folder.mkdir(parents=True, exist_ok=True)
    built, fresh = folder / LIBRARY, folder / f".{LIBRARY}"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(fresh), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"the stand-in for FANUC's library cannot be built: {done.stderr.strip()[:500]}")
    fresh.replace(built)  # who has the old one loaded keeps it
    return built.resolve()


def write_script(folder: Path, address: str, behaviour: dict[str, int]) -> None:
    """What the control at this address does from now on: values by parameter number or field, and faults (see the source)."""
    draft = folder / f".{address}.draft"
    draft.write_text("".join(f"{word} {number}\n" for word, number in behaviour.items()))
    draft.replace(folder / f"{address}.script")


class FocasControl:
    """A press as a control at `host`: it is asked through the library in `folder`, and its port takes connections."""

    def __init__(self, device: Device, *, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self.device, self.folder, self.host, self.port = device, folder, host, port
        self.library = folder / LIBRARY
        self._server: asyncio.Server | None = None
        self._telling: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Build the library and listen; afterwards `port` is the real one. Problem: OSError."""
        self.library = await asyncio.to_thread(build, self.folder)
        await self._listen()
        self._tell()
        self._telling = asyncio.create_task(self._keep_telling())

    async def close(self) -> None:
        """From now on nothing answers there; does nothing a second time."""
        if self._telling is None:
            return
        self._telling.cancel()
        await asyncio.gather(self._telling, return_exceptions=True)
        self._telling = None
        await self._fall_silent()
        write_script(self.folder, self.host, _failing(_BROKEN))

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(_hang_up, self.host, self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _fall_silent(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
            await server.wait_closed()

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH)
            off = self.device.is_off_the_line()
            if off and self._server:
                await self._fall_silent()
            elif not off and not self._server:
                with suppress(OSError):  # somebody has the port: it stays closed
                    await self._listen()
            self._tell()

    def _tell(self) -> None:
        write_script(self.folder, self.host, self._shown() | self._faults())

    def _shown(self) -> dict[str, int]:
        shown = self.device.shown()
        runs = _RUNS if self.device.press().is_running else _STOPPED
        return {"6711": shown[Counter.GOOD], "6712": shown[Counter.MADE], "run": runs, "aut": _MEMORY_MODE}

    def _faults(self) -> dict[str, int]:
        """The faults of this instant as the library would tell of them."""
        try:
            delivery = self.device.deliver(act=lambda: b"good", refuse=lambda code: b"no")
        except HangUp:
            return _failing(_BROKEN)
        slow = {f"slow_{call}": round(delivery.after * 1000) for call in _CALLS} if delivery.after else {}
        if not delivery.data:
            return {f"hang_{call}": 1 for call in _CALLS}
        if delivery.data == b"no":
            return slow | _failing(_BUSY)
        return slow if delivery.data.startswith(b"good") else slow | _failing(_NONSENSE)


def _failing(code: int) -> dict[str, int]:
    return {f"fail_{call}": code for call in _CALLS}


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The port only shows that somebody is there; what is asked is asked of the library."""
    writer.close()

"""The process in which the vendor's library runs: `python -m iot.drivers.focas.host LIBRARY`, asked through its pipes.

It is there to be killed. It knows neither Django nor the database nor any secret, and holds nothing that a new one could
not find again. One thread a control; a call that never comes back holds up its own control alone.
"""

import contextlib
import os
import queue
import sys
import threading
import time
from typing import IO, Any

from iot.drivers.focas.codes import LibraryFailed, LibraryUnusable
from iot.drivers.focas.library import Library
from iot.drivers.focas.pipe import packed, receive
from iot.drivers.protocol import Trouble

PARAMETERS = {"parts": 6711, "total": 6712, "required": 6713}
STATES = {"run": "run", "mode": "aut", "alarm": "alarm", "emergency": "emergency"}  # ours → ODBST's

_SECONDS_TO_PART = 1.0  # for giving the handles back when the driver's end of the pipe is closed


class Answers:
    """The pipe back; threads take turns."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._turn = file, threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        with self._turn, contextlib.suppress(BrokenPipeError):  # nobody listens any more; handles are still given back
            self._file.write(packed(message))
            self._file.flush()


class Control:
    """One control and its thread. Asked one thing at a time."""

    def __init__(self, library: Library, answers: Answers) -> None:
        self._library, self._answers = library, answers
        self._handle: int | None = None
        self.asked: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        """Answer until told to part (None)."""
        while (message := self.asked.get()) is not None:
            try:
                answer = self._do(message)
            except LibraryFailed as failed:
                answer = {"trouble": failed.trouble, "text": failed.text}
            self._answers.send({"id": message["id"], "connected": self._handle is not None, **answer})
        self._part()

    def _do(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["do"] == "close":
            self._part()
            self.asked.put(None)
            return {}
        if self._handle is None:
            self._handle = self._library.connect(message["host"], port=message["port"], seconds=message["seconds"])
        return {"values": self._values(message["wanted"])}

    def _values(self, wanted: list[str]) -> list[dict[str, Any]]:
        """For each name its value or its trouble. Where the handle is lost, nothing more is asked of it."""
        values: list[dict[str, Any]] = []
        status: dict[str, Any] | None = None
        for name in wanted:
            try:
                if name in PARAMETERS:
                    values.append(self._parameter(PARAMETERS[name]))
                    continue
                status = status or self._status()
                values.append({"raw": status[name], "at": status["at"]})
            except LibraryFailed as failed:
                values.append({"trouble": failed.trouble, "text": failed.text})
                if failed.handle_lost:
                    self._part()
                    return values + [values[-1]] * (len(wanted) - len(values))
        return values

    def _parameter(self, number: int) -> dict[str, Any]:
        assert self._handle is not None
        return {"raw": self._library.parameter(self._handle, number=number), "at": time.time()}

    def _status(self) -> dict[str, Any]:
        assert self._handle is not None
        filled = self._library.status(self._handle)
        return {"at": time.time(), **{ours: getattr(filled, theirs) for ours, theirs in STATES.items()}}

    def _part(self) -> None:
        """Give the handle back. A control allows only a few: one that is kept is missing to others."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with contextlib.suppress(LibraryFailed):  # a broken connection's handle is refused, and there is no more to do
            self._library.disconnect(handle)


def main(path: str) -> None:
    """Answer what is asked until the pipe ends."""
    requests, answers = _own_pipes()
    try:
        library = Library(path)
    except LibraryUnusable as unusable:
        answers.send({"ready": True})
        _refuse(requests, answers, text=str(unusable))
        return
    answers.send({"ready": True})
    controls: dict[int, Control] = {}
    while (message := receive(requests)) is not None:
        number = message["control"]
        if number not in controls:
            controls[number] = Control(library, answers)
        controls[number].asked.put(message)
        if message["do"] == "close":
            del controls[number]
    _part_all(list(controls.values()))


def _own_pipes() -> tuple[IO[bytes], Answers]:
    """Take the pipes for ourselves: what the vendor's code prints must not stand between our messages."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return requests, Answers(answers)


def _refuse(requests: IO[bytes], answers: Answers, *, text: str) -> None:
    while (message := receive(requests)) is not None:
        answers.send({"id": message["id"], "trouble": Trouble.MISSET, "text": text})


def _part_all(controls: list[Control]) -> None:
    until = time.monotonic() + _SECONDS_TO_PART
    for control in controls:
        control.asked.put(None)
    for control in controls:
        control.thread.join(max(0.0, until - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # the library may leave threads and exit handlers behind that never end

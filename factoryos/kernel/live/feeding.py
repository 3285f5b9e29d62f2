"""What one reader's connection carries: server-sent events, heartbeats, and an end when the right ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from factoryos.kernel.live.announcements import Announcement, Wish
from factoryos.kernel.live.hub import hub_of_this_loop
from factoryos.kernel.live.reader import Reader
from factoryos.kernel.live.rights import Right
from factoryos.kernel.live.seats import Seat

BEAT_SECONDS = 15.0
RETRY_MS = 2_000  # how long a browser waits before it comes back
FIRST_WORD_SECONDS = 2.0  # the reader hears something by then, whatever the database does

Show = Callable[[Announcement], tuple[str, dict[str, Any]]]  # the event's name and its data, in the face's words

_BEAT = b": \n\n"


def feed(
    *, right: Right, wish: Wish, show: Show, since: str | None, face: str, farewell: bytes = b""
) -> AsyncIterator[bytes]:
    """Everything `wish` names from now on, or (`since`, a Last-Event-ID) from where the reader was.

    To be called in the request, where it may refuse; it is then iterated in the event loop. `farewell` is said to a
    reader who lost the right. Problems: RateLimited, Busy (no seat left).
    """
    seat = Seat(right.person, face=face)
    return _pieces(seat, right, wish, show, since, farewell)


async def _pieces(
    seat: Seat, right: Right, wish: Wish, show: Show, since: str | None, farewell: bytes
) -> AsyncIterator[bytes]:
    hub, reader = hub_of_this_loop(), Reader(right=right, wish=wish, since=since)
    try:
        hub.enter(reader)
        beat_at = time.monotonic() + BEAT_SECONDS
        yield await _first_word(reader)
        while True:
            await _rung(reader.bell, seconds=_patience(right, beat_at))
            reset_at, told = reader.take()
            if reader.gone or _is_over(right):
                if farewell:
                    yield farewell
                return
            if pieces := _said(reset_at, told, show):
                yield pieces
            if time.monotonic() >= beat_at:
                beat_at = max(beat_at, time.monotonic() - BEAT_SECONDS) + BEAT_SECONDS  # none to make up for
                yield _BEAT
            if told and not reader.live:
                hub.feed(reader)
    finally:
        hub.leave(reader)
        seat.leave()


async def _first_word(reader: Reader) -> bytes:
    """Once it is out, nothing is missed: the reader is live, or resumes; `id` is where somebody new may resume."""
    if reader.since is None:
        await _rung(reader.bell, seconds=FIRST_WORD_SECONDS)
    place = f"id: {reader.position}\n" if reader.live and reader.position else ""
    return f"retry: {RETRY_MS}\n{place}\n".encode()


async def _rung(bell: asyncio.Event, *, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await bell.wait()
    except TimeoutError:
        pass


def _patience(right: Right, beat_at: float) -> float:
    """Seconds until there is something to do by itself."""
    until_beat, left = beat_at - time.monotonic(), right.seconds_left
    return until_beat if left is None else min(until_beat, left)


def _is_over(right: Right) -> bool:
    left = right.seconds_left
    return left is not None and left <= 0


def _said(reset_at: int | None, told: list[Announcement], show: Show) -> bytes:
    pieces = [] if reset_at is None else [event("reset", {}, position=reset_at)]
    pieces += [event(*show(announcement), position=announcement.position) for announcement in told]
    return b"".join(pieces)


def event(name: str, data: dict[str, Any], *, position: int | None = None) -> bytes:
    """One event as it goes over the wire. JSON has no line breaks of its own, so the data is one line."""
    place = b"id: %d\n" % position if position else b""
    return b"%sevent: %s\ndata: %s\n\n" % (place, name.encode(), orjson.dumps(data))

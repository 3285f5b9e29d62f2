"""The hub of a process: reads what is announced once for everybody, and deals it out. One task, one connection.

Everything that concerns a reader's place in the order of announcements is done by this task alone, one step after
another; that is why nothing is told twice or skipped between what a reader missed and what comes live.
"""

import asyncio
import random
import time
from collections import defaultdict
from weakref import WeakKeyDictionary

import psycopg
import structlog

from factoryos.kernel.live import announcements as asking
from factoryos.kernel.live import line as lines
from factoryos.kernel.live import rights
from factoryos.kernel.live.announcements import Announcement
from factoryos.kernel.live.line import Line
from factoryos.kernel.live.reader import Reader

log = structlog.get_logger(__name__)

CHECK_SECONDS = 15.0  # how long a right that was taken away may still be used
POLL_SECONDS = 10.0  # in case a notification was lost
IDLE_SECONDS = 10.0  # without readers, until the connection is given back
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between attempts to reach the database
BATCH = 500
PAGE = 200  # of what one reader missed

_LOST = (psycopg.Error, OSError, TimeoutError)


class Hub:
    def __init__(self) -> None:
        self._readers: set[Reader] = set()
        self._live: dict[int, set[Reader]] = defaultdict(set)  # by factory
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._position: int | None = None  # of the last announcement dealt out; None: never listened
        self._check_at = self._poll_at = 0.0

    # --- For feeds ----------------------------------------------------------------------------------------------------

    def enter(self, reader: Reader) -> None:
        self._readers.add(reader)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="live hub")
        self._bell.set()

    def leave(self, reader: Reader) -> None:
        self._readers.discard(reader)
        self._live[reader.wish.factory_id].discard(reader)
        if not self._live[reader.wish.factory_id]:
            del self._live[reader.wish.factory_id]

    def feed(self, reader: Reader) -> None:
        """The reader, still behind, has told everything that they were given."""
        reader.hungry = True
        self._bell.set()

    # --- The task -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        pause = SHORTEST_PAUSE
        while self._readers:
            try:
                async with lines.listening() as line:
                    await self._resume(line)
                    pause = SHORTEST_PAUSE
                    await self._serve(line)
            except Exception as error:  # whatever it is: the readers stay, and a new connection goes on where we were
                if isinstance(error, _LOST):
                    log.warning("live_line_lost", error=type(error).__name__, readers=len(self._readers))
                else:
                    log.exception("live_hub_failed", readers=len(self._readers))
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 jitter, not a secret
                pause = min(pause * 2, LONGEST_PAUSE)
        self._position = None

    async def _resume(self, line: Line) -> None:
        """After a new connection: go on where we were. Who lost their right meanwhile is told nothing more."""
        await self._check(line)
        if self._position is None:
            self._position = (await line.ask(asking.NEWEST))[0][0]
        elif self._position and not await _is_kept(line, self._position):
            self._position = position = (await line.ask(asking.NEWEST))[0][0]
            for reader in self._readers:
                reader.reset(position)

    async def _serve(self, line: Line) -> None:
        """Until nobody has read for a while."""
        idle_since = time.monotonic()
        while self._readers or time.monotonic() < idle_since + IDLE_SECONDS:
            now = time.monotonic()
            idle_since = now if self._readers else idle_since
            if line.heard() or now >= self._poll_at:
                self._poll_at = now + POLL_SECONDS
                await self._deal_out(line)
            await self._catch_up(line)
            if now >= self._check_at:
                await self._check(line)
            # Monotonic time may have moved on since; a wait of nothing is one more turn.
            until = min(self._poll_at, self._check_at, now + IDLE_SECONDS)
            await line.wait(self._bell, seconds=max(0.0, until - time.monotonic()))

    async def _deal_out(self, line: Line) -> None:
        assert self._position is not None, "the hub has its place before it deals"
        while True:
            rows = await line.ask(asking.NEWER, [self._position, BATCH])
            for row in rows:
                announcement = Announcement(*row)
                self._position = announcement.position
                for reader in self._live.get(announcement.factory_id or 0, ()):
                    reader.deal(announcement)
            if len(rows) < BATCH:
                return

    async def _catch_up(self, line: Line) -> None:
        """A page for each reader who is behind. Who gets a short page has missed nothing more, and is live."""
        for reader in [reader for reader in self._readers if reader.hungry]:
            if reader.since is None:
                self._join(reader)
            elif reader.position or await self._find_place(line, reader):
                rows = await line.ask(asking.MISSED, _missed(reader))
                reader.hungry = False  # not before: the question may have to be asked again on a new connection
                for row in rows:
                    reader.deal(Announcement(*row))
                if len(rows) < PAGE:
                    self._join(reader)  # before this task asks or waits for anything else

    async def _find_place(self, line: Line, reader: Reader) -> bool:
        """Put the reader where they were last. False: nobody can say what they missed, so they start anew, live."""
        place = asking.position_of(reader.since or "")
        if place is not None and await _is_kept(line, place):
            reader.position = place
            return True
        assert self._position is not None
        reader.reset(self._position)
        self._join(reader)
        return False

    def _join(self, reader: Reader) -> None:
        assert self._position is not None
        reader.join(self._position if reader.since is None else 0)
        if reader in self._readers:  # they may have left while we asked
            self._live[reader.wish.factory_id].add(reader)

    async def _check(self, line: Line) -> None:
        """Ask once about all rights; whoever lost theirs is told so."""
        self._check_at = time.monotonic() + CHECK_SECONDS
        distinct = list({reader.right for reader in self._readers})
        if not distinct:
            return
        held = {distinct[row[0]] for row in await line.ask(rights.HELD, rights.asked(distinct))}
        asked = set(distinct)
        for reader in self._readers:
            if reader.right in asked - held:
                reader.lose()


async def _is_kept(line: Line, position: int) -> bool:
    return bool((await line.ask(asking.STILL_KEPT, [position]))[0][0])


def _missed(reader: Reader) -> list[object]:
    wish = reader.wish
    return [wish.factory_id, reader.position, list(wish.topics), wish.about, wish.about, PAGE]


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_of_this_loop() -> Hub:
    """The one hub of the running event loop; a process serves with one loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())

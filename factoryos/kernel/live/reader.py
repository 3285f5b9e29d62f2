"""One reader of the stream as the hub knows it: what waits for them, and how far they are."""

import asyncio
from collections import deque

from factoryos.kernel import metrics
from factoryos.kernel.live.announcements import Announcement, Wish
from factoryos.kernel.live.rights import Right

MOST_WAITING = 256  # announcements a reader may be behind; a page of what they missed is shorter


class Reader:
    """Behind (fed page by page with what they missed) or live (dealt whatever comes). Never waited for.

    A reader whose queue is full loses it and is told once, by `reset`, to fetch everything anew.
    """

    def __init__(self, *, right: Right, wish: Wish, since: str | None) -> None:
        """`since`: the Last-Event-ID they came with, as it came."""
        self.right, self.wish, self.since = right, wish, since
        self.live = self.gone = False
        self.hungry = True  # behind, and ready for another page
        self.position = 0  # of the last announcement dealt
        self._queue: deque[Announcement] = deque()
        self._reset_at: int | None = None
        self.bell = asyncio.Event()

    def join(self, position: int) -> None:
        """From now on dealt to. In the same step of the hub in which nothing was missing, or something would be."""
        self.live, self.hungry = True, False
        self.position = max(self.position, position)
        self.bell.set()

    def deal(self, announcement: Announcement) -> None:
        """Queue what they wish to hear and were not told yet."""
        if announcement.position <= self.position or not self.wish.fits(announcement):
            return
        self.position = announcement.position
        if self._reset_at is not None or len(self._queue) >= MOST_WAITING:
            self.reset(announcement.position)
            return
        self._queue.append(announcement)
        self.bell.set()

    def reset(self, position: int) -> None:
        """Drop what waits. Until they have been told so, whatever comes is part of what they will fetch."""
        if self._reset_at is None:
            metrics.RESETS.inc()
        self._queue.clear()
        self._reset_at = position
        self.bell.set()

    def lose(self) -> None:
        """Their right is gone, and with it what waits."""
        self.gone = True
        self._queue.clear()
        self.bell.set()

    def take(self) -> tuple[int | None, list[Announcement]]:
        """(the position of a reset or None, what to tell), which then waits no longer."""
        reset_at, told = self._reset_at, list(self._queue)
        self._queue.clear()
        self._reset_at = None
        self.bell.clear()
        return reset_at, told

"""Taking a file: one thread reads and judges the next batches while the other has the database store the one before.

Judging is Python's work and storing the database's, so that two processors are busy. Batches are stored one after the
other in the order of the file, for a later row of the same key overwrites an earlier one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from uuid import UUID

from factoryos.dialects.ingest import catalogue
from factoryos.dialects.ingest.batches import Batch, Taken
from factoryos.dialects.ingest.files.progress import Progress
from factoryos.dialects.ingest.files.reading import Chunk
from factoryos.dialects.ingest.rows import Checker
from factoryos.dialects.ingest.senders import Senders
from factoryos.kernel import clock, transactions

AHEAD = 2  # batches that wait, judged, for their turn: all that is in memory besides the one that is stored
_LOOK_UP_S = 0.2
_WARNED_OF = {
    catalogue.END_BEFORE_START.code: "an end", catalogue.PRODUCED_ABOVE_ORDERED.code: "produced_units",
    catalogue.AHEAD.code: "updated_at", catalogue.UNKNOWN_WORD.code: "status",
}  # fmt: skip

Told = Callable[[Chunk, Taken], None]


def take_chunks(
    chunks: Iterator[Chunk], *, senders: Senders, append: bool, dry_run: bool, progress: Progress, told: Told
) -> None:
    """Store every chunk, each in its own transaction, and count it; `told` hears of it then.

    Raises what reading raises, and Busy where the database stays busy. What was told is committed.
    """
    checker = Checker(senders.locations, senders.first.factory.id, clock.now())

    def judged() -> Iterator[tuple[Chunk, Batch]]:
        for chunk in chunks:
            yield chunk, Batch(
                chunk.rows, senders=senders, request_id=UUID(progress.request_id), append=append, dry_run=dry_run,
                checker=checker, first=chunk.first,
            )  # fmt: skip

    with _read_ahead(judged()) as batches:
        began = time.monotonic()
        for chunk, batch in batches:
            taken = transactions.whole(batch.keep)
            now = time.monotonic()
            _count(progress, chunk, taken, seconds=now - began)
            began = now
            told(chunk, taken)


def _count(progress: Progress, chunk: Chunk, taken: Taken, *, seconds: float) -> None:
    progress.end = chunk.end
    progress.rows += taken.total
    progress.failed += len(taken.failed)
    progress.changed += taken.changed
    progress.seconds += seconds
    for row in taken.failed:
        for error in row["errors"]:
            progress.count(error["code"], error["message"])
    for code, times in taken.warned.items():
        progress.count(code, catalogue.WARNINGS[code].template.format(field=_WARNED_OF.get(code)), times)


class _End:
    """What the reading thread says last: that there is no more, or what went wrong."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


@contextmanager
def _read_ahead(items: Iterator[tuple[Chunk, Batch]]) -> Iterator[Iterator[tuple[Chunk, Batch]]]:
    """The same items, made in a thread of their own. Leaving ends the thread."""
    queue: Queue[tuple[Chunk, Batch] | _End] = Queue(AHEAD)
    over = threading.Event()

    def hand_over(item: tuple[Chunk, Batch] | _End) -> None:
        while not over.is_set():
            try:
                return queue.put(item, timeout=_LOOK_UP_S)
            except Full:
                continue

    def read() -> None:
        try:
            for item in items:
                hand_over(item)
                if over.is_set():
                    return
            hand_over(_End())
        except BaseException as error:  # told where it can be heard
            hand_over(_End(error))

    thread = threading.Thread(target=read, name="ingest-reader", daemon=True)
    thread.start()
    try:
        yield _taken_from(queue)
    finally:
        over.set()
        _empty(queue)
        thread.join()


def _taken_from(queue: "Queue[tuple[Chunk, Batch] | _End]") -> Iterator[tuple[Chunk, Batch]]:
    while not isinstance(item := queue.get(), _End):
        yield item
    if item.error is not None:
        raise item.error


def _empty(queue: "Queue[tuple[Chunk, Batch] | _End]") -> None:
    """Empty a queue that nobody reads any more."""
    while True:
        try:
            queue.get_nowait()
        except Empty:
            return

"""The word that goes to pollers: an order starts or stops on some machines, read them now; or, somebody asks for shards.

Pieces that were made before the start of an order are not its own. So a poller is asked for a reading there and then;
one that hears of it too late does nothing, and the next reading by the clock has to do.
"""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.db import connection

from factoryos.kernel import clock, outbox
from factoryos.kernel.live import line
from iot.poller.leases import LISTENER
from orders.occupancy import BOUNDARY

CHANNEL = "factoryos_poll"
TOO_LATE = timedelta(seconds=2)
_MOST_MACHINES = 500  # what is notified must stay under 8,000 bytes
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Word:
    """What was heard: machines to read for `at`, shards that somebody asks for, or (neither) that shards are free."""

    machines: Sequence[int] = ()
    at: datetime | None = None
    shards: Sequence[int] = ()
    asks: str = ""


@outbox.handler(BOUNDARY)
def tell_pollers(messages: list[outbox.Message]) -> None:
    """Pass on whose boundary is young enough to be read for. Payload: {"machines": [ids], "at": ISO 8601}."""
    for message in messages:
        machines, at = list(message.payload["machines"]), datetime.fromisoformat(message.payload["at"])
        if clock.now() - at < TOO_LATE:
            for first in range(0, len(machines), _MOST_MACHINES):
                _notify({"machines": machines[first : first + _MOST_MACHINES], "at": at.isoformat()})


def ask_for(shard_ids: Sequence[int], *, owner: str) -> None:
    """Ask whoever polls these shards to hand them over to this owner. Who is frozen or far away will not hear it."""
    _notify({"shards": list(shard_ids), "asks": owner})


def say_that_shards_are_free() -> None:
    """So that pollers look at once, and not when their stints end."""
    _notify({})


def _notify(word: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(word)])


def understood(text: str) -> Word | None:
    """What was notified; None where it is nothing of ours."""
    try:
        word = json.loads(text)
        at = datetime.fromisoformat(word["at"]) if "at" in word else None
        return Word(word.get("machines", ()), at, shards=word.get("shards", ()), asks=word.get("asks", ""))
    except (ValueError, TypeError, AttributeError):
        return None


async def listen(hear: Callable[[Word], None]) -> None:
    """Hear every word until cancelled, on a connection of its own that is opened anew as often as it is lost."""
    pause = _SHORTEST_PAUSE_S
    while True:
        try:
            async with line.connected(LISTENER, channel=CHANNEL) as session:
                pause = _SHORTEST_PAUSE_S
                async for notification in session.notifies():
                    if (word := understood(notification.payload)) is not None:
                        hear(word)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("poller_line_lost", error=type(error).__name__)
        except Exception:  # whatever it is, the next start of an order must be heard
            log.exception("poller_word_failed")
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 jitter, not a secret
        pause = min(pause * 2, _LONGEST_PAUSE_S)

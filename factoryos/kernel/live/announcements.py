"""Announcements as the outbox keeps them, which of them a reader wishes to hear, and the questions asked about them."""

import re
from dataclasses import dataclass
from typing import Any

KEPT_HOURS = 24  # how far back a reader may resume; the outbox keeps what was told two hours longer

_POSITION = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_COLUMNS = "position, topic, factory_id, key, payload"

# What everybody may have to hear of, and what one reader missed. Positions are given under a lock that lasts until
# commit (see outbox.announce), so what is visible has no gap below it that could be filled later.
NEWER = f"SELECT {_COLUMNS} FROM kernel_outboxmessage WHERE position > %s ORDER BY position LIMIT %s"
MISSED = f"""
    SELECT {_COLUMNS} FROM kernel_outboxmessage
    WHERE factory_id = %s AND position > %s AND topic = ANY(%s) AND (%s::text IS NULL OR key = %s)
    ORDER BY position LIMIT %s
"""
NEWEST = "SELECT coalesce(max(position), 0) FROM kernel_outboxmessage"
# Whatever was told after a message that is still here, and young enough, is here too.
STILL_KEPT = f"""
    SELECT EXISTS (
        SELECT 1 FROM kernel_outboxmessage
        WHERE position = %s AND done_at > now() - make_interval(hours => {KEPT_HOURS})
    )
"""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that happened in one factory (None: in none of them). `key`: what it is about, such as an order's uuid."""

    position: int
    topic: str
    factory_id: int | None
    key: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one reader is to hear: always of one factory, on some topics, perhaps about one thing only."""

    factory_id: int
    topics: frozenset[str]
    about: str | None = None  # the announcement's key

    def fits(self, announcement: Announcement) -> bool:
        return (
            announcement.factory_id == self.factory_id
            and announcement.topic in self.topics
            and (self.about is None or announcement.key == self.about)
        )


def position_of(text: str) -> int | None:
    """The position that a Last-Event-ID names; None if it can be none of ours."""
    return int(text) if _POSITION.fullmatch(text) else None

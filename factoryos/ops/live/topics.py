"""What a page may ask to be told about, and how it is told: as a hint to fetch anew, never as data."""

from typing import Any

from factoryos.kernel.live import Announcement

# The page's word → the announcements it stands for. A new kind of thing to watch is a line here.
TOPICS: dict[str, frozenset[str]] = {
    "orders": frozenset({"order.created", "order.moved", "order.quantity", "order.changed", "order.noted"}),
    "andon": frozenset({"andon.changed"}),
}
_WORD_OF = {announced: word for word, announcements in TOPICS.items() for announced in announcements}


def announcements_of(words: str) -> frozenset[str] | None:
    """What these words, separated by commas, stand for (all of them without any). None: there is an unknown one."""
    asked = [word.strip() for word in words.split(",")] if words.strip() else list(TOPICS)
    if not set(asked) <= TOPICS.keys():
        return None
    return frozenset().union(*(TOPICS[word] for word in asked))


def hint(announcement: Announcement) -> tuple[str, dict[str, Any]]:
    """Which thing changed, to which version; what it is now the page asks for, with its own rights and filters."""
    return "hint", {
        "topic": _WORD_OF[announcement.topic],
        "id": announcement.key,
        "version": announcement.payload.get("version"),
        "type": announcement.topic,
    }

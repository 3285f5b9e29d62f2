"""What came over MQTT, in numbers; and of each kind of trouble a word in the log, but not a word a message."""

import time
from collections import Counter
from collections.abc import Callable

import structlog

log = structlog.get_logger("iot.mqtt")

QUIET_S = 60.0  # after a line about one kind of trouble
_LONGEST = 200


class Tally:
    """Counts since the listener began. The keys: messages, samples, duplicates, rejected, redelivered, dropped_<reason>."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._monotonic = monotonic
        self._quiet_until: dict[str, float] = {}
        self._next = monotonic() + QUIET_S

    def dropped(self, reason: str, *, topic: bytes, detail: str) -> None:
        """A message is dropped. The first of its kind is described; those within a minute after it are only counted."""
        self.counts[f"dropped_{reason}"] += 1
        self._warn("mqtt_dropped", f"dropped_{reason}", reason=reason, topic=topic, detail=detail)

    def rejected(self, number: int, *, topic: bytes, detail: str) -> None:
        """So many samples of a message are not kept, the others are."""
        self.counts["rejected"] += number
        self._warn("mqtt_rejected", "rejected", reason="rejected", topic=topic, detail=detail)

    def _warn(self, event: str, key: str, *, reason: str, topic: bytes, detail: str) -> None:
        now = self._monotonic()
        if now < self._quiet_until.get(key, now):
            return
        self._quiet_until[key] = now + QUIET_S
        log.warning(event, reason=reason, topic=_shown(topic), detail=detail[:_LONGEST], so_far=self.counts[key])

    def tell(self) -> None:
        """Once a minute, if anything came."""
        now = self._monotonic()
        if now < self._next or self.counts == self._told:
            return
        self._next = now + QUIET_S
        log.info("mqtt_taken", **dict(self.counts))
        self._told = Counter(self.counts)


def _shown(topic: bytes) -> str:
    """A topic as a line of a log may have it: whatever it holds cannot begin another line."""
    return topic[:_LONGEST].decode(errors="backslashreplace").encode("unicode_escape").decode()

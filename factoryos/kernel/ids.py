"""Identifiers: UUID version 7 (RFC 9562 section 5.7), so that ids made later sort later and indexes stay dense."""

import os
import re
import time
from uuid import UUID

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SUBMILLISECOND = 4096  # rand_a carries the fraction of the millisecond (RFC 9562 section 6.2, method 3)


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * _SUBMILLISECOND // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(milliseconds << 80) | (0x7000 | fraction) << 64 | 0x8000_0000_0000_0000 | random)


def parse_uuid(text: object) -> UUID | None:
    """The UUID that `text` spells in its canonical form (any case), else None."""
    if isinstance(text, str) and _UUID.fullmatch(text):
        return UUID(text)
    return None

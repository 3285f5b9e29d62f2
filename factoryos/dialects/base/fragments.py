"""Rendered pieces of JSON, kept by a key that says everything they depend on, so that they never go stale."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock


class Fragments:
    """A bounded cache, least recently used out first. Purely a saving of work: it may be emptied at any moment.

    A key must name every fact that the piece shows, down to the version of the row; then a hit is right by
    construction and nothing ever needs to be invalidated.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._pieces: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            piece = self._pieces.get(key)
            if piece is not None:
                self._pieces.move_to_end(key)
            return piece

    def put(self, key: Hashable, piece: bytes) -> None:
        with self._lock:
            # A copy: what orjson gives stands in a buffer several times its length.
            self._pieces[key] = bytes(memoryview(piece))
            if len(self._pieces) > self._most:
                self._pieces.popitem(last=False)

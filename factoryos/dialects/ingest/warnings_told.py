"""The warnings of one answer: in the order of the rows, at most a hundred, and how many more there were."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from factoryos.dialects.ingest.catalogue import FURTHER, WARNINGS, Entry, told

MOST_WARNINGS: Final = 100


class Warnings:
    """Collects the warnings of a batch, in any order."""

    def __init__(self, given: Iterable[tuple[int, str, str | None]] = ()) -> None:
        """`given`: (index, code, field), as `rows.Checked` has them."""
        self._all = list(given)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, index: int, entry: Entry, field: str | None = None) -> None:
        """Warn of the row at this place."""
        self._all.append((index, entry.code, field))

    def add_all(self, indexes: Iterable[int], entry: Entry) -> None:
        """Warn of each of these rows, as a whole."""
        self._all += [(index, entry.code, None) for index in indexes]

    def by_code(self) -> Counter[str]:
        """How often there is each."""
        return Counter(code for _, code, _ in self._all)

    def told(self) -> list[dict[str, Any]]:
        """What the answer shows: [{index, code, category, message, field}], by row and code."""
        ordered = sorted(self._all, key=lambda warning: warning[:2])
        shown = [{"index": index, **told(WARNINGS[code], field)} for index, code, field in ordered[:MOST_WARNINGS]]
        further = len(ordered) - MOST_WARNINGS
        if further > 0:
            shown.append({"index": None, **told(FURTHER, count=further), "count": further})
        return shown

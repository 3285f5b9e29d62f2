"""The rows of a batch: which are sound, which are not and why, and what is odd about those that are.

Nearly every row is sound, and thousands come a second: `Checker` has a quick way that takes a row or says nothing about it,
and asks `row_faults` only about the others. Both ways agree (tests/dialects/ingest/test_rows_oracle.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from factoryos.dialects.ingest.catalogue import (
    AHEAD,
    END_BEFORE_START,
    PRODUCED_ABOVE_ORDERED,
    UNKNOWN_WORD,
    Entry,
)
from factoryos.dialects.ingest.row_faults import COLUMNS, NAMES, Fault, fold, judge
from factoryos.dialects.ingest.row_refusals import Refusal, refuse
from factoryos.dialects.ingest.row_values import (
    LARGEST_NUMBER,
    Unsound,
    as_text,
    read_instant,
    read_plain_instant,
    read_text,
)
from factoryos.dialects.ingest.states import is_known_word
from orders.ingest.rows import FailedRow, StatedRow

_MOST_REMEMBERED: Final = 20_000  # values of one kind; more than a batch of the face can have
_NOT_THERE: Final = ""  # a name that no known column has

Warned = tuple[int, str, str | None]


@dataclass(slots=True)
class Checked:
    """What became of the rows. `good`, `failed` and `faults` are in the order of their places."""

    good: list[StatedRow] = field(default_factory=list)
    failed: list[FailedRow] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)  # {index, row, errors}: what the answer's `failed` shows
    warnings: list[Warned] = field(default_factory=list)  # (index, code, field)

    def add(self, refusal: Refusal) -> None:
        self.failed.append(refusal.kept)
        self.faults.append(refusal.told)


class _Texts(dict[Any, str]):
    """Strings that were found sound. Asking for another one reads it; raises Unsound."""

    def __missing__(self, value: Any) -> str:
        text = read_text(value)
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = text
        return text


class _Instants(dict[Any, str]):
    """Timestamps, and what they are in UTC. Asking for another one reads it; raises Unsound."""

    def __missing__(self, value: Any) -> str:
        instant = read_plain_instant(value) or read_instant(value)
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[value] = instant
        return instant


class _Words(dict[str, bool]):
    """Status words, and whether each is known."""

    def __missing__(self, status: str) -> bool:
        known = is_known_word(status)
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[status] = known
        return known


class Checker:
    """Checks rows as one sender may state them. What it has read once it knows again, from batch to batch."""

    def __init__(self, locations: Mapping[str, int], sender_factory_id: int, now: datetime) -> None:
        """`locations`: location_id -> factory id, of those that the sender may write. `now` with a time zone.

        To `sender_factory_id` belong those rows that fail and name none of them.
        """
        self._locations = {location: factory for location, factory in locations.items() if _is_sound(location)}
        self._sender = sender_factory_id
        self._a_day_ahead = as_text((now + timedelta(days=1)).astimezone(UTC))
        self._texts, self._instants, self._words = _Texts(), _Instants(), _Words()
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}

    def check(self, rows: Sequence[Any]) -> Checked:
        """Judge each row by itself, whatever JSON values they are."""
        checked = Checked()
        for place, row in enumerate(rows):
            stated = self._quickly(place, row) or self._thoroughly(place, row, checked)
            if stated is not None:
                checked.good.append(stated)
                self._warn(stated, checked.warnings)
        return checked

    def refuse(self, checked: Checked, rows: Sequence[Any], places: Collection[int], entry: Entry) -> None:
        """Move rows that were good to those that failed: the store has found this to be wrong with each of them."""
        gone = frozenset(places)
        for place in sorted(gone):
            row = rows[place]
            location = judge(row, self._locations).values["location_id"]
            checked.add(self._refusal(place, row, location, [(entry, None)]))
        checked.good = [stated for stated in checked.good if stated.place not in gone]
        checked.warnings = [warning for warning in checked.warnings if warning[0] not in gone]
        checked.failed.sort(key=lambda failed: failed.place)
        checked.faults.sort(key=lambda fault: fault["index"])

    def _quickly(self, place: int, row: Any) -> StatedRow | None:
        """The row, if nothing at all is odd about it. None: it has to be looked at."""
        names = self._names_in(row) if type(row) is dict else None
        if names is None:
            return None
        (product, location, number, updated, source, ordered, units, start, end, began, ended, produced, status) = map(
            row.get, names
        )
        if type(units) is not int or not 0 <= units <= LARGEST_NUMBER:
            return None
        if produced is not None and (type(produced) is not int or not 0 <= produced <= LARGEST_NUMBER):
            return None
        texts, instants = self._texts, self._instants
        try:
            return StatedRow(
                place, self._locations[location], texts[number], texts[product], instants[updated], texts[source],
                instants[ordered], units, instants[start], instants[end],
                None if began is None else instants[began], None if ended is None else instants[ended],
                produced, None if status is None or status == "" else texts[status],
            )  # fmt: skip
        except (Unsound, KeyError, TypeError):  # TypeError: an array or an object, which cannot be looked up
            return None

    def _names_in(self, row: dict[str, Any]) -> tuple[str, ...] | None:
        """How this row spells the columns, in their order, if it has no other. One that it lacks is read as null."""
        keys = tuple(row)
        if names := self._shapes.get(keys):  # a sender's rows are all alike
            return names
        spelled = {fold(name): name for name in row}
        if len(spelled) != len(row) or not spelled.keys() <= NAMES:
            return None
        if len(self._shapes) >= _MOST_REMEMBERED:
            self._shapes.clear()
        names = self._shapes[keys] = tuple(spelled.get(column.name, _NOT_THERE) for column in COLUMNS)
        return names

    def _thoroughly(self, place: int, row: Any, checked: Checked) -> StatedRow | None:
        """The row if it is sound; otherwise it is refused, with all that is wrong."""
        values, faults = judge(row, self._locations)
        if faults:
            checked.add(self._refusal(place, row, values.get("location_id"), faults))
            return None
        return StatedRow(place, self._locations[values.pop("location_id")], **values)

    def _refusal(self, place: int, row: Any, location_id: str | None, faults: Sequence[Fault]) -> Refusal:
        # A sender of several factories shows none of them what the others make.
        factory_id = self._sender if location_id is None else self._locations.get(location_id, self._sender)
        return refuse(place=place, row=row, location_id=location_id, faults=faults, factory_id=factory_id)

    def _warn(self, row: StatedRow, warnings: list[Warned]) -> None:
        place = row.place
        if row.expected_end_date < row.expected_start_date:
            warnings.append((place, END_BEFORE_START.code, "expected_end_date"))
        if row.actual_start_date and row.actual_end_date and row.actual_end_date < row.actual_start_date:
            warnings.append((place, END_BEFORE_START.code, "actual_end_date"))
        if row.produced_units and row.produced_units > row.ordered_units:
            warnings.append((place, PRODUCED_ABOVE_ORDERED.code, "produced_units"))
        if row.updated_at > self._a_day_ahead:
            warnings.append((place, AHEAD.code, "updated_at"))
        if row.status and not self._words[row.status]:
            warnings.append((place, UNKNOWN_WORD.code, "status"))


def _is_sound(location: str) -> bool:
    """Whether a row can name it at all."""
    try:
        return read_text(location) == location
    except Unsound:
        return False

"""One page of statements put together: what the address asks for, what is found, and where else one may go from there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import F
from django.http import QueryDict
from django.urls import reverse

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.text import is_safe
from factoryos.ops.bulk.words import grouped
from factoryos.ops.durations import length
from factoryos.ops.ingest import heads
from factoryos.ops.ingest.heads import COUNTED, HeadRow
from factoryos.ops.ingest.search import BY_PRODUCT, search
from factoryos.ops.ingest.words import EVERY, LOOKED_AT, NOT_DONE, WORDS, Word
from factoryos.ops.order_list.paging import PAGE, position_of, token
from orders.listing import Position, Sort

NEWEST_CHANGE = Sort(F("changed_at"), datetime, falling=True)
BEHIND = timedelta(minutes=1)  # what waits longer than that is told of; seconds are usual
ALL = "all"
TEXT_LENGTH = 255
KNOWN = frozenset({"state", "q", "after", "before", "factory"})


class Tab(NamedTuple):
    """A choice of states. `number`: how many are in them, in words."""

    value: str
    label: str
    number: str
    url: str
    current: bool


@dataclass
class Listing:
    """What the template shows. `several`: whether its reader has more factories than this one, and links must say which."""

    query: QueryDict
    by: Actor
    several: bool = False
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = self.query.get("state", "")
        self.q = self.query.get("q", "").strip()
        self.errors = list(self._errors())

    def _errors(self) -> Iterable[str]:
        """A word that nobody knows may be a filter misspelt: to show all instead would be no answer."""
        for name in self.query:
            if name not in KNOWN:
                yield f"There is no filter “{name[:40]}”."
        if self.state not in ("", ALL, *EVERY):
            yield f"There is no state “{self.state[:40]}”."
        if len(self.q) > TEXT_LENGTH or not is_safe(self.q):
            yield f"A search is at most {TEXT_LENGTH} characters long, without control characters."

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def states(self) -> tuple[str, ...]:
        """Those that are shown. A search looks everywhere unless it is told where; without one, what is done is no news."""
        if self.state in EVERY:
            return (self.state,)
        if self.q:
            return EVERY
        return NOT_DONE if self.state == ALL else LOOKED_AT

    @cached_property
    def standing(self) -> heads.Standing:
        return heads.standing(by=self.by)

    @property
    def behind(self) -> str:
        """How long the oldest of the queue has waited, if that is longer than usual."""
        since = self.standing.waits_since
        waits = clock.now() - since if since else timedelta(0)
        return length(waits.total_seconds()) if waits > BEHIND else ""

    @cached_property
    def page(self) -> tuple[list[Position], str, str]:
        """The positions of the page, and the tokens of the pages before and after it, empty where there is none."""
        if not self.valid:
            return [], "", ""
        after, before = self.query.get("after", ""), self.query.get("before", "")
        start = position_of(after or before, sort=NEWEST_CHANGE) if bool(after) != bool(before) else None
        if start is None and (after or before):
            self.notices.append("That page does not exist; this is the first one.")
        backwards = start is not None and bool(before)
        found = self._found(start, backwards=backwards)
        more, found = len(found) > PAGE, found[:PAGE]
        if backwards:
            found.reverse()
        if not found:
            return [], "", ""
        has_before, has_after = (more, True) if backwards else (start is not None, more)
        return found, token(found[0]) if has_before else "", token(found[-1]) if has_after else ""

    def _found(self, start: Position | None, *, backwards: bool) -> list[Position]:
        if not self.q:
            # What is done is found by its number alone.
            states = [state for state in self.states if state in NOT_DONE]
            if not states:
                self.notices.append("What is as stated is not listed: search for an order number.")
                return []
            return heads.positions(states, by=self.by, start=start, backwards=backwards, limit=PAGE + 1)
        found = search(self.q, states=self.states, by=self.by, start=start, backwards=backwards, limit=PAGE + 1)
        if found.too_many:
            self.notices.append("Many order numbers begin so. Not all are shown: write more of the number.")
        if any(self.standing.counts.get(state, 0) > COUNTED for state in self.states):
            self.notices.append(f"By product only the newest {grouped(BY_PRODUCT)} of each state are searched.")
        return found.positions

    @cached_property
    def rows(self) -> list[HeadRow]:
        found = self.page[0]
        return heads.rows_of([position.id for position in found], by=self.by) if found else []

    @cached_property
    def any_retried(self) -> bool:
        return any(row.retried for row in self.rows)

    @cached_property
    def nothing_yet(self) -> bool:
        return not self.q and not any(self.standing.counts.values()) and heads.is_empty(by=self.by)

    @property
    def tabs(self) -> list[Tab]:
        """To look at, each state, all that is not done; a search belongs to none of them."""
        counts = self.standing.counts
        choices: list[tuple[str, str, tuple[str, ...]]] = [("", "To look at", LOOKED_AT)]
        choices += [(state, WORDS[state].label, (state,)) for state in NOT_DONE]
        choices += [(ALL, "All not done", NOT_DONE)]
        return [
            Tab(value, label, _counted(counts, states), self.url_of(state=value), value == self.state and not self.q)
            for value, label, states in choices
        ]

    @property
    def meaning(self) -> Word | None:
        """The one state that is shown, explained."""
        return WORDS.get(self.state)

    def url_of(self, **query: str) -> str:
        parts = {**({"factory": self.by.factory.slug} if self.several else {}), **query}
        asked = urlencode({name: value for name, value in parts.items() if value})
        return reverse("ops:ingest") + (f"?{asked}" if asked else "")

    @property
    def url(self) -> str:
        return self.url_of(state=self.state, q=self.q)

    @property
    def place(self) -> dict[str, str]:
        """Where the page begins, as the address says it."""
        return {name: self.query.get(name, "") for name in ("after", "before")}

    @property
    def page_url(self) -> str:
        """This very page."""
        return self.url_of(state=self.state, q=self.q, **self.place)

    @property
    def live_url(self) -> str:
        """The same, to be fetched again: always with the factory, whichever one another tab has gone to since."""
        return self.url_of(state=self.state, q=self.q, **self.place, factory=self.by.factory.slug)

    @property
    def previous_url(self) -> str:
        return self.url_of(state=self.state, q=self.q, before=self.page[1]) if self.page[1] else ""

    @property
    def next_url(self) -> str:
        return self.url_of(state=self.state, q=self.q, after=self.page[2]) if self.page[2] else ""


def _counted(counts: dict[str, int], states: Iterable[str]) -> str:
    """`12`, or `1 000+` where counting stopped in one of the states."""
    numbers = [counts[state] for state in states]
    whole = sum(min(number, COUNTED) for number in numbers)
    return grouped(whole) + ("+" if max(numbers) > COUNTED else "")

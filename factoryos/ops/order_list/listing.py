"""One page of the order list put together: what is asked for, what is found, and where else one may go from there."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.ops.durations import spelled
from factoryos.ops.order_list import columns, filters
from factoryos.ops.order_list.filters import Chip, FilterForm, OrderFilterSet, list_url, written
from factoryos.ops.order_list.paging import Page, page
from manufacturing.models import Machine
from orders import listing
from orders.listing import NEWEST, SORTS, ListedOrder
from orders.selectors import COUNT_LIMIT, OrderFilter, count_orders

MACHINES_OFFERED = 200  # a longer list is no help in choosing; the code of any other machine may be typed


@dataclass
class Listing:
    """What the template shows. `several`: whether its reader has more factories than this one, and links must say which."""

    query: QueryDict
    by: Actor
    several: bool = False
    notices: list[str] = field(default_factory=list)

    groups = ("status", "priority", "hold")  # fields without one control of their own to link to

    def __post_init__(self) -> None:
        self.filters = OrderFilterSet(self.query, by=self.by)
        self.form: FilterForm = self.filters.form
        asked = self.query.get("sort") or NEWEST
        self.sort = asked if asked in SORTS else NEWEST
        self.valid = self.filters.is_valid()
        if asked not in SORTS:
            self.notices.append("The list cannot be sorted like that; it shows the newest first.")

    @cached_property
    def given(self) -> dict[str, Any]:
        return self.filters.given() if self.valid else {}

    @cached_property
    def canonical(self) -> str:
        """The filter as it is written down, for whatever acts on all that matches."""
        return written(self.given)

    @property
    def keep(self) -> dict[str, str]:
        """What stays in every link beside the filter."""
        kept = {"sort": self.sort} if self.sort != NEWEST else {}
        return kept | ({"factory": self.by.factory.slug} if self.several else {})

    @property
    def saved_query(self) -> str:
        """Filter and sort, as a saved view keeps them."""
        sort = f"sort={self.sort}" if self.sort != NEWEST else ""
        return "&".join(part for part in (self.canonical, sort) if part)

    @cached_property
    def chips(self) -> list[Chip]:
        return filters.chips(self.given, keep=self.keep)

    @cached_property
    def heads(self) -> list[columns.Head]:
        return columns.heads(sort=self.sort, query=self.canonical, keep=self._kept_but_sort)

    @property
    def sorted_by(self) -> str:
        return columns.SORT_WORDS[self.sort]

    @property
    def _kept_but_sort(self) -> dict[str, str]:
        return {name: value for name, value in self.keep.items() if name != "sort"}

    @cached_property
    def page(self) -> Page:
        if not self.valid:
            return Page([], before=None, after=None)
        with listing.planned_afresh():
            found, understood = page(self.filters.qs, sort=SORTS[self.sort], query=self.query)
        if not understood:
            self.notices.append("That page does not exist; this is the first one.")
        return found

    @cached_property
    def rows(self) -> list[ListedOrder]:
        return listing.listed([position.id for position in self.page.positions], by=self.by)

    @cached_property
    def total(self) -> int:
        """How many match, at most COUNT_LIMIT + 1. By status alone the tally knows."""
        if not self.valid:
            return 0
        if not self.given.keys() - {"status"}:
            return count_orders(OrderFilter(states=self.given.get("status", ())), by=self.by)
        if not (self.page.before or self.page.after):
            return len(self.page.positions)  # one page is all there is
        with listing.planned_afresh():
            return listing.count(self.filters.qs)

    def looks(self) -> bytes:
        """All that a reader would see of the region, ages included, for telling whether it is as they have it.

        Not its HTML, which holds tokens that are new each time; those are good for longer than this stays the same.
        """
        now = clock.now()
        ages = [(spelled(row.updated_at, now=now), row.planned_end and row.planned_end < now) for row in self.rows]
        day = now.astimezone(self.by.factory.zone).date()
        return repr(
            (self.live_url, self.rows, self.page, self.total, self.notices, ages, day, now.minute // 10)
        ).encode()

    @property
    def total_words(self) -> str:
        """`1 240`, or `10 000+` where counting on would be of no use."""
        total, plus = (COUNT_LIMIT, "+") if self.total > COUNT_LIMIT and self.counted else (self.total, "")
        return f"{total:,}".replace(",", "\u202f") + plus

    @property
    def counted(self) -> bool:
        """Whether the total was counted, up to the limit, and not known from the tally."""
        return bool(self.given.keys() - {"status"})

    @property
    def url(self) -> str:
        return list_url(self.canonical, self.keep)

    @property
    def live_url(self) -> str:
        """This very page, to be fetched again: always with the factory, whichever one another tab has gone to since."""
        place = {name: str(self.query[name]) for name in ("after", "before") if self.query.get(name)}
        return list_url(self.canonical, {**self.keep, **place, "factory": self.by.factory.slug})

    @property
    def export_query(self) -> str:
        """The filter for a file, always with the factory."""
        return "&".join(part for part in (self.canonical, urlencode({"factory": self.by.factory.slug})) if part)

    @property
    def clear_url(self) -> str:
        return list_url("", self.keep)

    @property
    def newest_url(self) -> str:
        return list_url(self.canonical, self._kept_but_sort)

    @cached_property
    def machines(self) -> list[tuple[str, str]]:
        """(code, name) to choose from."""
        known = Machine.objects.filter(factory_id=self.by.factory.id).order_by("code")
        return list(known.values_list("code", "name")[:MACHINES_OFFERED])

    @property
    def dates(self) -> list[tuple[str, str]]:
        return list(filters.DATE_WORDS.items())

    @property
    def shows_fields(self) -> bool:
        """Whether the form has to be open: a filter beside the search is in force, or wrong."""
        return bool((self.given.keys() | self.form.errors.keys()) - {"q"})

    @property
    def previous_url(self) -> str:
        return list_url(self.canonical, {**self.keep, "before": self.page.before}) if self.page.before else ""

    @property
    def next_url(self) -> str:
        return list_url(self.canonical, {**self.keep, "after": self.page.after}) if self.page.after else ""

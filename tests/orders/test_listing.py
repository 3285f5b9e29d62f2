"""Pages by key: whichever way one walks, whatever comes in between, each order is met once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from orders import listing
from orders.listing import SORTS, Position
from orders.models import Note, ProductionOrder
from orders.selectors import COUNT_LIMIT
from tests import floor

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 5, 1, tzinfo=UTC)
PRIORITIES = ("standard", "rush", "hold")


class Rows:
    """Orders of one factory with many ties and gaps."""

    def __init__(self) -> None:
        self.factory = floor.a_factory()
        self.by = floor.an_actor(self.factory)
        self.item = floor.an_item(self.factory)

    @property
    def found(self) -> Any:
        return ProductionOrder.objects.filter(factory=self.factory)

    def add(self, number: int, **facts: Any) -> ProductionOrder:
        usual = {
            "reference": f"R{number * 7919 % 1000:03d}", "customer_name": [None, "Zeta", "acme", "Acme", "ACME"][number % 5],
            "priority": PRIORITIES[number % 3], "planned_end": None if number % 4 == 0 else DAY + timedelta(days=number % 3),
            "updated_at": DAY + timedelta(hours=number % 6),
        }  # fmt: skip
        return ProductionOrder.objects.create(
            factory=self.factory, item=self.item, origin="test", quantity_target=10, created_by_id="t",
            created_by_name="T", **(usual | facts),
        )  # fmt: skip

    def walked(self, sort: str, *, limit: int, backwards: bool = False, between: Any = None) -> list[int]:
        met: list[int] = []
        start: Position | None = None
        while True:
            page = listing.walk(self.found, sort=SORTS[sort], start=start, backwards=backwards, limit=limit)
            met += [position.id for position in page]
            if len(page) < limit:
                return met
            start = page[-1]
            if between is not None:
                between()


@pytest.fixture
def rows() -> Rows:
    made = Rows()
    for number in range(1, 31):
        made.add(number)
    return made


def expected(rows: Rows, sort: str) -> list[int]:
    """The same order told by Python."""
    name, falling = sort.lstrip("-"), sort.startswith("-") or sort == "newest"
    keys = {
        "newest": lambda order: (), "oldest": lambda order: (), "reference": lambda order: order.reference,
        "customer": lambda order: order.customer_name and order.customer_name.upper(),
        "priority": lambda order: ["rush", "standard", "hold"].index(order.priority),
        "due": lambda order: order.planned_end, "changed": lambda order: order.updated_at,
    }  # fmt: skip
    key = keys[name]
    orders = list(rows.found)
    keyed = sorted((o for o in orders if key(o) is not None), key=lambda o: (key(o), o.pk), reverse=falling)
    bare = sorted((o for o in orders if key(o) is None), key=lambda o: o.pk, reverse=falling)
    return [order.pk for order in keyed + bare]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 7, 30, 50])
def test_every_sort_meets_each_order_once_with_ties_and_the_keyless_last(rows: Rows, sort: str, limit: int) -> None:
    assert rows.walked(sort, limit=limit) == expected(rows, sort)
    assert rows.walked(sort, limit=limit, backwards=True) == expected(rows, sort)[::-1]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("backwards", [False, True])
def test_orders_that_come_in_between_neither_repeat_nor_hide_one(rows: Rows, sort: str, backwards: bool) -> None:
    before = set(expected(rows, sort))
    numbers = iter(range(31, 60))
    met = rows.walked(sort, limit=4, backwards=backwards, between=lambda: rows.add(next(numbers)))
    assert len(met) == len(set(met))
    assert before <= set(met)


def test_priority_is_rush_then_standard_then_hold_and_then_the_oldest(rows: Rows) -> None:
    ids = rows.walked("priority", limit=50)
    known = {order.pk: order.priority for order in rows.found}
    assert [known[each] for each in ids] == ["rush"] * 10 + ["standard"] * 10 + ["hold"] * 10
    assert ids[:10] == sorted(ids[:10])


def test_rows_come_in_the_order_asked_for_and_only_of_the_actors_factory(rows: Rows) -> None:
    stranger = Rows().add(1)
    ids = rows.walked("-reference", limit=50)
    listed = listing.listed([stranger.pk, *ids], by=rows.by)
    assert [row.id for row in listed] == ids


def test_a_row_tells_the_last_note_and_who_did_the_last_thing() -> None:
    rows = Rows()
    order = floor.an_order(rows.by)
    for number in (1, 2):
        Note.objects.create(
            order=order, factory=rows.factory, audience="customer", text=f"note\n {number}", actor_kind="user",
            actor_id="x", actor_name="X", face="console",
        )  # fmt: skip
    (row,) = listing.listed([order.pk], by=rows.by)
    assert (row.note_line, row.audience, row.changed_by) == ("note 2", "customer", "admin")
    assert (row.target, row.good, row.unit) == ("1000", "0", "pcs")


def test_a_count_stops_where_a_greater_one_would_tell_nobody_more(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listing.count(rows.found) == 30
    monkeypatch.setattr(listing, "COUNT_LIMIT", 10)
    assert listing.count(rows.found) == 11
    assert COUNT_LIMIT == 10_000


def test_statements_planned_afresh_are_not_prepared_and_others_are_again_afterwards(rows: Rows) -> None:
    usual = connection.connection.prepare_threshold
    with pytest.raises(RuntimeError), listing.planned_afresh():
        assert connection.connection.prepare_threshold is None
        raise RuntimeError
    assert connection.connection.prepare_threshold == usual

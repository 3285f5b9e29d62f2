"""Pages of every list: how many, how large, in which order; bounds; and what is refused by name."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders.models import ProductionOrder
from orders.numbered_pages import Sort, Wanted, page
from tests.dialects.store.reading import day, ids, in_ms, made, same_in_xml, seller, wrong
from tests.dialects.store.workshop import Workshop, a_workshop
from tests.evidence import everything

pytestmark = pytest.mark.django_db

LISTS = ("", "production_orders_state", "state/0", "article/CAP-28/BLUE")


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def planned(shop: Workshop, *days: int | None) -> list[int]:
    """Orders that start on these days of March, or on none."""
    return [made(shop, planned_start=day(number) if number else None).pk for number in days]


# --- pages


def test_pages_are_counted_from_zero_and_say_how_many_there_are(shop: Workshop) -> None:
    orders = planned(shop, 1, 2, 3, 4, 5)
    for path in LISTS:
        pages = [shop.admin.get(f"{path}?limit=2&page={number}") for number in range(4)]
        assert [ids(one) for one in pages] == [orders[4:2:-1], orders[2:0:-1], orders[:1], []]
        assert [one["page"] for one in pages] == [0, 1, 2, 3]
        assert {(one["pages"], one["pageSize"], one["ordersCount"]) for one in pages} == {(3, 2, 5)}, path


def test_nothing_found_is_no_page(shop: Workshop) -> None:
    for path in (*LISTS, f"customer_order/{shop.customer_order}", "?query=nothing"):
        found = shop.admin.get(path).json
        assert (found["pages"], found["ordersCount"], found["orders"]) == (0, 0, []), path
    assert list(shop.admin.get("state/0").json) == ["page", "pages", "pageSize", "ordersCount", "orders"]


def test_how_many_a_page_has_where_nobody_says(shop: Workshop) -> None:
    sizes = {path: shop.admin.get(path)["pageSize"] for path in LISTS}
    assert sizes == {"": 50, "production_orders_state": 20, "state/0": 50, "article/CAP-28/BLUE": 50}
    assert shop.admin.get(f"customer_order/{shop.customer_order}")["pageSize"] == 50


@pytest.mark.parametrize("limit", ["501", "9999", "99999999999999999999"])
def test_a_larger_page_is_cut_to_five_hundred(shop: Workshop, limit: str) -> None:
    for path in LISTS:
        assert shop.admin.get(f"{path}?limit={limit}")["pageSize"] == 500


def test_past_the_end_there_is_an_empty_page_however_far(shop: Workshop) -> None:
    order = made(shop, customer_order_id=shop.customer_order).pk
    for path in (*LISTS, f"customer_order/{shop.customer_order}", f"production_orders_state?query={order}"):
        for number in (1, 999, 2**63 - 1):
            sign = "&" if "?" in path else "?"
            found = shop.admin.get(f"{path}{sign}page={number}").json
            assert (found["page"], found["pages"], found["ordersCount"], found["orders"]) == (number, 1, 1, []), path


@pytest.mark.parametrize(
    ("query", "field"),
    [("page=-1", "page"), ("page=x", "page"), ("page=", "page"), ("page=1.5", "page"), ("page=9223372036854775808", "page"),
     ("limit=0", "limit"), ("limit=-1", "limit"), ("limit=NaN", "limit"), ("foo=1", "foo"), ("page=1&page=2", "page"),
     ("offset=1", "offset")],
)  # fmt: skip
def test_a_wrong_parameter_is_named_on_every_list(shop: Workshop, query: str, field: str) -> None:
    before = everything()
    for path in (*LISTS, f"customer_order/{shop.customer_order}"):
        wrong(shop.admin.get(f"{path}?{query}"), field)
    assert everything() == before


@pytest.mark.parametrize(
    ("path", "field"),
    [("state/4", "state"), ("state/-1", "state"), ("state/00", "state"), ("state/0?order=up", "order"),
     ("state/0?sort_column=startDate", "sort_column"), ("state/0?from=2026-01-01", "from"), ("state/0?to=1e20", "to"),
     ("state/0?query=x", "query"), ("state/0?max_state=1", "max_state"), ("article/x?max_state=4", "max_state"),
     ("article/x?max_state=", "max_state"), ("article/x?from=0", "from"), ("?state_from=-1", "state_from"),
     ("?state_to=4", "state_to"), ("?state_from=2&state_to=1", "state_from"), ("?query=%00", "query"),
     ("?sort_column=start_date", "sort_column"),
     ("pr_ref/next_id?prefix=X", "prefix")],
)  # fmt: skip
def test_a_wrong_parameter_of_one_list_is_named(shop: Workshop, path: str, field: str) -> None:
    wrong(shop.admin.get(path), field)


def test_head_tells_that_there_is_a_page_and_xml_says_the_same(shop: Workshop) -> None:
    made(shop, planned_start=day(1))
    made(shop)
    for path in LISTS:
        reply = shop.admin.send("HEAD", path)
        assert (reply.status, reply.content) == (200, b"") and int(reply.headers["Content-Length"]) > 100
        same_in_xml(shop, path, root="productionOrdersResponseDto")
    same_in_xml(shop, "pr_ref/next_id", root="productionOrderRefDto")


# --- sorting


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 9])
@pytest.mark.parametrize("column", ["start", "end"])
@pytest.mark.parametrize("falling", [True, False])
def test_pages_laid_together_are_the_whole_list_with_empty_dates_last(
    shop: Workshop, limit: int, column: str, falling: bool
) -> None:
    """Ties are broken by the id, the same way; by whichever route a page is found."""
    days = [3, None, 1, 3, None, 2, None]
    orders = {made(shop, **{f"planned_{column}": day(number) if number else None}).pk: number for number in days}
    dated = sorted(((number, pk) for pk, number in orders.items() if number), reverse=falling)
    expected = [pk for _, pk in dated] + sorted((pk for pk, number in orders.items() if not number), reverse=falling)
    query = f"sort_column={column}_date&order={'desc' if falling else 'asc'}&limit={limit}"
    for path in ("state/0", "article/CAP-28/BLUE"):
        pages = [ids(shop.admin.get(f"{path}?{query}&page={number}")) for number in range(len(days) // limit + 2)]
        assert [pk for one in pages for pk in one] == expected, path
        assert pages[0] == expected[:limit]


def test_bounds_are_inclusive_and_judge_the_column_that_is_sorted_by(shop: Workshop) -> None:
    first, second, third, _ = planned(shop, 1, 2, 3, None)
    ends = made(shop, planned_end=day(2)).pk
    start, end = in_ms(day(1)), in_ms(day(2))
    assert ids(shop.admin.get(f"state/0?from={start}&to={end}")) == [second, first]
    assert ids(shop.admin.get(f"state/0?from={start + 1}&to={end - 1}")) == []
    assert ids(shop.admin.get(f"state/0?from={end}&order=asc")) == [second, third]
    assert ids(shop.admin.get(f"state/0?to={end}&from=0&order=asc")) == [first, second]
    assert ids(shop.admin.get(f"state/0?sort_column=end_date&from={start}")) == [ends]
    assert shop.admin.get(f"state/0?from={start}&limit=1&page=7")["ordersCount"] == 3
    assert len(ids(shop.admin.get("state/0?from=0&to=0"))) == 5


def test_every_page_is_counted_exactly_by_either_route(shop: Workshop) -> None:
    """What the tally, a count and a window say of the same orders is the same."""
    planned(shop, 1, None, 2)
    by = seller(shop)
    everywhere = Wanted(states=["draft"])
    totals = {
        page(wanted, by=by, sort=Sort(), limit=limit, offset=offset).total
        for wanted in (
            everywhere,
            Wanted(item_id=shop.cap.pk),
            Wanted(text="cap"),
            Wanted(states=["draft"], text="CAP"),
        )
        for limit, offset in ((1, 0), (2, 2), (1, 3), (500, 10**6))
    }
    assert totals == {ProductionOrder.objects.filter(factory=shop.factory).count()}

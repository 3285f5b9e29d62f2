"""Lists of production orders: exact pages in every sort, what is found by state, day, article, customer order and text."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders import actions, references
from orders.models import ProductionOrder
from orders.numbered_pages import Sort, Wanted, page
from tests import floor
from tests.dialects.store.reading import counted, day, ids, in_ms, made, same_in_xml, seller, started, wrong
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


# --- by state


def test_states_are_told_apart_and_ranges_include_both_ends(shop: Workshop) -> None:
    new, developing, finished, cancelled = (made(shop).pk for _ in range(4))
    for pk in (developing, finished):
        started(shop, shop.core(pk))
    floor.done(actions.pause, order_id=developing, by=shop.actor, reason="tool_change")
    floor.done(actions.complete, order_id=finished, by=shop.actor)
    floor.done(actions.cancel, order_id=cancelled, by=shop.actor, reason="not wanted")
    every = [new, developing, finished, cancelled]
    assert [ids(shop.admin.get(f"state/{state}")) for state in range(4)] == [[pk] for pk in every]
    for path in ("", "production_orders_state"):
        for low in range(4):
            for high in range(low, 4):
                found = shop.admin.get(f"{path}?state_from={low}&state_to={high}")
                assert ids(found) == every[low : high + 1][::-1] and found["ordersCount"] == high - low + 1
    assert [ids(shop.admin.get(f"article/CAP-28/BLUE?max_state={most}")) for most in range(4)] == [
        every[: most + 1][::-1] for most in range(4)
    ]


# --- by text


def test_a_text_is_found_in_each_place_that_the_list_looks_through(shop: Workshop) -> None:
    other = shop.item("ÖL-7/b", "Gear oil")
    orders = {
        "reference": made(shop, reference="Ref-0815").pk,
        "name": made(shop, facts={"name": "Straße, rush"}).pk,
        "internal": made(shop, facts={"internalReference": "SHIFT-B"}).pk,
        "external": made(shop, facts={"customerOrderExternalId": "WEB-99"}).pk,
        "article": made(shop, (shop.shell, 1), (other, 5)).pk,
    }
    labelled = made(shop)
    floor.done(actions.amend_line, order_id=labelled.pk, by=seller(shop), line_id=labelled.lines.get().pk,
               facts={"articleName": "Own label"})  # fmt: skip
    for path in ("", "production_orders_state"):
        for text, name in (
            ("f-08", "reference"), ("REF-0815", "reference"), ("straße", "name"), ("shift", "internal"),
            ("web-99", "external"), ("öl-7/B", "article"), ("GEAR", "article"),
        ):  # fmt: skip
            found = shop.admin.get(path + f"?query={text}")
            assert (ids(found), found["ordersCount"]) == ([orders[name]], 1), text
        assert ids(shop.admin.get(f"{path}?query=own+label")) == [labelled.pk]
        assert ids(shop.admin.get(f"{path}?query=+++own label ")) == [labelled.pk]
    assert ids(shop.admin.get(f"?query={orders['name']}&state_to=0")) == [orders["name"]]
    assert ids(shop.admin.get(f"?query={orders['name']}&state_from=1")) == []


def test_a_text_is_not_found_where_nothing_is_shown_or_only_a_part_matches(shop: Workshop) -> None:
    order = made(
        shop, reference="A", notes="a comment", facts={"name": "one", "internalReference": "two", "storeState": 77}
    )
    floor.done(actions.create, by=seller(shop, "erp"), lines=(), reference="B", facts={"name": "of another face"})
    for text in (
        "comment",
        "storeState",
        "77",
        "another face",
        "one\ttwo".replace("\t", "%0A"),
        "liner",
        f"{order.pk}0",
    ):
        reply = shop.admin.get(f"?query={text}")
        assert reply.status == 400 or reply["ordersCount"] == 0, text


def test_wildcards_are_plain_characters(shop: Workshop) -> None:
    names = ("100%", "100 x", "a_b", "axb", "back\\slash", "it's")
    orders = {name: made(shop, facts={"name": name}).pk for name in names}
    for text, name in (("100%25", "100%"), ("a_b", "a_b"), ("k\\s", "back\\slash"), ("'s", "it's")):
        assert ids(shop.admin.get(f"?query={text}")) == [orders[name]], text
    assert shop.admin.get("?query=_______________")["ordersCount"] == 0


def test_an_order_that_is_found_in_two_places_is_listed_once(shop: Workshop) -> None:
    order = made(shop, (shop.cap, 1), (shop.shell, 1), reference="28", facts={"name": "28"}).pk
    found = shop.admin.get("?query=28")
    assert (ids(found), found["ordersCount"]) == ([order], 1)


# --- by article


def test_only_lines_of_exactly_this_article_count(shop: Workshop) -> None:
    cap = made(shop).pk
    shell = made(shop, (shop.shell, 1), (shop.resin, 1)).pk
    assert ids(shop.admin.get("article/CAP-28/BLUE")) == [cap]
    assert ids(shop.admin.get("article/SHELL-28")) == [shell], "what a cap is made of is no line"
    assert ids(shop.admin.get("article/RESIN-PP")) == [shell]
    for name in ("cap-28/blue", "CAP-28", "CAP-28/BLU", "NOWHERE", "CAP-28%252FBLUE", "%00", "x" * 2000):
        assert shop.admin.get(f"article/{name}")["ordersCount"] == 0, name


def test_a_slash_at_the_end_is_first_taken_as_a_part_of_the_article(shop: Workshop) -> None:
    plain, slashed = shop.item("END", "End"), shop.item("END/", "End with a slash")
    of_plain = made(shop, (plain, 1)).pk
    of_slashed = made(shop, (slashed, 1)).pk
    for path, pk in {"article/END": of_plain, "article/END/": of_slashed, "article/END%2F": of_slashed,
                     "article/END//": of_slashed}.items():  # fmt: skip
        assert ids(shop.admin.get(path)) == [pk], path
    assert shop.admin.get("article/CAP-28/BLUE/").status == 200


# --- by customer order


def test_the_orders_of_a_customer_order_come_newest_first(shop: Workshop) -> None:
    orders = [made(shop, customer_order_id=shop.customer_order, planned_start=day(9 - at)).pk for at in range(3)]
    made(shop)
    path = f"customer_order/{shop.customer_order}"
    assert ids(shop.admin.get(path)) == orders[::-1] == ids(shop.admin.get(f"{path}/"))
    assert ids(shop.admin.get(f"{path}?limit=2&page=1")) == orders[:1]
    same_in_xml(shop, path, root="productionOrdersResponseDto")
    for name in ("999999999", "0", "x", "99999999999999999999"):
        wrong(shop.admin.get(f"customer_order/{name}"), None, 404, 903004)


# --- the next reference


def test_the_next_reference_is_only_looked_at_and_skips_what_is_taken(shop: Workshop) -> None:
    before = everything()
    first = shop.admin.get("pr_ref/next_id").json
    assert shop.admin.get("pr_ref/next_id/").json == first == {"prReference": references.peek(by=shop.actor)}
    assert everything() == before
    made(shop, reference=first["prReference"])
    following = shop.admin.get("pr_ref/next_id")["prReference"]
    assert following != first["prReference"]
    assert made(shop).reference == following


# --- strangers


def test_a_store_sees_and_counts_only_its_own(shop: Workshop) -> None:
    """Both have the same references, articles, names and days."""
    other = Workshop()
    facts: dict[str, Any] = {"reference": "SAME", "planned_start": day(1), "facts": {"name": "same"}}
    mine = made(shop, customer_order_id=shop.customer_order, **facts)
    theirs = [made(other, customer_order_id=other.customer_order, **facts), made(other), made(other)]
    counted_there = theirs[1]
    started(other, counted_there)
    counted(other, counted_there, 1)
    for path in (*LISTS, f"customer_order/{shop.customer_order}", "?query=same", "?query=cap", f"?query={mine.pk}",
                 f"state/0?from={in_ms(day(1))}&to={in_ms(day(1))}"):  # fmt: skip
        found = shop.admin.get(path)
        assert (ids(found), found["ordersCount"]) == ([mine.pk], 1), path
    assert shop.admin.get(f"?query={theirs[0].pk}")["ordersCount"] == 0
    foreign, none = (shop.admin.get(f"customer_order/{number}") for number in (other.customer_order, 10**15))
    assert foreign.status == 404 and foreign.content == none.content
    assert shop.admin.get("pr_ref/next_id")["prReference"] == made(shop).reference


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

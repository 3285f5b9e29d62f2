"""What the lists of production orders find: by state, text, article and customer order; and the next reference."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders import actions, references
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


def test_an_order_is_found_by_its_id_and_by_no_part_of_it(shop: Workshop) -> None:
    plain = shop.item("PLAIN", "Nothing with a digit")
    first, second = (made(shop, (plain, 1), reference=reference).pk for reference in "xy")
    assert ids(shop.admin.get(f"?query={first}")) == [first]
    assert ids(shop.admin.get(f"?query={second}&state_to=0")) == [second]
    assert ids(shop.admin.get(f"?query={second}&state_from=1")) == []
    for text in (f"{first}0000000", "99999999999999999999", "²"):
        assert ids(shop.admin.get(f"?query={text}")) == [], text


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
    made(other, customer_order_id=other.customer_order, **facts)
    running = made(other)
    started(other, running)
    counted(other, running, 1)
    for path in (*LISTS, f"customer_order/{shop.customer_order}", "?query=same", "?query=cap", f"?query={mine.pk}",
                 f"state/0?from={in_ms(day(1))}&to={in_ms(day(1))}"):  # fmt: skip
        found = shop.admin.get(path)
        assert (ids(found), found["ordersCount"]) == ([mine.pk], 1), path
    theirs = made(other, (other.item("PLAIN", "Without a digit"), 1), reference="x")
    assert (ids(other.admin.get(f"?query={theirs.pk}&limit=500")).count(theirs.pk), theirs.factory_id) == (
        1,
        other.factory.pk,
    )
    assert theirs.pk not in ids(shop.admin.get(f"?query={theirs.pk}"))
    foreign, none = (shop.admin.get(f"customer_order/{number}") for number in (other.customer_order, 10**15))
    assert foreign.status == 404 and foreign.content == none.content
    assert shop.admin.get("pr_ref/next_id")["prReference"] == made(shop).reference

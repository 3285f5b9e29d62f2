"""Explosions: exact through every kit, the same as working it out by hand, and one question however deep."""

import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid
from manufacturing.boms.explosion import DEEPEST, explode
from manufacturing.models import Bom, BomComponent, BomVersion, Item
from tests import floor
from tests.evidence import everything
from tests.stores import a_bom, version_of

pytestmark = pytest.mark.django_db

_numbers = count(1)


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


def some(by: Actor, number: int) -> list[Item]:
    return Item.objects.bulk_create(
        Item(factory_id=by.factory.id, sku=f"X-{next(_numbers)}", name="x", unit_decimals=3) for _ in range(number)
    )


def taken(bom: Bom) -> dict[int, Fraction]:
    return {need.item_id: need.per_unit for need in explode(version_of(bom).pk)}


def refused(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(Invalid) as raised:
        call()
    assert text in raised.value.text


def by_hand(version: BomVersion) -> dict[int, Fraction]:
    """The same, each way down to every part walked by itself."""
    found: dict[int, Fraction] = defaultdict(Fraction)

    def walk(at: BomVersion, times: Fraction) -> None:
        for row in BomComponent.objects.filter(version=at):
            amount = times * Fraction(row.quantity) / Fraction(at.quantity)
            kit = Bom.objects.filter(item=row.item_id, default=True, type="phantom").first()
            if kit is None:
                found[row.item_id] += amount
            else:
                walk(version_of(kit), amount)

    walk(version, Fraction(1))
    return dict(found)


def test_amounts_are_for_the_batch_of_each_level(by: Actor) -> None:
    made, kit, part = some(by, 3)
    a_bom(by, kit, {part: 7}, type="phantom", quantity=3)
    bom = a_bom(by, made, {kit: "0.5", part: "1"}, quantity=9)
    assert taken(bom) == {part.pk: Fraction(1, 18) * Fraction(7, 3) + Fraction(1, 9)}


def test_a_kit_used_in_two_ways_is_added_up(by: Actor) -> None:
    made, left, right, kit, screw = some(by, 5)
    a_bom(by, kit, {screw: 4}, type="phantom")
    a_bom(by, left, {kit: 2}, type="phantom")
    a_bom(by, right, {kit: 3, screw: 1}, type="phantom")
    bom = a_bom(by, made, {left: 1, right: 2, kit: 5})
    assert taken(bom) == {screw.pk: 8 + 2 * (12 + 1) + 20}


def test_a_part_that_is_made_here_or_outside_is_taken_as_it_is(by: Actor) -> None:
    made, inside, outside, below = some(by, 4)
    a_bom(by, inside, {below: 2})
    a_bom(by, outside, {below: 2}, type="subcontract")
    assert taken(a_bom(by, made, {inside: 1, outside: 2})) == {inside.pk: 1, outside.pk: 2}


def test_only_the_default_bom_of_a_part_makes_it_a_kit(by: Actor) -> None:
    made, part, below = some(by, 3)
    a_bom(by, part, {below: 2})
    second = a_bom(by, part, {below: 5}, type="phantom")
    bom = a_bom(by, made, {part: 1})
    assert taken(bom) == {part.pk: 1}
    Bom.objects.filter(item=part).update(default=False)
    Bom.objects.filter(pk=second.pk).update(default=True)
    assert taken(bom) == {below.pk: 5}


def test_needs_come_in_the_order_of_the_lines(by: Actor) -> None:
    made, kit, *parts = some(by, 6)
    a_bom(by, kit, {parts[2]: 1, parts[0]: 1}, type="phantom")
    bom = a_bom(by, made, {parts[3]: 1, kit: 1, parts[1]: 1})
    assert list(taken(bom)) == [parts[3].pk, parts[2].pk, parts[0].pk, parts[1].pk]


def chain_of_kits(by: Actor, levels: int) -> Item:
    """An item that is a kit of a kit …, so many levels."""
    below = some(by, 1)[0]
    for _ in range(levels):
        (kit,) = some(by, 1)
        a_bom(by, kit, {below: 2}, type="phantom")
        below = kit
    return below


def test_twenty_levels_of_kits_are_counted_and_one_more_is_refused(by: Actor) -> None:
    made, higher, kit = *some(by, 2), chain_of_kits(by, DEEPEST)
    assert list(taken(a_bom(by, made, {kit: 3})).values()) == [3 * 2**20]
    (one_more,) = some(by, 1)
    a_bom(by, one_more, {kit: 1}, type="phantom")
    before = everything()
    refused(lambda: a_bom(by, higher, {one_more: 1}), "over more than 20 levels")
    assert everything() == before


def test_the_deepest_way_counts_not_the_first(by: Actor) -> None:
    """The kit is a direct part too: found near the top, it is no less deep on the other way."""
    made, below, near = *some(by, 1), chain_of_kits(by, 15), chain_of_kits(by, 1)
    top = below
    for _ in range(5):
        (kit,) = some(by, 1)
        a_bom(by, kit, {top: 1}, type="phantom")
        top = kit
    a_bom(by, made, {below: 1, near: 1, top: 1})
    (too_deep,) = some(by, 1)
    a_bom(by, too_deep, {top: 1}, type="phantom")
    (higher,) = some(by, 1)
    refused(lambda: a_bom(by, higher, {below: 1, top: 1, too_deep: 1}), "over more than 20 levels")


def test_amounts_beyond_counting_are_refused(by: Actor) -> None:
    (part,) = some(by, 1)

    def higher_and_higher() -> None:
        below = part
        for kit in some(by, DEEPEST):
            a_bom(by, kit, {below: "999999999.999999"}, type="phantom", quantity="0.000001")
            below = kit

    refused(higher_and_higher, "amounts that cannot be counted")
    assert 0 < Bom.objects.count() < DEEPEST


WIDTH, LEVELS = 125, 8


def a_thousand_lines(by: Actor, *, kind: str = "phantom") -> Bom:
    """Eight levels of kits with 125 lines each; each kit but the last contains the next one, all of them shared parts."""
    parts, kits = some(by, 300), some(by, LEVELS + 1)
    bom = None
    for level in reversed(range(LEVELS + 1)):
        its_kind = kind if level else "manufacture"
        lines: dict[Item, Any] = {
            parts[(level * 37 + place) % 300]: Decimal(place + 1) / 8 for place in range(WIDTH - (level < LEVELS))
        }
        if level < LEVELS:
            lines[kits[level + 1]] = level + 2
        bom = a_bom(by, kits[level], lines, type=its_kind, quantity=level + 3)
    assert bom is not None
    return bom


def test_a_thousand_lines_over_eight_levels_are_one_question(by: Actor, django_assert_num_queries: Any) -> None:
    bom = a_thousand_lines(by)
    assert BomComponent.objects.count() == WIDTH * (LEVELS + 1) > 1000
    version = version_of(bom)
    with django_assert_num_queries(1):
        began = time.perf_counter()
        found = {need.item_id: need.per_unit for need in explode(version.pk)}
        took = time.perf_counter() - began
    assert found == by_hand(version)
    assert took < 1


@st.composite
def a_graph(draw: Any) -> list[tuple[str, int, list[tuple[int, int]]]]:
    """For each item: (kind or none, batch in thousandths, [(a later item, amount in millionths)])."""
    size = draw(st.integers(2, 8))
    amounts = st.integers(1, 10**9)
    graph = []
    for place in range(size):
        later = list(range(place + 1, size))
        lines = draw(st.lists(st.sampled_from(later), unique=True, max_size=4)) if later else []
        kind = draw(st.sampled_from(["phantom", "phantom", "manufacture", "none"])) if lines else "none"
        graph.append((kind, draw(st.integers(1, 10**6)), [(line, draw(amounts)) for line in lines]))
    return graph


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(a_graph())
def test_any_graph_of_boms_explodes_as_by_hand(graph: list[tuple[str, int, list[tuple[int, int]]]]) -> None:
    with transaction.atomic():
        by = floor.an_actor(floor.a_factory())
        items = some(by, len(graph))
        for place in reversed(range(len(graph))):
            kind, batch, lines = graph[place]
            if kind != "none":
                parts = {items[line]: Decimal(amount) / 10**6 for line, amount in lines}
                a_bom(by, items[place], parts, type=kind, quantity=Decimal(batch) / 1000)
        for version in BomVersion.objects.filter(bom__factory_id=by.factory.id):
            assert {need.item_id: need.per_unit for need in explode(version.pk)} == by_hand(version)
        transaction.set_rollback(True)

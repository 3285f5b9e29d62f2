"""Explosions to the leaves: through every default BOM as it is now, exact, one question; rings end in a refusal."""

import time
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from factoryos.kernel.actors import Actor
from manufacturing.boms.explosion import DEEPEST, explode, explode_to_leaves
from manufacturing.boms.writing import change_bom, lock_bom, make_default, retire_bom
from manufacturing.models import Bom, BomComponent, BomVersion, Item
from tests import floor
from tests.manufacturing.test_explosion import a_graph, a_thousand_lines, refused, some
from tests.stores import a_bom, a_recipe, version_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


def leaves(version: BomVersion) -> dict[int, Fraction]:
    return {need.item_id: need.per_unit for need in explode_to_leaves(version.pk)}


def by_hand(version: BomVersion) -> dict[int, Fraction]:
    """The same, each way down to every leaf walked by itself."""
    found: dict[int, Fraction] = defaultdict(Fraction)

    def walk(at: BomVersion, times: Fraction) -> None:
        for row in BomComponent.objects.filter(version=at):
            amount = times * Fraction(row.quantity) / Fraction(at.quantity)
            below = Bom.objects.filter(item=row.item_id, default=True).first()
            if below is None or not BomComponent.objects.filter(version=version_of(below)).exists():
                found[row.item_id] += amount
            else:
                walk(version_of(below), amount)

    walk(version, Fraction(1))
    return dict(found)


@pytest.mark.parametrize("kind", ["manufacture", "phantom", "subcontract"])
def test_whatever_is_made_of_something_is_replaced_by_it(by: Actor, kind: str) -> None:
    made, part, below = some(by, 3)
    a_bom(by, part, {below: 2}, type=kind, quantity=3)
    version = version_of(a_bom(by, made, {part: 5}))
    assert leaves(version) == {below.pk: Fraction(10, 3)}


def test_one_item_reached_two_ways_is_summed_whether_made_or_bought(by: Actor) -> None:
    made, left, right, assembly, screw = some(by, 5)
    a_bom(by, assembly, {screw: 4})
    a_bom(by, left, {assembly: 2})
    a_bom(by, right, {assembly: 3, screw: 1}, type="phantom")
    version = version_of(a_bom(by, made, {left: 1, right: 2, assembly: 5, screw: "0.5"}))
    assert leaves(version) == {screw.pk: 8 + 2 * (12 + 1) + 20 + Fraction(1, 2)}


def test_what_a_subcontractor_brings_whole_is_a_leaf(by: Actor) -> None:
    made, brought = some(by, 2)
    a_bom(by, brought, {}, type="subcontract")
    version = version_of(a_bom(by, made, {brought: 2}))
    assert leaves(version) == {brought.pk: 2}


def test_a_product_without_any_parts_needs_none(by: Actor) -> None:
    (brought,) = some(by, 1)
    assert leaves(version_of(a_bom(by, brought, {}, type="subcontract"))) == {}


def test_the_first_level_is_the_version_given_and_below_it_counts_what_is_now(by: Actor) -> None:
    made, part, other, below = some(by, 4)
    inner = a_bom(by, part, {below: 2})
    bom = a_bom(by, made, {part: 1})
    version = version_of(bom)

    def revise(which: Bom, parts: dict[Item, int]) -> None:
        locked = lock_bom(which.pk)
        assert locked is not None
        change_bom(locked, by=by, recipe=a_recipe(parts))

    floor.done(revise, which=bom, parts={other: 9})
    floor.done(revise, which=inner, parts={below: 7})
    assert leaves(version) == {below.pk: 7}
    assert leaves(version_of(Bom.objects.get(pk=bom.pk))) == {other.pk: 9}


def test_only_the_default_bom_leads_down(by: Actor) -> None:
    made, part, below, other = some(by, 4)
    first, second = a_bom(by, part, {below: 2}), a_bom(by, part, {other: 5})
    version = version_of(a_bom(by, made, {part: 1}))
    assert leaves(version) == {below.pk: 2}
    floor.done(make_default, bom=second, by=by)
    assert leaves(version) == {other.pk: 5}
    floor.done(retire_bom, bom=Bom.objects.get(pk=second.pk), by=by)
    assert leaves(version) == {below.pk: 2}
    floor.done(retire_bom, bom=Bom.objects.get(pk=first.pk), by=by)
    assert leaves(version) == {part.pk: 1}


def a_chain(by: Actor, levels: int) -> Item:
    """An item that is made of one that is made of one …, so many levels."""
    (below,) = some(by, 1)
    for _ in range(levels):
        (above,) = some(by, 1)
        a_bom(by, above, {below: 2})
        below = above
    return below


def test_twenty_levels_are_counted_and_one_more_is_refused(by: Actor) -> None:
    (made,) = some(by, 1)
    bom = a_bom(by, made, {a_chain(by, DEEPEST): 3})
    assert list(leaves(version_of(bom)).values()) == [3 * 2**20]
    for levels in (DEEPEST + 1, DEEPEST + 2, DEEPEST + 9):
        (higher,) = some(by, 1)
        version = version_of(a_bom(by, higher, {a_chain(by, levels): 3}))
        refused(lambda version=version: leaves(version), "more than 20 levels")  # type: ignore[misc]


def test_a_ring_that_should_not_be_ends_in_a_refusal(by: Actor) -> None:
    """Written past the writer, which refuses it."""
    made, part = some(by, 2)
    bom = a_bom(by, made, {part: 1})
    back = Bom.objects.create(factory_id=by.factory.id, item=part, name="back", default=True)
    version = BomVersion.objects.create(bom=back, number=1, name="back", made_by_id="x", made_by_name="x")
    BomComponent.objects.create(version=version, position=0, item=made, quantity=Decimal(1))
    refused(lambda: leaves(version_of(bom)), "more than 20 levels")


def test_an_old_version_that_leads_to_its_own_item_as_it_is_made_now_is_no_ring(by: Actor) -> None:
    made, part, below = some(by, 3)
    bom = a_bom(by, made, {part: 2})
    version = version_of(bom)

    def revise() -> None:
        locked = lock_bom(bom.pk)
        assert locked is not None
        change_bom(locked, by=by, recipe=a_recipe({below: 3}))

    floor.done(revise)
    a_bom(by, part, {made: 1})
    assert leaves(version) == {below.pk: 6}


def test_amounts_beyond_counting_are_refused(by: Actor) -> None:
    below, *levels = some(by, DEEPEST)
    for item in levels:
        bom = a_bom(by, item, {below: "999999999.999999"}, quantity="0.000001")
        below = item
    refused(lambda: leaves(version_of(bom)), "amounts that cannot be counted")


def test_a_thousand_lines_are_one_question_however_deep(by: Actor, django_assert_num_queries: Any) -> None:
    version = version_of(a_thousand_lines(by, kind="manufacture"))
    with django_assert_num_queries(1):
        began = time.perf_counter()
        found = leaves(version)
        took = time.perf_counter() - began
    assert found == by_hand(version)
    assert took < 1


@settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(graph=a_graph())
def test_it_is_what_one_finds_by_hand(graph: list[tuple[str, int, list[tuple[int, int]]]]) -> None:
    with transaction.atomic():
        by = floor.an_actor(floor.a_factory())
        items = some(by, len(graph))
        boms = []
        for place, (kind, batch, lines) in reversed(list(enumerate(graph))):
            if kind != "none":
                parts = {items[line]: Decimal(amount) / 10**6 for line, amount in lines}
                boms.append(a_bom(by, items[place], parts, type=kind, quantity=Decimal(batch) / 1000))
        for bom in boms:
            assert leaves(version_of(bom)) == by_hand(version_of(bom))
            bought = not Bom.objects.filter(item__in=[need.item_id for need in explode(version_of(bom).pk)]).exists()
            if bought:
                assert explode_to_leaves(version_of(bom).pk) == explode(version_of(bom).pk)
        transaction.set_rollback(True)

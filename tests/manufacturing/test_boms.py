"""BOMs: versions that stay as they were, one default an item, and no thing made of itself."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import Invalid, NotFound, RoleMissing
from manufacturing.boms.writing import Step, change_bom, create_bom, lock_bom, make_default, retire_bom
from manufacturing.models import Bom, BomComponent, BomOperation, BomVersion, Item, WorkArea
from tests import floor
from tests.evidence import everything
from tests.stores import a_bom, a_recipe, version_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


@pytest.fixture
def items(by: Actor) -> list[Item]:
    return [Item.objects.create(factory_id=by.factory.id, sku=f"I-{place}", name=f"Item {place}") for place in range(5)]


def changed(bom: Bom, *, by: Actor, **recipe: Any) -> Bom:
    with transaction.atomic():
        held = lock_bom(bom.pk)
        assert held is not None
        return change_bom(held, by=by, recipe=a_recipe(**recipe))


def retired(bom: Bom, *, by: Actor) -> None:
    with transaction.atomic():
        held = lock_bom(bom.pk)
        assert held is not None
        retire_bom(held, by=by)


def default_of(item: Item) -> int | None:
    return Bom.objects.filter(item=item, default=True).values_list("pk", flat=True).first()


def refused(call: Callable[[], Any], *messages: str) -> None:
    """Each of these is said, and nothing is changed even before anything is rolled back."""
    before = everything()
    with pytest.raises(Invalid) as raised:
        call()
    assert raised.value.data["messages"] == list(messages)
    assert everything() == before


def test_every_change_is_a_version_and_the_old_ones_stay(by: Actor, items: list[Item]) -> None:
    made, one, two = items[:3]
    bom = a_bom(by, made, {one: "2.5"}, "Press", quantity=10, uom="box")
    changed(bom, by=by, parts={two: 3, one: 1}, name="Second", type="subcontract")
    assert (Bom.objects.get().version, Bom.objects.get().name, Bom.objects.get().type) == (2, "Second", "subcontract")
    first, second = BomVersion.objects.order_by("number")
    assert (first.number, first.name, first.type, first.quantity, first.uom) == (1, "Recipe", "manufacture", 10, "box")
    assert list(first.components.values_list("item_id", "quantity")) == [(one.pk, Decimal("2.5"))]
    assert list(first.operations.values_list("sequence", "name")) == [(1, "Press")]
    assert list(second.components.values_list("item_id", "quantity")) == [(two.pk, 3), (one.pk, 1)]
    assert not second.operations.exists()
    assert (second.made_by_id, second.made_by_name) == (by.id, by.name)


@pytest.mark.parametrize("model", [BomVersion, BomComponent, BomOperation])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_a_version(by: Actor, items: list[Item], model: Any, change: str) -> None:
    a_bom(by, items[0], {items[1]: 2}, "Press")
    table = model._meta.db_table
    sql = f"UPDATE {table} SET id = id" if change == "update" else f"DELETE FROM {table}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert model.objects.count() == 1


def test_the_first_bom_of_an_item_is_its_default_and_the_default_moves(by: Actor, items: list[Item]) -> None:
    first, second = (a_bom(by, items[0], {part: 1}) for part in items[1:3])
    other = a_bom(by, items[1], {items[3]: 1})
    assert (default_of(items[0]), default_of(items[1])) == (first.pk, other.pk)
    floor.done(make_default, bom=second, by=by)
    assert (default_of(items[0]), default_of(items[1])) == (second.pk, other.pk)


def test_a_retired_default_passes_it_on_to_the_oldest_in_use(by: Actor, items: list[Item]) -> None:
    boms = [a_bom(by, items[0], {part: 1}) for part in items[1:]]
    retired(boms[1], by=by)
    assert default_of(items[0]) == boms[0].pk
    for bom, heir in ((boms[0], boms[2].pk), (boms[2], boms[3].pk), (boms[3], None)):
        retired(bom, by=by)
        assert default_of(items[0]) == heir
        assert lock_bom(bom.pk) is None
    again = a_bom(by, items[0], {items[1]: 1})
    assert default_of(items[0]) == again.pk


def test_a_retired_bom_does_not_become_the_default(by: Actor, items: list[Item]) -> None:
    first, second = (a_bom(by, items[0], {part: 1}) for part in items[1:3])
    retired(second, by=by)
    with pytest.raises(NotFound):
        make_default(second, by=by)
    assert default_of(items[0]) == first.pk


def test_the_database_knows_one_default_and_none_that_is_retired(by: Actor, items: list[Item]) -> None:
    first, second = (a_bom(by, items[0], {part: 1}) for part in items[1:3])
    with pytest.raises(IntegrityError, match="bom_default_once"), transaction.atomic():
        Bom.objects.filter(pk=second.pk).update(default=True)
    with pytest.raises(IntegrityError, match="bom_default_in_use"), transaction.atomic():
        Bom.objects.filter(pk=first.pk).update(retired_at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["manufacture", "phantom", "subcontract"])
def test_a_ring_of_any_length_is_refused_and_its_row_named(
    by: Actor, items: list[Item], length: int, kind: str
) -> None:
    chain = items[:length]
    for upper, lower in pairwise(chain):
        a_bom(by, upper, {lower: 1}, type=kind)
    last = chain[-1]
    said = "must not be the product itself" if length == 1 else "is itself made of the product"
    recipe = a_recipe({items[4]: 1, chain[0]: 1}, type=kind)
    refused(lambda: create_bom(by=by, item=last, recipe=recipe), f"components.1.productId {said}")


def test_every_row_that_closes_a_ring_is_named(by: Actor, items: list[Item]) -> None:
    made, one, two, three, free = items
    for upper in (one, two):
        a_bom(by, upper, {made: 1})
    a_bom(by, three, {one: 1})
    said = "is itself made of the product"
    refused(
        lambda: create_bom(by=by, item=made, recipe=a_recipe({free: 1, one: 1, three: 1, two: 1})),
        *(f"components.{place}.productId {said}" for place in (1, 2, 3)),
    )


def test_a_change_may_not_close_a_ring_either(by: Actor, items: list[Item]) -> None:
    bom = a_bom(by, items[0], {items[1]: 1})
    a_bom(by, items[2], {items[0]: 1})
    refused(lambda: changed(bom, by=by, parts={items[2]: 1}), "components.0.productId is itself made of the product")
    assert Bom.objects.get(pk=bom.pk).version == 1


def test_a_bom_that_is_not_the_default_closes_a_ring_too(by: Actor, items: list[Item]) -> None:
    made, one, two = items[:3]
    a_bom(by, one, {two: 1})
    a_bom(by, one, {made: 1})
    refused(
        lambda: create_bom(by=by, item=made, recipe=a_recipe({one: 1})),
        "components.0.productId is itself made of the product",
    )


def test_what_is_retired_or_was_changed_closes_no_ring(by: Actor, items: list[Item]) -> None:
    made, one, two, three = items[:4]
    retired(a_bom(by, one, {made: 1}), by=by)
    changed(a_bom(by, two, {made: 1}), by=by, parts={three: 1})
    a_bom(by, made, {one: 1, two: 1})
    assert version_of(Bom.objects.get(item=made)).components.count() == 2


def test_components_that_meet_again_below_are_no_ring(by: Actor, items: list[Item]) -> None:
    made, left, right, below = items[:4]
    a_bom(by, left, {below: 1})
    a_bom(by, right, {below: 1})
    a_bom(by, made, {left: 1, right: 1, below: 1})
    assert Bom.objects.filter(item=made).exists()


def test_a_component_given_twice_is_refused_by_its_row(by: Actor, items: list[Item]) -> None:
    recipe = a_recipe({items[1]: 1, items[2]: 2})
    twice = type(recipe)(recipe.name, [*recipe.parts, recipe.parts[0]])
    refused(lambda: create_bom(by=by, item=items[0], recipe=twice), "components.2.productId is given twice")


@pytest.mark.parametrize("kind", ["manufacture", "phantom"])
def test_without_components_only_a_subcontractor_makes_something(by: Actor, items: list[Item], kind: str) -> None:
    refused(lambda: create_bom(by=by, item=items[0], recipe=a_recipe({}, type=kind)), "components should not be empty")
    assert version_of(a_bom(by, items[0], {}, type="subcontract")).components.count() == 0


def test_an_operation_is_linked_to_the_area_that_its_text_names(by: Actor, items: list[Item]) -> None:
    named_so = WorkArea.objects.create(factory_id=by.factory.id, code="X", name="WELD")
    coded_so = WorkArea.objects.create(factory_id=by.factory.id, code="WELD", name="Welding shop")
    abroad = floor.a_factory()
    WorkArea.objects.create(factory=abroad, code="PAINT", name="Paint")
    recipe = a_recipe({items[1]: 1})
    steps = [Step("a", "weld"), Step("b", "Welding shop"), Step("c", "x"), Step("d", "Paint"), Step("e")]
    floor.done(create_bom, by=by, item=items[0], recipe=type(recipe)(recipe.name, recipe.parts, steps))
    found = dict(BomOperation.objects.values_list("name", "work_area_id"))
    assert found == {"a": coded_so.pk, "b": coded_so.pk, "c": named_so.pk, "d": None, "e": None}


@pytest.mark.parametrize("role", ROLES)
def test_engineers_and_planners_compose(by: Actor, items: list[Item], role: str) -> None:
    bom = a_bom(by, items[0], {items[1]: 1})
    other = Actor(kind="user", id=role, name=role, factory=by.factory, roles=frozenset({role}))
    recipe = a_recipe({items[2]: 1})
    calls: dict[str, Callable[[], Any]] = {
        "create": lambda: create_bom(by=other, item=items[3], recipe=recipe),
        "change": lambda: change_bom(bom, by=other, recipe=recipe),
        "default": lambda: make_default(bom, by=other),
        "retire": lambda: retire_bom(bom, by=other),
    }
    for call in calls.values():
        before = everything()
        if role in {"admin", "planner", "engineer"}:
            floor.done(call)
            assert everything() != before or call is calls["default"]
        else:
            with pytest.raises(RoleMissing):
                call()
            assert everything() == before

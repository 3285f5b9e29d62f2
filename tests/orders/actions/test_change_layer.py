"""change_layer: the parts that an order takes from stock are those its BOMs name, or what these are made of."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from factoryos.kernel.problems import NotFound
from manufacturing.boms.writing import change_bom, lock_bom
from manufacturing.models import Bom, Item
from orders import actions
from orders.models import OrderComponent, ProductionOrder
from orders.problems import IllegalTransition
from orders.specs import Share
from tests import floor, stores
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, waits_for

pytestmark = pytest.mark.django_db


class Layered(Storeroom):
    """The product is made of 2 assemblies and 1 part; an assembly of 3 screws, 1 kit of 2 washers, and 1 part."""

    def __init__(self, *, stock: int = 1000, **facts: Any) -> None:
        super().__init__(stock=stock, **facts)
        self.screw, self.washer = self.ingredient(stock=stock), self.ingredient(stock=stock)
        self.kit = self.product({self.washer: 2}, type="phantom")
        self.assembly = self.product({self.screw: 3, self.kit: 1, self.part: 1})
        stores.delivered(self.by, self.assembly, 1000)
        self.item = self.product({self.assembly: 2, self.part: 1})

    def needs(self, order: ProductionOrder) -> dict[int, Fraction]:
        rows = OrderComponent.objects.filter(order=order).values_list("item", "numerator", "denominator")
        return {item: Fraction(int(numerator), int(denominator)) for item, numerator, denominator in rows}

    def reserved(self) -> dict[int, Decimal]:
        items = (self.part, self.assembly, self.screw, self.washer)
        return {item.pk: self.stock(item=item)[1] for item in items}

    def first(self, times: int) -> dict[int, Decimal]:
        return {**dict.fromkeys((self.screw.pk, self.washer.pk), Decimal(0)), self.part.pk: Decimal(times),
                self.assembly.pk: Decimal(2 * times)}  # fmt: skip

    def leaves(self, times: int) -> dict[int, Decimal]:
        return {self.assembly.pk: Decimal(0), self.screw.pk: Decimal(6 * times), self.washer.pk: Decimal(4 * times),
                self.part.pk: Decimal(3 * times)}  # fmt: skip


def some(found: dict[int, Decimal]) -> dict[int, Decimal]:
    return {key: value for key, value in found.items() if value}


def changed(room: Layered, order: ProductionOrder, layer: str) -> ProductionOrder:
    return room.do(actions.change_layer, order, layer=layer)


def to_state(room: Layered, order: ProductionOrder, state: str) -> ProductionOrder:
    ways: dict[str, list[tuple[Callable[..., Any], dict[str, Any]]]] = {
        "draft": [],
        "submitted": [(actions.submit, {})],
        "approved": [(actions.approve, {})],
        "scheduled": [(actions.schedule, {"shares": [Share(machine=room.machine)]})],
    }
    for verb, facts in ways[state]:
        order = room.do(verb, order, **facts)
    return order


@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "scheduled"])
def test_what_is_reserved_follows_where_anything_is(state: str) -> None:
    room = Layered()
    order = to_state(room, room.draft(10, item=room.item), state)
    reserves = state in ("approved", "scheduled")
    assert some(room.reserved()) == (some(room.first(10)) if reserves else {})
    order = changed(room, order, "leaves")
    assert (order.layer, order.state) == ("leaves", state)
    assert room.needs(order) == some(room.leaves(1))
    assert some(room.reserved()) == (some(room.leaves(10)) if reserves else {})
    order = changed(room, order, "first")
    assert room.needs(order) == some(room.first(1))
    assert room.reserved() == (room.first(10) if reserves else dict.fromkeys(room.reserved(), Decimal(0)))


def test_the_event_tells_both_and_the_same_layer_none() -> None:
    room = Layered()
    order = changed(room, room.draft(10, item=room.item), "leaves")
    event = order.events.latest("seq")
    assert (event.verb, event.moved) == ("change_layer", False)
    assert event.data == {"changes": {"layer": {"before": "first", "after": "leaves"}}}
    before = everything()
    changed(room, order, "leaves")
    assert everything() == before


def test_every_line_is_changed_and_positions_go_on_through_them() -> None:
    room = Layered()
    order = changed(room, room.draft(10, 5, item=room.item), "leaves")
    rows = OrderComponent.objects.filter(order=order).order_by("position").values_list("position", "line__sort")
    assert list(rows) == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 1)]


def test_the_line_keeps_its_own_version_and_takes_what_is_below_as_it_is_now() -> None:
    room = Layered()
    order = room.draft(10, item=room.item)
    revise(room, room.item, {room.assembly: 100})
    revise(room, room.assembly, {room.screw: 7})
    order = changed(room, order, "leaves")
    assert room.needs(order) == {room.screw.pk: 14, room.part.pk: 1}


def revise(room: Layered, item: Item, parts: dict[Item, int]) -> None:
    def write() -> None:
        bom = lock_bom(Bom.objects.get(item=item).pk)
        assert bom is not None
        change_bom(bom, by=room.by, recipe=stores.a_recipe(parts))

    floor.done(write)


def test_what_is_not_there_is_waited_for() -> None:
    room = Layered(stock=10)
    order = to_state(room, room.draft(2, item=room.item), "approved")
    order = changed(room, order, "leaves")
    assert waits_for(order) == {room.screw.sku: 2}
    order = changed(room, order, "first")
    assert waits_for(order) == {}


def test_a_made_order_reports_by_its_layer() -> None:
    room = Layered()
    order = changed(room, room.draft(10, item=room.item), "leaves")
    order = room.do(actions.start, room.do(actions.approve, order))
    room.report(order, good=1)
    taken = {item.pk: 1000 - room.stock(item=item)[0] for item in (room.assembly, room.screw, room.washer, room.part)}
    assert taken == room.leaves(1)


def test_once_it_runs_it_is_refused_also_for_the_same_layer() -> None:
    room = Layered()
    order = room.do(actions.start, to_state(room, room.draft(10, item=room.item), "approved"))
    before = everything()
    for layer in ("leaves", "first"):
        with pytest.raises(IllegalTransition):
            actions.change_layer(order_id=order.pk, by=room.by, layer=layer)
    assert everything() == before


def test_a_strangers_order_is_missing() -> None:
    room, stranger = Layered(), Layered()
    order = room.draft(10, item=room.item)
    before = everything()
    with pytest.raises(NotFound):
        actions.change_layer(order_id=order.pk, by=stranger.by, layer="leaves")
    assert everything() == before

"""add_line: one more thing to make, with all that follows from it; or nothing at all."""

from decimal import Decimal

import pytest

from factoryos.kernel.problems import Duplicate, NotFound, RoleMissing
from manufacturing.boms.writing import retire_bom
from manufacturing.models import Item, WorkArea
from orders import actions
from orders.facts import facts_of
from orders.models import OrderComponent, OrderLine, ProductionOrder
from orders.problems import IllegalTransition
from orders.specs import NewLine, Share
from tests import floor, stores
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom, reserved_by, waits_for

pytestmark = pytest.mark.django_db


def add(stage: Stage, order: ProductionOrder, item: Item, target: int | str = 5, **more: object) -> OrderLine:
    line = NewLine(item=item, target=Decimal(target))
    return floor.done(actions.add_line, order_id=order.pk, by=stage.by, line=line, **more)


def fresh(order: ProductionOrder) -> ProductionOrder:
    return ProductionOrder.objects.get(pk=order.pk)


def shared(order: ProductionOrder) -> list[Decimal]:
    return list(order.assignments.order_by("sort").values_list("quantity", flat=True))


def steps(order: ProductionOrder) -> list[tuple[int, str]]:
    return list(order.work_orders.order_by("sequence").values_list("sequence", "name"))


def an_empty_order(stage: Stage) -> ProductionOrder:
    return floor.done(actions.create, by=stage.by, lines=[])


def test_the_event_tells_the_line_and_the_order_grows_by_it() -> None:
    stage = Stage()
    order, item = stage.draft(1000), floor.an_item(stage.factory)
    line = add(stage, order, item, "2.5", facts={"articleName": "Blue cap", "status": 3, "time": Decimal("0.50")})
    order = fresh(order)
    assert (order.quantity_target, order.item_id, order.version) == (Decimal("1002.5"), stage.item.pk, 2)
    assert [(one.pk, one.sort) for one in order.lines.all()][-1] == (line.pk, 1)
    event = order.events.latest("seq")
    assert (event.verb, event.moved, event.to_state) == ("add_line", False, "draft")
    assert event.data == {
        "line": str(line.uuid), "sku": item.sku, "target": "2.5",
        "facts": {
            "articleName": {"before": None, "after": "Blue cap"}, "status": {"before": None, "after": 3},
            "time": {"before": None, "after": "0.5"},
        },
    }  # fmt: skip
    kept = facts_of([order.pk], face=stage.by.face)[order.pk]
    assert kept.lines == {line.pk: {"articleName": "Blue cap", "status": 3, "time": "0.5"}}


def test_the_first_line_names_the_orders_product() -> None:
    stage = Stage()
    order = an_empty_order(stage)
    assert (order.item_id, order.quantity_target) == (None, 0)
    line = add(stage, order, stage.item, 7)
    order = fresh(order)
    assert (order.item_id, order.quantity_target, line.sort) == (stage.item.pk, 7, 0)
    add(stage, order, floor.an_item(stage.factory))
    assert fresh(order).item_id == stage.item.pk


def test_an_item_that_is_on_the_order_is_refused_and_nothing_changes() -> None:
    room = Storeroom(stock=50)
    order = room.do(actions.approve, room.draft(10))
    before = everything()
    with pytest.raises(Duplicate) as raised:
        actions.add_line(order_id=order.pk, by=room.by, line=NewLine(item=room.item, target=Decimal(1)))
    assert (raised.value.data["field"], raised.value.data["value"]) == ("item", room.item.sku)
    assert everything() == before


def test_a_strangers_order_is_missing() -> None:
    stage, stranger = Stage(), Stage()
    order = stage.draft(1)
    before = everything()
    with pytest.raises(NotFound):
        actions.add_line(order_id=order.pk, by=stranger.by, line=NewLine(item=stranger.item, target=Decimal(1)))
    assert everything() == before


def test_after_production_nothing_is_added() -> None:
    stage = Stage()
    order = stage.completed(10)
    before = everything()
    with pytest.raises(IllegalTransition):
        actions.add_line(
            order_id=order.pk, by=stage.by, line=NewLine(item=floor.an_item(stage.factory), target=Decimal(1))
        )
    assert everything() == before


def test_an_operator_may_not() -> None:
    stage = Stage()
    order = stage.draft(10)
    line = NewLine(item=floor.an_item(stage.factory), target=Decimal(1))
    before = everything()
    with pytest.raises(RoleMissing):
        actions.add_line(order_id=order.pk, by=floor.an_actor(stage.factory, "operator"), line=line)
    assert everything() == before


def test_components_come_after_those_that_are_there_and_a_draft_reserves_nothing() -> None:
    room = Storeroom(stock=100)
    other = room.ingredient(stock=100)
    product = room.product({other: 2, room.part: 1})
    order = room.draft(10)
    add(room, order, product, 5)
    rows = OrderComponent.objects.filter(order=order).values_list("position", "item", "line__item")
    assert list(rows) == [
        (0, room.part.pk, room.item.pk),
        (1, other.pk, product.pk),
        (2, room.part.pk, product.pk),
    ]
    assert reserved_by(order) == {}
    room.do(actions.approve, order)
    assert (room.stock(), room.stock(item=other)) == ((100, 15), (100, 10))


@pytest.mark.parametrize("state", ["approved", "scheduled", "in_production", "paused"])
def test_where_material_is_set_aside_the_lines_is_too_as_far_as_it_is_there(state: str) -> None:
    room = Storeroom(stock=10)
    other = room.ingredient(stock=7)
    order = room.draft(10)
    for reached, verb, facts in (
        ("approved", actions.approve, {}),
        ("scheduled", actions.schedule, {"shares": [Share(machine=room.machine)]}),
        ("in_production", actions.start, {}),
        ("paused", actions.pause, {"reason": "tool_change"}),
    ):
        order = room.do(verb, order, **facts)
        if reached == state:
            break
    add(room, order, room.product({other: 2}), 5)
    assert room.stock(item=other) == (7, 7)
    assert waits_for(order) == {other.sku: 3}
    assert fresh(order).state == state


def test_under_a_hold_lines_may_be_added() -> None:
    stage = Stage()
    order = stage.do(actions.hold, stage.draft(10), reason="odd colour")
    add(stage, order, floor.an_item(stage.factory))
    assert fresh(order).quantity_target == 15


def test_assignments_take_their_part_of_it() -> None:
    stage = Stage()
    machines = [stage.machine, floor.a_machine(stage.factory)]
    order = stage.draft(40)
    order = stage.do(
        actions.schedule, order,
        shares=[Share(Decimal(30), machine=machines[0]), Share(Decimal(10), machine=machines[1])],
    )  # fmt: skip
    add(stage, order, floor.an_item(stage.factory), 10)
    assert shared(order) == [38, 12]  # 37.5 and 12.5, in whole pieces
    assert fresh(order).events.latest("seq").data["assignments"] == [
        {"on": machines[0].code, "quantity": "38"}, {"on": machines[1].code, "quantity": "12"},
    ]  # fmt: skip


def test_where_nothing_was_shared_yet_all_goes_to_the_first() -> None:
    stage = Stage()
    machines = [stage.machine, floor.a_machine(stage.factory)]
    order = stage.do(
        actions.schedule, an_empty_order(stage), shares=[Share(Decimal(0), machine=machine) for machine in machines]
    )
    add(stage, order, stage.item, 10)
    assert shared(order) == [10, 0]


def test_a_place_shares_as_a_machine_does() -> None:
    stage = Stage()
    area = WorkArea.objects.create(factory=stage.factory, code="ASSEMBLY", name="Assembly")
    order = stage.do(actions.schedule, stage.draft(10), shares=[Share(work_area=area)])
    add(stage, order, floor.an_item(stage.factory), 5)
    assert shared(order) == [15]
    assert fresh(order).events.latest("seq").data["assignments"] == [{"on": "ASSEMBLY", "quantity": "15"}]


def test_the_operations_of_its_bom_come_after_those_that_are_there() -> None:
    room = Storeroom()
    first, second = room.product({room.part: 1}, "Cut", "Press"), room.product({room.part: 1}, "Pack")
    order = room.draft(10, item=first)
    add(room, order, second)
    assert steps(order) == [(1, "Cut"), (2, "Press"), (3, "Pack")]


def test_what_a_subcontractor_makes_has_no_operations_here() -> None:
    room = Storeroom()
    order = room.draft(10)
    add(room, order, room.product({room.part: 1}, "Elsewhere", type="subcontract"))
    assert steps(order) == []


def test_operations_that_are_there_already_are_not_said_twice() -> None:
    """What was begun for a line that was removed stays; the line comes back and only the others come with it."""
    room = Storeroom()
    product = room.product({room.part: 1}, "Cut", "Press")
    order = room.do(actions.start, room.do(actions.approve_best_effort, room.draft(10)))
    line = add(room, order, product)
    room.do(actions.begin_work, order, sequence=1)
    room.do(actions.remove_line, order, line_id=line.pk)
    assert steps(order) == [(1, "Cut")]
    add(room, order, product)
    assert steps(order) == [(1, "Cut"), (2, "Press")]


def test_an_order_of_leaves_takes_the_leaves_of_the_line() -> None:
    room = Storeroom(stock=100)
    assembly = room.product({room.part: 3})
    product = room.product({assembly: 2})
    order = floor.done(actions.create, by=room.by, lines=[], layer="leaves")
    add(room, order, product, 5)
    row = OrderComponent.objects.get(order=order)
    assert (row.item_id, row.numerator, row.denominator) == (room.part.pk, 6, 1)


def test_a_bom_that_was_retired_meanwhile_is_not_found() -> None:
    room = Storeroom()
    product = floor.an_item(room.factory)
    bom = stores.a_bom(room.by, product, {room.part: 1})
    version = stores.version_of(bom)
    floor.done(retire_bom, bom=bom, by=room.by)
    order = room.draft(10)
    before = everything()
    with pytest.raises(NotFound):
        line = NewLine(item=product, target=Decimal(1), bom_version=version)
        actions.add_line(order_id=order.pk, by=room.by, line=line)
    assert everything() == before


def test_amounts_keep_every_digit() -> None:
    stage = Stage()
    order, items = an_empty_order(stage), [floor.an_item(stage.factory) for _ in range(3)]
    large, small = "99999999999999.000000000000001", "0.000000000000001"  # more digits than Python keeps by itself
    for item, target in zip(items, [large, large, small], strict=True):
        add(stage, order, item, target)
    assert fresh(order).quantity_target == Decimal("199999999999998.000000000000003")

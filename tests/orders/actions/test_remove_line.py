"""remove_line: a line goes with all that is its, unless something was ever booked on it."""

from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import NotFound
from manufacturing.models import Method, Operation, Shortage
from manufacturing.stock.posting import ARRIVED
from orders import actions
from orders.models import OrderComponent, OrderFacts, OrderLine, ProductionOrder
from orders.problems import IllegalTransition, LineHasProduction
from orders.specs import NewLine, Share
from tests import floor
from tests.evidence import everything
from tests.orders.materials.test_restocking import arrivals
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom, reserved_by, waits_for

pytestmark = pytest.mark.django_db


def lines(order: ProductionOrder) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order=order).order_by("sort"))


def two_lines(room: Storeroom, parts: Any, *steps: str, begun: bool = True) -> tuple[ProductionOrder, OrderLine]:
    """An order of the room's product that got another line: running, or a draft."""
    order = room.draft(10)
    if begun:
        order = room.do(actions.start, room.do(actions.approve_best_effort, order))
    new = NewLine(item=room.product(parts, *steps), target=Decimal(5))
    line = floor.done(actions.add_line, order_id=order.pk, by=room.by, line=new, facts={"status": 3})
    return ProductionOrder.objects.get(pk=order.pk), line


def refused(stage: Stage, order: ProductionOrder, line_id: int, problem: type[Exception]) -> Any:
    before = everything()
    with pytest.raises(problem) as raised:
        actions.remove_line(order_id=order.pk, by=stage.by, line_id=line_id)
    assert everything() == before
    return raised.value


def test_the_order_is_as_if_the_line_had_never_been_but_for_its_history() -> None:
    room = Storeroom(stock=100)
    other = room.ingredient(stock=7)
    order, line = two_lines(room, {other: 2, room.part: 1})
    assert (room.stock(), room.stock(item=other)) == ((100, 15), (7, 7))
    order = room.do(actions.remove_line, order, line_id=line.pk)
    assert (order.quantity_target, order.item_id, len(lines(order))) == (10, room.item.pk, 1)
    assert (room.stock(), room.stock(item=other)) == ((100, 10), (7, 0))
    assert OrderComponent.objects.filter(order=order).count() == 1
    assert not OrderFacts.objects.filter(order=order).exists()
    assert not Shortage.objects.filter(component__order=order).exists()
    event = order.events.latest("seq")
    assert (event.verb, event.moved) == ("remove_line", False)
    assert event.data == {
        "line": str(line.uuid), "sku": line.item.sku, "target": "5", "facts": {room.by.face: {"status": 3}}
    }  # fmt: skip


def test_what_it_had_reserved_goes_to_who_waits_for_it() -> None:
    room = Storeroom(stock=100)
    other = room.ingredient(stock=10)
    order, line = two_lines(room, {other: 2})
    waiting = room.do(actions.approve_best_effort, room.draft(4, item=room.product({other: 1})))
    assert waits_for(waiting) == {other.sku: 4}
    arrivals()
    room.do(actions.remove_line, order, line_id=line.pk)
    assert [message.topic for message in arrivals()] == [ARRIVED]


def test_a_line_with_pieces_stays() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1})
    room.report(order, good=2, rejected=1, line_id=line.pk)
    problem = refused(room, order, line.pk, LineHasProduction)
    assert dict(problem.data) == {
        "reference": order.reference, "sku": line.item.sku, "good": Decimal(2), "rejected": Decimal(1)
    }  # fmt: skip
    assert problem.remembered
    assert line.item.sku in problem.text and order.reference in problem.text


def test_a_line_whose_pieces_were_all_taken_back_stays_for_the_ledger_names_it() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1})
    room.report(order, good=2, line_id=line.pk)
    room.report(order, good=-2, line_id=line.pk, reason="miscounted")
    assert [(one.good, one.rejected) for one in lines(order)][-1] == (0, 0)
    refused(room, order, line.pk, LineHasProduction)


def test_it_stays_also_where_the_ledger_is_all_that_is_left_of_its_pieces() -> None:
    """It takes no parts, so no movement of stock names it."""
    stage = Stage()
    order = stage.running(10)
    line = lines(order)[0]
    stage.report(order, good=2)
    stage.report(order, good=-2, reason="miscounted")
    refused(stage, ProductionOrder.objects.get(pk=order.pk), line.pk, LineHasProduction)


def test_the_other_line_may_go_while_one_has_pieces() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1})
    room.report(order, good=2, line_id=line.pk)
    first = lines(order)[0]
    order = room.do(actions.remove_line, order, line_id=first.pk)
    assert (order.item_id, order.quantity_target, order.quantity_good) == (line.item_id, 5, 2)
    assert room.stock() == (98, 3)


def test_a_line_that_is_gone_or_anothers_is_missing() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1})
    stranger = lines(room.draft(1))[0]
    room.do(actions.remove_line, order, line_id=line.pk)
    order = ProductionOrder.objects.get(pk=order.pk)
    for key in (line.pk, stranger.pk):
        assert refused(room, order, key, NotFound).data["thing"] == "Line"


def test_after_production_no_line_goes() -> None:
    stage = Stage()
    order = stage.completed(10)
    refused(stage, order, lines(order)[0].pk, IllegalTransition)


@pytest.mark.parametrize("running", [False, True])
def test_the_last_line_may_go_and_another_may_come(running: bool) -> None:
    stage = Stage()
    order = stage.running(10) if running else stage.scheduled(10)
    order = stage.do(actions.remove_line, order, line_id=lines(order)[0].pk)
    assert (order.quantity_target, order.item_id) == (0, None)
    assert list(order.assignments.values_list("quantity", flat=True)) == [0]
    item = floor.an_item(stage.factory)
    floor.done(actions.add_line, order_id=order.pk, by=stage.by, line=NewLine(item=item, target=Decimal(3)))
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_target, order.item_id) == (3, item.pk)
    assert list(order.assignments.values_list("quantity", flat=True)) == [3]


def test_assignments_give_their_part_of_it_back_and_forget_the_line() -> None:
    stage = Stage()
    order = stage.scheduled(30, 10, on=[stage.machine, floor.a_machine(stage.factory)])
    line = lines(order)[1]
    order.assignments.update(line=line)
    order = stage.do(actions.remove_line, order, line_id=line.pk)
    assert list(order.assignments.values_list("quantity", "line")) == [(15, None), (15, None)]


def test_pending_operations_of_its_bom_go_and_those_begun_stay() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1}, "Cut", "Press", "Pack")
    order = room.do(actions.begin_work, order, sequence=1)
    order = room.do(actions.remove_line, order, line_id=line.pk)
    assert list(order.work_orders.values_list("sequence", "name", "status")) == [(1, "Cut", "in_progress")]


def test_an_operation_that_was_reported_on_stays() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1}, "Cut", "Press")
    cut = order.work_orders.get(name="Cut")
    room.report(order, good=1, line_id=lines(order)[0].pk, work_order_id=cut.pk)
    order = room.do(actions.remove_line, order, line_id=line.pk)
    assert list(order.work_orders.values_list("name", flat=True)) == ["Cut"]


def test_operations_that_another_line_of_the_same_bom_needs_stay() -> None:
    room = Storeroom(stock=100)
    item = room.product({room.part: 1}, "Cut", "Press")
    order = room.draft(10, 20, item=item)
    order = room.do(actions.remove_line, order, line_id=lines(order)[0].pk)
    assert list(order.work_orders.values_list("name", flat=True)) == ["Cut", "Press"]
    order = room.do(actions.remove_line, order, line_id=lines(order)[0].pk)
    assert not order.work_orders.exists()


def test_a_method_of_the_product_that_went_is_the_orders_no_longer() -> None:
    stage = Stage()
    method = Method.objects.create(factory=stage.factory, item=stage.item, code="STD", name="Standard", default=True)
    Operation.objects.create(method=method, sequence=1, name="Mould")
    order = stage.scheduled(10)
    item = floor.an_item(stage.factory)
    floor.done(actions.add_line, order_id=order.pk, by=stage.by, line=NewLine(item=item, target=Decimal(3)))
    assert (order.method_id, order.work_orders.count()) == (method.pk, 1)
    order = stage.do(actions.remove_line, order, line_id=lines(order)[0].pk)
    assert (order.item_id, order.method_id, order.work_orders.count()) == (item.pk, None, 0)
    stage.do(actions.schedule, order, shares=[Share(machine=stage.machine)])


def test_a_draft_frees_nothing_for_it_has_nothing() -> None:
    room = Storeroom(stock=100)
    order, line = two_lines(room, {room.part: 1}, begun=False)
    order = room.do(actions.remove_line, order, line_id=line.pk)
    assert (order.quantity_target, reserved_by(order), room.stock()) == (10, {}, (100, 0))

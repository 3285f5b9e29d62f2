"""Reserving: all or nothing, as far as it goes, and never a piece less or more than is needed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from manufacturing.boms.writing import change_bom, lock_bom
from manufacturing.problems import MaterialShort
from orders import actions, proof_of_ledgers
from orders.materials.reserving import shortages_of
from orders.models import OrderComponent, OrderLine, WorkOrder
from orders.specs import NewLine, Share
from tests import floor, stores
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, component_of, reserved_by, waits_for
from tests.stores import version_of

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def test_an_order_keeps_the_version_it_was_made_with() -> None:
    room = Storeroom(per_unit=2, stock=1000)
    order = room.draft(10)
    held = lock_bom(room.bom.pk)
    assert held is not None
    floor.done(lambda: change_bom(held, by=room.by, recipe=stores.a_recipe({room.part: 7}, "Weld")))
    later = room.draft(10)
    assert [line.bom_version.number for line in OrderLine.objects.order_by("id") if line.bom_version] == [1, 2]
    for made, need, steps in ((order, 20, 0), (later, 70, 1)):
        room.do(actions.approve, made)
        assert reserved_by(made) == {None: need}
        assert WorkOrder.objects.filter(order=made).count() == steps


def test_a_line_that_names_a_bom_takes_it_in_place_of_the_default() -> None:
    room = Storeroom(per_unit=2)
    other = stores.a_bom(room.by, room.item, {room.part: 5})
    lines = [NewLine(room.item, Decimal(3), bom_version=version_of(other)), NewLine(room.item, Decimal(4))]
    order = floor.done(actions.create, by=room.by, lines=lines)
    assert list(OrderComponent.objects.filter(order=order).values_list("numerator", flat=True)) == [5, 2]


def test_a_kit_is_never_made_by_itself() -> None:
    room = Storeroom()
    kit = room.product({room.part: 2}, type="phantom")
    order = room.draft(5, item=kit)
    assert not order.components.exists()
    assert order.lines.get().bom_version is None


def test_a_need_is_multiplied_first_and_rounded_up_once() -> None:
    """ERPNext #37953: 0.311 × 0.0275 for each of 1,000,000 pieces is 8,552.5, whatever a piece's share rounds to."""
    room = Storeroom(unit_decimals=1)
    kit = room.ingredient()
    stores.a_bom(room.by, kit, {room.part: "0.0275"}, type="phantom")
    made = room.product({kit: "0.311"})
    order = room.draft(1_000_000, item=made)
    room.deliver("8552.4")
    with pytest.raises(MaterialShort) as raised:
        room.do(actions.approve, order)
    (missing,) = raised.value.data["missing"]
    assert (missing["required"], missing["available"], missing["short"]) == (
        Decimal("8552.5"), Decimal("8552.4"), Decimal("0.1")
    )  # fmt: skip
    room.deliver("0.1")
    room.do(actions.approve, order)
    assert room.stock() == (Decimal("8552.5"), Decimal("8552.5"))


@pytest.mark.parametrize("target", [1, 3, 7, 100])
def test_what_is_free_to_the_last_hundredth_is_enough(target: int) -> None:
    """Odoo #136059: 0.27 of 0.28 was short by the rounding of binary fractions."""
    room = Storeroom(per_unit="0.27", unit_decimals=2, stock=Decimal("0.28") * target)
    order = room.do(actions.approve, room.draft(target))
    assert reserved_by(order) == {None: Decimal("0.27") * target}
    rest = room.product({room.part: "0.01"})
    room.do(actions.approve, room.draft(target, item=rest))
    on_hand, reserved = room.stock()
    assert on_hand == reserved == Decimal("0.28") * target


@pytest.mark.parametrize(
    ("per_unit", "batch", "target", "decimals", "need"),
    [("1", "3", 1, 0, "1"), ("1", "3", 4, 0, "2"), ("1", "3", 1, 6, "0.333334"), ("2", "3", 3, 6, "2"),
     ("0.000001", "1000000000", 1, 0, "1"), ("10", "4", 3, 0, "8")],
)  # fmt: skip
def test_a_need_is_put_aside_in_whole_units(per_unit: str, batch: str, target: int, decimals: int, need: str) -> None:
    room = Storeroom(per_unit=per_unit, batch=batch, unit_decimals=decimals, stock=100)
    order = room.do(actions.approve, room.draft(target))
    assert reserved_by(order) == {None: Decimal(need)}


def test_first_expired_lots_are_reserved_first_and_those_without_a_date_last() -> None:
    room = Storeroom(tracking="lot")
    for lot, date in (("none", None), ("mar", MAR), ("jan", JAN), ("feb", FEB)):
        room.deliver(10, lot, best_before=date)
    order = room.do(actions.approve, room.draft(25))
    assert reserved_by(order) == {"mar": 5, "jan": 10, "feb": 10}


def test_all_or_nothing_names_every_component_that_is_short() -> None:
    room = Storeroom(per_unit=2, stock=150)
    screws, paint = room.ingredient(stock=400, sku="SCREW"), room.ingredient(sku="PAINT", unit="l", unit_decimals=2)
    made = room.product({room.part: 2, screws: 4, paint: "0.05"})
    order = room.draft(100, item=made)
    before = everything()
    with pytest.raises(MaterialShort) as raised:
        actions.approve(order_id=order.pk, by=room.by)
    assert everything() == before
    told = [(part["sku"], part["uom"], part["required"], part["available"], part["short"])
            for part in raised.value.data["missing"]]  # fmt: skip
    assert told == [(room.part.sku, "pcs", 200, 150, 50), ("PAINT", "l", 5, 0, 5)]


def test_what_another_order_has_reserved_is_not_there() -> None:
    room = Storeroom(stock=10)
    room.do(actions.approve, room.draft(7))
    second = room.draft(4)
    with pytest.raises(MaterialShort) as raised:
        room.do(actions.approve, second)
    assert raised.value.data["missing"][0]["available"] == 3
    assert room.stock() == (10, 7)


def test_two_lines_that_need_one_item_share_what_there_is() -> None:
    room = Storeroom(stock=10)
    order = room.draft(6, 6)
    with pytest.raises(MaterialShort) as raised:
        room.do(actions.approve, order)
    (missing,) = raised.value.data["missing"]
    assert (missing["required"], missing["available"], missing["short"]) == (6, 4, 2)


def test_schedule_reserves_what_is_there_and_tells_the_rest() -> None:
    room = Storeroom(per_unit=2, stock=15)
    order = room.scheduled(10)
    assert (reserved_by(order), waits_for(order)) == ({None: 15}, {room.part.sku: 5})
    (told,) = shortages_of(order.pk)
    assert (told["sku"], told["required"], told["reserved"], told["short"]) == (room.part.sku, 20, 15, 5)


def test_scheduling_again_reserves_nothing_twice() -> None:
    room = Storeroom(per_unit=2, stock=15)
    order = room.scheduled(10)
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)])
    assert (room.stock(), waits_for(order)) == ((15, 15), {room.part.sku: 5})


def test_under_a_strict_policy_schedule_is_all_or_nothing() -> None:
    room = Storeroom(per_unit=2, stock=15, material_policy="strict")
    order, shares = room.draft(10), [Share(machine=room.machine)]
    with pytest.raises(MaterialShort):
        room.do(actions.schedule, order, shares=shares)
    assert (order.assignments.count(), room.stock(), waits_for(order)) == (0, (15, 0), {})
    room.deliver(5)
    room.do(actions.schedule, order, shares=shares)
    assert room.stock() == (20, 20)


def test_a_hold_releases_nothing() -> None:
    room = Storeroom(per_unit=2, stock=15)
    order = room.running(10)
    room.do(actions.hold, order, reason="odd colour")
    assert (room.stock(), waits_for(order)) == ((15, 15), {room.part.sku: 5})


@pytest.mark.parametrize(("target", "held", "short"), [(12, 15, 9), (5, 10, 0), (7, 14, 0), (1, 2, 0)])
def test_reservations_follow_a_new_target(target: int, held: int, short: int) -> None:
    room = Storeroom(per_unit=2, stock=15)
    order = room.scheduled(10)
    room.do(actions.adjust_quantity, order, target=Decimal(target), reason="asked")
    assert room.stock() == (15, held)
    assert waits_for(order) == ({room.part.sku: short} if short else {})


def test_a_smaller_target_frees_what_would_be_used_last() -> None:
    room = Storeroom(tracking="lot")
    for lot, date in (("none", None), ("mar", MAR), ("jan", JAN)):
        room.deliver(10, lot, best_before=date)
    order = room.do(actions.approve, room.draft(30))
    room.do(actions.adjust_quantity, order, target=Decimal(12), reason="asked")
    assert reserved_by(order) == {"mar": 2, "jan": 10}


def test_a_target_below_what_was_made_holds_nothing_more() -> None:
    room = Storeroom(per_unit=2, stock=20)
    order = room.running(10)
    room.report(order, good=4)
    room.do(actions.adjust_quantity, order, target=Decimal(3), reason="asked")
    assert (room.stock(), component_of(order).consumed) == ((12, 0), 8)


def test_a_draft_reserves_nothing_whatever_its_target() -> None:
    room = Storeroom(stock=20)
    order = room.draft(5)
    room.do(actions.adjust_quantity, order, target=Decimal(9), reason="asked")
    room.do(actions.submit, order)
    assert room.stock() == (20, 0)


@pytest.mark.parametrize("end", [actions.complete, actions.cancel])
def test_the_end_frees_exactly_what_was_not_used(end: object) -> None:
    """A third of a unit each: 3 of 10 made, so 1 used and 3 of 4 put aside given free."""
    room = Storeroom(per_unit="1", batch="3", stock=4)
    order = room.running(10)
    room.report(order, good=2, rejected=1)
    assert room.stock() == (3, 3)
    room.do(end, order)  # type: ignore[arg-type]
    assert (room.stock(), component_of(order).consumed, waits_for(order)) == ((3, 0), 1, {})
    assert not list(proof_of_ledgers.faults())


def test_nothing_is_waited_for_after_the_end() -> None:
    room = Storeroom(stock=1)
    order = room.running(10)
    assert waits_for(order) == {room.part.sku: 9}
    room.do(actions.cancel, order)
    assert waits_for(order) == {}


def test_rework_reserves_again_what_is_still_to_be_made() -> None:
    room = Storeroom(per_unit=2, stock=20)
    order = room.running(10)
    room.report(order, good=6)
    order = room.do(actions.complete, order)
    assert room.stock() == (8, 0)
    other = room.do(actions.approve, room.draft(1))
    room.do(actions.rework, order, reason="burrs")
    assert (reserved_by(order), reserved_by(other), waits_for(order)) == ({None: 6}, {None: 2}, {room.part.sku: 2})


def test_components_of_a_subcontractor_are_reserved_but_the_floor_has_no_work_orders() -> None:
    room = Storeroom(stock=20)
    made = room.product({room.part: 2}, "Paint", type="subcontract")
    order = room.scheduled(5, item=made)
    assert (room.stock(), order.work_orders.count()) == ((20, 10), 0)

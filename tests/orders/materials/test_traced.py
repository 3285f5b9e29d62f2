"""A traced run uses just what it names: refused in whole where that cannot be, spared or beyond the BOM where it differs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Invalid, Problem
from manufacturing.problems import LotMissing, LotShort, MaterialShort
from orders import actions, proof_of_ledgers
from orders.machine_counts import Outcome
from orders.models import OrderComponent, ProductionOrder, QuantityEntry
from orders.problems import NotAPart, OverLimit, SerialsIncomplete
from orders.specs import Circumstances, Count, PartUse, Traced
from tests import floor, stores
from tests.counted import a_count, booked
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, component_of, reserved_by
from tests.orders.tracing import part, run, unknown
from tests.stores import lots_of, moves_of, named

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_ledgers_agree() -> object:
    yield
    assert not list(proof_of_ledgers.faults())


def in_lots(_per_unit: int = 1, /, _facts: dict[str, Any] | None = None, **stock: int) -> Storeroom:
    """A storeroom with the part in lots that expire one after the other."""
    room = Storeroom(per_unit=_per_unit, tracking="lot", **(_facts or {}))
    for month, (lot, quantity) in enumerate(stock.items(), start=1):
        room.deliver(quantity, lot, best_before=datetime(2027, month, 1, tzinfo=UTC))
    return room


def of_numbers(*numbers: str, per_unit: int = 1) -> Storeroom:
    """A storeroom with the part under these serial numbers."""
    room = Storeroom(per_unit=per_unit, tracking="serial")
    room.deliver(len(numbers), serials=numbers)
    return room


def refusal(room: Storeroom, order: ProductionOrder, good: int, *parts: Any, **more: Any) -> Problem:
    """What the run is refused with; it left nothing."""
    before = everything()
    with pytest.raises(Problem) as caught:
        run(room, order, good, *parts, **more)
    assert everything() == before
    return caught.value


def used(order: ProductionOrder) -> tuple[Decimal, Decimal, Decimal]:
    """(by the BOM, beyond it, spared) of the order's only component."""
    component = component_of(order)
    return component.consumed, component.over_consumed, component.spared


def test_named_lots_are_taken_exactly_and_the_rest_first_expired_first() -> None:
    room = in_lots(jan=5, feb=5, mar=50)
    order = room.running(20)
    run(room, order, 10, part(room.part, mar=3))
    assert lots_of(room.part) == {"feb": (3, 3), "mar": (47, 7)}
    assert used(order) == (10, 0, 0)


def test_more_of_a_named_lot_is_taken_only_where_there_is_nothing_else() -> None:
    room = in_lots(jan=20, feb=4)
    order = room.running(20)
    run(room, order, 10, part(room.part, jan=2))
    assert moves_of(room.part) == [("consumption", -2, "jan"), ("consumption", -4, "feb"), ("consumption", -4, "jan")]


def test_the_order_s_reservation_is_used_before_what_is_free() -> None:
    room = in_lots(feb=10)
    order = room.running(10)
    room.deliver(10, "jan", best_before=datetime(2026, 12, 1, tzinfo=UTC))
    run(room, order, 10)
    assert lots_of(room.part) == {"jan": (10, 0)}


def test_a_run_that_names_nothing_uses_what_a_plain_report_uses() -> None:
    told: list[Any] = []
    for book in (
        lambda room, order: run(room, order, 4, rejected=1),
        lambda room, order: room.report(order, good=4, rejected=1),
    ):
        room = in_lots(2, jan=3, feb=20)
        order = room.running(6)
        book(room, order)
        told.append((used(order), lots_of(room.part), moves_of(room.part)))
    assert told[0] == told[1]


def test_what_was_not_used_is_spared_and_never_made_up_for() -> None:
    room = in_lots(2, jan=100)
    order = room.running(20)
    entry = run(room, order, 10, part(room.part, 15))
    component = component_of(order)
    assert entry.spared == [{"component": component.pk, "sku": room.part.sku, "quantity": "5"}]
    assert (used(order), reserved_by(order)) == ((15, 0, 5), {"jan": 20})
    assert order.events.get(verb="report").data["spared"] == [{"sku": room.part.sku, "quantity": "5"}]
    room.report(order, good=1)
    assert used(order) == (17, 0, 5)


def test_what_a_machine_counts_makes_up_for_nothing_that_was_spared() -> None:
    room = in_lots(2, jan=100)
    order = room.running(20)
    run(room, order, 10, part(room.part, 15))
    assert booked(a_count(room.machine, 3))[0].outcome is Outcome.BOOKED
    assert used(order) == (15 + 6, 0, 5)


def test_what_is_spared_waits_for_no_stock() -> None:
    room = in_lots(2, jan=8)
    order = room.running(10)
    run(room, order, 10, part(room.part, 8))
    room.deliver(50, "feb")
    floor.done(actions.adjust_quantity, order_id=order.pk, by=room.by, target=Decimal(11), reason="one more")
    assert reserved_by(order) == {"feb": 2}


def test_what_was_missing_is_made_up_for_beside_what_was_spared() -> None:
    room = in_lots(2, jan=8)
    order = room.running(10)
    entry = run(room, order, 10, part(room.part, 11))
    assert (used(order), entry.short_consumption[0]["required"], entry.short_consumption[0]["short"]) == (
        (8, 0, 9),
        "11",
        "3",
    )
    room.deliver(50, "feb")
    room.report(order, good=1)
    assert used(order) == (8 + 3 + 2, 0, 9)


def test_nothing_at_all_may_be_spared_too() -> None:
    room = in_lots(2, jan=100)
    order = room.running(20)
    run(room, order, 3, part(room.part, 0))
    assert (used(order), moves_of(room.part)) == ((0, 0, 6), [])


def test_more_than_the_bom_says_is_kept_apart() -> None:
    room = in_lots(2, jan=100)
    order = room.running(20)
    run(room, order, 3, part(room.part, 10, jan=1))
    assert used(order) == (6, 4, 0)
    room.report(order, good=1)
    assert used(order) == (8, 4, 0)


def test_a_total_is_never_less_than_what_is_named() -> None:
    room = in_lots(1, jan=10, feb=10)
    order = room.running(20)
    run(room, order, 2, part(room.part, 3, jan=2, feb=3))
    assert (used(order), lots_of(room.part)) == ((2, 3, 0), {"jan": (8, 8), "feb": (7, 7)})


def test_a_run_that_is_all_waste_uses_its_parts() -> None:
    room = in_lots(2, jan=10)
    order = room.running(5)
    run(room, order, 0, part(room.part, jan=4), rejected=2)
    assert (used(order), room.stock(item=room.item)) == ((4, 0, 0), (0, 0))


@pytest.mark.parametrize("wanted", [4, 7])
def test_a_named_lot_that_holds_too_little_refuses_the_run(wanted: int) -> None:
    room = in_lots(1, jan=3, feb=50)
    order = room.running(20)
    problem = refusal(room, order, 10, part(room.part, feb=1, jan=wanted))
    assert isinstance(problem, LotShort)
    assert {name: problem.data[name] for name in ("item_id", "lot", "wanted", "available")} == {
        "item_id": room.part.pk, "lot": "jan", "wanted": wanted, "available": 3,
    }  # fmt: skip
    assert problem.text == f"{room.part.sku}: {wanted} of lot jan wanted, 3 there"


def test_a_lot_named_twice_is_taken_twice_or_not_at_all() -> None:
    room = in_lots(1, jan=5, feb=9)
    order = room.running(20)
    twice = PartUse(room.part.pk, None, part(room.part, jan=3).lots * 2)
    assert isinstance(refusal(room, order, 10, twice), LotShort)


def test_what_other_orders_have_reserved_of_a_lot_may_not_be_named() -> None:
    room = in_lots(1, jan=10)
    other, order = room.scheduled(8), room.running(8)
    problem = refusal(room, order, 4, part(room.part, jan=4))
    assert isinstance(problem, LotShort) and problem.data["available"] == 2
    run(room, order, 2, part(room.part, jan=2))
    assert reserved_by(other) == {"jan": 8}


def test_a_named_lot_may_be_reserved_for_another_line_of_the_same_order() -> None:
    room = in_lots(1, jan=10)
    order = room.running(6, 4)
    line = order.lines.order_by("pk")[0]
    run(room, order, 8, part(room.part, jan=8), line_id=line.pk)
    first, second = OrderComponent.objects.filter(order=order).order_by("pk")
    assert ((first.consumed, first.over_consumed), second.consumed, room.stock("jan")) == ((8, 0), 0, (2, 2))
    assert [row.quantity for row in second.reservations.all()] == [2]


@pytest.mark.parametrize("of_another_item", [False, True])
def test_a_lot_that_the_item_does_not_have_refuses_the_run(of_another_item: bool) -> None:
    room = in_lots(1, jan=10)
    other = room.ingredient(tracking="lot")
    room.deliver(10, "theirs", item=other)
    order = room.running(5)
    theirs = PartUse(room.part.pk, None, (named(other, "theirs", 1),))
    lot = theirs if of_another_item else unknown(room.part, "X-1")
    problem = refusal(room, order, 1, lot)
    assert isinstance(problem, LotMissing) and problem.data["item_id"] == room.part.pk
    assert problem.data["lot"] == ("theirs" if of_another_item else "X-1")


def test_an_emptied_lot_is_known_but_holds_too_little() -> None:
    room = in_lots(1, jan=2, feb=10)
    order = room.running(9)
    run(room, order, 2, part(room.part, jan=2))
    problem = refusal(room, order, 1, part(room.part, jan=1))
    assert isinstance(problem, LotShort) and problem.data["available"] == 0


def test_what_is_no_part_of_the_line_refuses_the_run() -> None:
    room = in_lots(1, jan=10)
    order, stranger = room.running(5), room.ingredient(stock=5)
    problem = refusal(room, order, 1, part(stranger, 1))
    assert isinstance(problem, NotAPart) and problem.data == {"item_id": stranger.pk} and problem.remembered


def test_a_part_of_another_line_is_none_of_this_one() -> None:
    room = in_lots(1, jan=10)
    other = room.ingredient(stock=5)
    room.product({other: 1})
    order = room.running(5)
    assert isinstance(refusal(room, order, 1, part(other, 1)), NotAPart)


@pytest.mark.parametrize(
    ("good", "total", "named_"), [(2, None, ["S1"]), (2, None, []), (1, 2, ["S1"]), (1, None, None)]
)
def test_a_part_kept_by_number_is_named_in_full(good: int, total: int | None, named_: list[str] | None) -> None:
    room = of_numbers("S1", "S2", "S3")
    order = room.running(3)
    parts = [] if named_ is None else [part(room.part, total, **dict.fromkeys(named_, 1))]
    problem = refusal(room, order, good, *parts)
    assert isinstance(problem, SerialsIncomplete) and problem.remembered
    assert (problem.data["wanted"], problem.data["named"]) == (total or good, len(named_ or ()))


def test_named_numbers_are_used_and_no_others() -> None:
    room = of_numbers("S1", "S2", "S3")
    order = room.running(3)
    run(room, order, 2, part(room.part, S3=1, S1=1))
    assert set(lots_of(room.part)) == {"S2"}
    run(room, order, 1, part(room.part, 0))
    assert (used(order), set(lots_of(room.part))) == ((2, 0, 1), {"S2"})


def test_a_plain_report_asks_for_no_numbers() -> None:
    room = of_numbers("S1", "S2", "S3")
    order = room.running(3)
    room.report(order, good=2)
    assert set(lots_of(room.part)) == {"S3"}


def test_limited_over_production_uses_no_more_than_the_target_takes() -> None:
    room = in_lots(2, jan=100)
    order = room.running(10)
    run(room, order, 8, limited=True)
    entry = run(room, order, 5, limited=True)
    assert (used(order), entry.spared[0]["quantity"]) == ((20, 0, 6), "6")
    run(room, order, 1)  # without the limit over-production uses more, but makes up for nothing
    assert used(order) == (22, 0, 6)


@pytest.mark.parametrize("told", [part, lambda item, amount: part(item, None, jan=amount)])
def test_what_is_named_beyond_the_limit_refuses_the_run(told: Any) -> None:
    room = in_lots(2, jan=100)
    order = room.running(10)
    run(room, order, 5, part(room.part, 12))  # 10 by the BOM and 2 beyond it
    problem = refusal(room, order, 2, told(room.part, 9), limited=True)
    assert isinstance(problem, OverLimit)
    assert (problem.data["item_id"], problem.data["wanted"], problem.data["available"]) == (room.part.pk, 9, 8)
    run(room, order, 2, told(room.part, 8), limited=True)
    assert used(order)[:2] == (14, 6)
    assert isinstance(refusal(room, order, 1, told(room.part, 1), limited=True), OverLimit)


def test_the_limit_is_exact_and_in_no_whole_units() -> None:
    room = Storeroom(per_unit=1, batch=3, tracking="lot")
    room.deliver(100, "jan")
    order = room.running(10)
    assert isinstance(refusal(room, order, 10, part(room.part, "3.333333333333334"), limited=True), OverLimit)
    run(room, order, 10, part(room.part, "3.333333333333333"), limited=True)
    run(room, order, 1, limited=True)
    assert used(order)[0] == Decimal("3.333333333333333")


def test_a_strict_factory_refuses_a_traced_run_for_want_of_what_was_not_named() -> None:
    room = in_lots(1, {"material_policy": "strict"}, jan=5, feb=6)
    order = room.do(actions.start, room.do(actions.approve, room.draft(9)))
    run(room, order, 8)
    room.do(actions.adjust_quantity, order, target=Decimal(20), reason="more")
    problem = refusal(room, order, 9, part(room.part, 9, feb=1))
    assert isinstance(problem, MaterialShort)
    assert list(problem.data["missing"]) == [
        {"item_id": room.part.uuid, "sku": room.part.sku, "name": room.part.name, "uom": room.part.unit,
         "required": 9, "available": 3, "short": 6},
    ]  # fmt: skip
    room.report(order, good=9)  # a plain one is booked as ever
    assert used(order) == (11, 0, 0)


def test_elsewhere_what_is_there_is_used_and_the_shortage_told() -> None:
    room = in_lots(1, jan=3)
    order = room.running(9)
    entry = run(room, order, 5)
    assert (used(order), entry.short_consumption[0]["short"]) == ((3, 0, 0), "2")
    assert order.events.get(verb="report").data["short"] == [{"sku": room.part.sku, "quantity": "2"}]


def test_what_is_not_kept_in_stock_is_neither_used_nor_lacking() -> None:
    room = Storeroom(per_unit=2, stock=100)
    glue = room.ingredient(stocked=False)
    item = room.product({room.part: 1, glue: 3})
    order = room.running(10, item=item)
    entry = run(room, order, 4, part(glue, 7))
    kept, unkept = OrderComponent.objects.filter(order=order).order_by("position")
    assert (kept.consumed, unkept.consumed, unkept.over_consumed, unkept.spared) == (4, 0, 0, 0)
    assert (entry.short_consumption, entry.spared) == ([], [])


@pytest.mark.parametrize("parts", ["twice", "negative total", "negative lot"])
def test_a_part_is_named_once_and_nothing_less_than_nothing(parts: str) -> None:
    room = in_lots(1, jan=10)
    order = room.running(5)
    choice = {
        "twice": [part(room.part, 1), part(room.part, jan=1)],
        "negative total": [part(room.part, -1)],
        "negative lot": [part(room.part, jan=-1)],
    }[parts]
    assert isinstance(refusal(room, order, 1, *choice), Invalid)


def test_a_correction_cannot_be_traced() -> None:
    room = in_lots(1, jan=10)
    order = room.running(5)
    run(room, order, 2)
    before = everything()
    with pytest.raises(Invalid):
        floor.done(
            actions.report, order_id=order.pk, by=room.by, count=Count(Decimal(-1), Decimal(0)), reason="x",
            traced=Traced(),
        )  # fmt: skip
    with pytest.raises(Invalid):
        floor.done(
            actions.report, order_id=order.pk, by=room.by, count=Count(Decimal(1), Decimal(0)), traced=Traced(),
            where=Circumstances(consumed_lots=(named(room.part, "jan", 1),)),
        )  # fmt: skip
    assert everything() == before


def correct(room: Storeroom, order: ProductionOrder, good: int, **where: Any) -> QuantityEntry:
    return room.report(order, good=good, reason="miscounted", **where)


def test_a_correction_gives_back_what_was_used_and_the_rest_was_spared() -> None:
    room = in_lots(1, jan=100)
    order = room.running(20)
    first = run(room, order, 10, part(room.part, 6))
    entry = correct(room, order, -5)
    assert (used(order), entry.spared) == ((1, 0, 4), [])
    entry = correct(room, order, -5)
    assert (used(order), room.stock()) == ((0, 0, 0), (100, 16))
    assert [(row["quantity"], row["run"]) for row in entry.spared] == [("-4", first.pk)]


def test_a_correction_takes_back_no_more_than_the_run_used_that_it_corrects() -> None:
    """Ten pieces that used ten, ten that used six: taking the six's pieces back leaves what the first ten used."""
    room = in_lots(1, jan=10, feb=10)
    order = room.running(20)
    run(room, order, 10, part(room.part, jan=10))
    run(room, order, 10, part(room.part, 6, feb=6))
    correct(room, order, -10)
    assert (used(order), lots_of(room.part)) == ((10, 0, 0), {"feb": (10, 6)})


def test_a_correction_of_an_earlier_lot_gives_back_what_went_into_that_lot() -> None:
    room = in_lots(1, jan=10, feb=10)
    boxed = room.ingredient(tracking="lot")
    stores.a_bom(room.by, boxed, {room.part: 1})
    order = room.running(20, item=boxed)
    run(room, order, 4, part(room.part, jan=4), lot_number="A")
    run(room, order, 4, part(room.part, feb=4), lot_number="B")
    correct(room, order, -3, lot_number="A")
    assert {lot: on_hand for lot, (on_hand, _) in lots_of(room.part).items()} == {"jan": 9, "feb": 6}


def test_each_run_gives_back_no_more_than_its_pieces_took() -> None:
    """Three pieces too many: one of the last run, whose three rejected pieces stay used up, and two of the one before."""
    room = in_lots(1, jan=10, feb=10)
    order = room.running(20)
    run(room, order, 5, part(room.part, jan=5))
    run(room, order, 1, part(room.part, feb=4), rejected=3)
    correct(room, order, -3)
    assert {lot: on_hand for lot, (on_hand, _) in lots_of(room.part).items()} == {"jan": 7, "feb": 7}


def test_verification_takes_spared_back_too() -> None:
    room = in_lots(1, {"requires_verification": True}, jan=100)
    order = room.running(20)
    run(room, order, 10, part(room.part, 6))
    room.verify(room.do(actions.complete, order), good=2)
    assert (used(order), room.stock()[0]) == ((0, 0, 2), 100)
    assert QuantityEntry.objects.filter(order=order).last().spared[0]["quantity"] == "-2"

"""What a report uses: as the BOM says for all that was produced, from the right lots, and given back by a correction."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from factoryos.kernel.problems import Invalid
from manufacturing.models import StockBalance, StockLocation
from manufacturing.stock.balances import lock_balances
from manufacturing.stock.posting import Posting
from orders import actions, proof_of_ledgers
from orders.materials.components import components_of
from orders.models import OrderComponent, ProductionOrder, QuantityEntry
from orders.specs import LineCount
from quality.models import Consumption
from tests import floor, stores
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, component_of, reserved_by, waits_for
from tests.stores import lots_of, moves_of, named

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@pytest.fixture(autouse=True)
def _all_ledgers_agree() -> object:
    yield
    assert not list(proof_of_ledgers.faults())


def used_in(entry: QuantityEntry) -> dict[str | None, Decimal]:
    """What the genealogy says of a report, by lot; what was taken back is left out."""
    links = Consumption.objects.filter(run=entry, quantity__gt=0).order_by("id")
    return dict(links.values_list("lot__code", "quantity"))


def in_lots(**stock: int) -> Storeroom:
    """A storeroom with the part in lots that expire one after the other."""
    room = Storeroom(tracking="lot")
    for month, (lot, quantity) in enumerate(stock.items(), start=1):
        room.deliver(quantity, lot, best_before=datetime(2027, month, 1, tzinfo=UTC))
    return room


def test_reports_add_up_and_nothing_is_overwritten() -> None:
    """ERPNext #57183, #45440: 8 reported, then 10, of 18 ordered, is 18 produced and all of it used."""
    room = Storeroom(per_unit=3, stock=54)
    order = room.running(18)
    for good, used in ((8, 24), (10, 54)):
        room.report(order, good=good)
        assert (component_of(order).consumed, room.stock()) == (used, (54 - used, 54 - used))
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, room.stock(item=room.item)) == (18, (18, 0))


def test_rejected_pieces_use_components_too_but_are_not_received() -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = room.running(20)
    room.report(order, good=3, rejected=4)
    assert (room.stock(), room.stock(item=room.item)) == ((86, 26), (3, 0))


def test_good_pieces_that_turn_out_bad_use_nothing_more() -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = room.running(20)
    room.report(order, good=5)
    room.report(order, good=-2, rejected=2, reason="regauged")
    assert (room.stock(), room.stock(item=room.item)) == ((90, 30), (3, 0))
    assert moves_of(room.part) == [("consumption", -10, None)]


@pytest.mark.parametrize(("batch", "reports"), [(3, [1] * 9), (7, [2, 3, 1, 8]), (999_983, [1, 999_981, 1])])
def test_a_ratio_without_a_last_decimal_never_drifts(batch: int, reports: list[int]) -> None:
    room = Storeroom(per_unit="1", batch=batch, stock=1000)
    order, produced = room.running(10**6), 0
    for good in reports:
        room.report(order, good=good)
        produced += good
        exact = Fraction(produced, batch)
        assert abs(Fraction(component_of(order).consumed) - exact) <= Fraction(1, 2 * 10**15)
        assert component_of(order).consumed == 1000 - room.stock()[0]
    if produced % batch == 0:
        assert component_of(order).consumed == produced // batch


def test_three_hundred_reports_of_a_third_empty_a_lot_to_exactly_nothing() -> None:
    room = Storeroom(per_unit="1", batch="3", tracking="lot")
    room.deliver(100, "L1")
    order = room.running(300)
    for _ in range(300):
        room.report(order, good=1)
    assert (room.stock("L1"), component_of(order).consumed, room.stock(item=room.item)) == ((0, 0), 100, (300, 0))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_uses_of_a_seventh_empty_a_lot_to_exactly_nothing() -> None:
    """By the component's own arithmetic and the one writer of stock: ten thousand whole reports would take minutes."""
    room = Storeroom(per_unit="1", batch="7", tracking="lot")
    balance_id = room.deliver("1428.571428571428571", "L1").pk
    (component,) = components_of(room.draft(10_000).pk)

    def hundred_more(produced: int) -> None:
        balance = lock_balances(ids=[balance_id])[balance_id]
        for made in range(produced + 1, produced + 101):
            used = component.used_by(Decimal(made)) - component.consumed
            posting = Posting(by=room.by)
            posting.move(balance, "adjustment", -used)
            posting.write()
            component.consumed += used

    for produced in range(0, 10_000, 100):
        floor.done(hundred_more, produced=produced)
    assert (room.stock("L1"), len(moves_of(room.part))) == ((0, 0), 10_000)


def test_what_is_missing_refuses_nothing_and_stands_in_the_entry() -> None:
    room = Storeroom(per_unit=2, stock=5)
    order = room.running(10)
    entry = room.report(order, good=4)
    (short,) = entry.short_consumption
    assert short == {"productId": str(room.part.uuid), "sku": room.part.sku, "required": "8", "short": "3"}
    assert (room.stock(), component_of(order).consumed, order.lines.get().good) == ((0, 0), 5, 4)


def test_the_next_report_makes_up_for_what_was_missing() -> None:
    room = Storeroom(per_unit=2, stock=5)
    order = room.running(10)
    room.report(order, good=4)
    room.deliver(20)
    entry = room.report(order, good=1)
    assert (entry.short_consumption, component_of(order).consumed, room.stock()[0]) == ([], 10, 15)
    assert used_in(entry) == {None: 5}


def test_a_correction_takes_first_what_was_never_there() -> None:
    """4 of 8 were missing; two pieces less need 4 less, of which nothing is to be given back."""
    room = Storeroom(per_unit=2, stock=4)
    order = room.running(10)
    room.report(order, good=4)
    entry = room.report(order, good=-2, reason="miscounted")
    assert (room.stock(), component_of(order).consumed, entry.short_consumption) == ((0, 0), 4, [])


def test_what_is_reserved_is_used_before_what_is_free() -> None:
    room = in_lots(feb=10)
    order = room.running(10)
    room.deliver(10, "jan", best_before=datetime(2026, 12, 1, tzinfo=UTC))
    room.report(order, good=4)
    assert lots_of(room.part) == {"feb": (6, 6), "jan": (10, 0)}


def test_beyond_what_is_reserved_the_first_expired_is_used() -> None:
    """Of `feb` only what is reserved is taken before `jan`, which came later and expires sooner."""
    room = in_lots(feb=10)
    order = room.running(4)
    room.deliver(10, "jan", best_before=datetime(2026, 12, 1, tzinfo=UTC))
    room.report(order, good=6)
    assert lots_of(room.part) == {"feb": (6, 0), "jan": (8, 0)}


def test_what_others_have_reserved_is_not_used() -> None:
    room = Storeroom(stock=10)
    other = room.do(actions.approve, room.draft(8))
    order = room.running(5)
    entry = room.report(order, good=5)
    assert (reserved_by(other), room.stock(), entry.short_consumption[0]["short"]) == ({None: 8}, (8, 8), "3")


def test_named_lots_are_used_in_place_of_the_first_expired() -> None:
    room = in_lots(jan=10, feb=10, mar=10)
    order = room.running(8)
    entry = room.report(order, good=5, consumed_lots=(named(room.part, "mar", 5),))
    assert used_in(entry) == {"mar": 5}
    assert [lot["lotNumber"] for lot in entry.consumed_lots] == ["mar"]


def test_what_named_lots_made_needless_is_no_longer_reserved() -> None:
    room = in_lots(jan=10, feb=10)
    order = room.running(8)
    assert reserved_by(order) == {"jan": 8}
    room.report(order, good=5, consumed_lots=(named(room.part, "feb", 5),))
    assert lots_of(room.part) == {"jan": (10, 3), "feb": (5, 0)}


def test_named_lots_cover_a_part_and_the_rest_is_taken_as_usual() -> None:
    room = in_lots(jan=10, feb=10)
    order = room.running(10)
    entry = room.report(order, good=6, consumed_lots=(named(room.part, "feb", 2),))
    assert used_in(entry) == {"feb": 2, "jan": 4}
    assert reserved_by(order) == {"jan": 4}


def test_more_than_the_need_is_named_as_such() -> None:
    room = in_lots(jan=10, feb=10)
    order = room.running(10)
    entry = room.report(order, good=4, consumed_lots=(named(room.part, "feb", 6),))
    assert moves_of(room.part) == [("consumption", -4, "feb"), ("over_consumption", -2, "feb")]
    assert (component_of(order).consumed, component_of(order).over_consumed) == (4, 2)
    assert used_in(entry) == {"feb": 6}


def test_more_than_the_need_comes_from_what_is_free_before_what_the_order_still_needs() -> None:
    room = in_lots(jan=8)
    order = room.running(5)
    room.report(order, good=2, consumed_lots=(named(room.part, "jan", 4),))
    assert lots_of(room.part) == {"jan": (4, 3)}
    room.report(order, good=1, consumed_lots=(named(room.part, "jan", 4),))
    assert (lots_of(room.part), component_of(order).over_consumed) == ({}, 5)


def test_what_a_named_lot_lacks_is_short_and_not_taken_elsewhere() -> None:
    room = in_lots(jan=10, feb=3)
    order = room.running(10)
    entry = room.report(order, good=5, consumed_lots=(named(room.part, "feb", 5),))
    assert (used_in(entry), entry.short_consumption[0]["short"]) == ({"feb": 3}, "2")
    assert lots_of(room.part)["jan"] == (10, 7)
    later = room.report(order, good=1)
    assert used_in(later) == {"jan": 3}


def test_a_named_lot_that_others_have_reserved_is_short() -> None:
    room = in_lots(jan=10)
    room.do(actions.approve, room.draft(8))
    order = room.running(5)
    entry = room.report(order, good=5, consumed_lots=(named(room.part, "jan", 5),))
    assert (used_in(entry), entry.short_consumption[0]["short"]) == ({"jan": 2}, "3")


def test_an_item_that_the_bom_does_not_know_is_taken_all_the_same() -> None:
    room = Storeroom(stock=10)
    glue = room.ingredient(tracking="lot", sku="GLUE")
    room.deliver(3, "G1", item=glue)
    order = room.running(5)
    entry = room.report(order, good=1, consumed_lots=(named(glue, "G1", 5),))
    assert moves_of(glue) == [("over_consumption", -3, "G1")]
    assert {(row["sku"], row["short"]) for row in entry.short_consumption} == {("GLUE", "2")}
    assert Consumption.objects.get(run=entry, item=glue).quantity == 3
    assert component_of(order).over_consumed == 0


def test_a_correction_gives_back_to_the_lots_it_came_from_the_last_first() -> None:
    room = in_lots(jan=4, feb=10)
    order = room.running(10)
    first = room.report(order, good=3)
    second = room.report(order, good=3)
    assert (used_in(first), used_in(second)) == ({"jan": 3}, {"jan": 1, "feb": 2})
    room.report(order, good=-4, reason="miscounted")
    assert (used_in(first), used_in(second)) == ({"jan": 2}, {})
    assert lots_of(room.part) == {"jan": (2, 2), "feb": (10, 6)}
    assert {kind for kind, quantity, _ in moves_of(room.part) if quantity > 0} == {"return"}


def test_what_is_given_back_is_reserved_again_while_the_order_runs() -> None:
    room = Storeroom(per_unit=2, stock=20)
    order = room.running(10)
    room.report(order, good=5)
    room.report(order, good=-2, reason="miscounted")
    assert (room.stock(), component_of(order).consumed) == ((14, 14), 6)


def test_what_was_used_for_more_than_was_ordered_is_given_back_free() -> None:
    room = Storeroom(per_unit=2, stock=40)
    order = room.running(10)
    room.report(order, good=15)
    room.report(order, good=-3, reason="miscounted")
    assert (room.stock(), component_of(order).consumed) == ((16, 0), 24)
    room.report(order, good=-4, reason="miscounted")
    assert (room.stock(), component_of(order).consumed) == ((24, 4), 16)


def test_a_correction_names_no_component_lots() -> None:
    room = in_lots(jan=10)
    order = room.running(5)
    room.report(order, good=3)
    before = everything()
    with pytest.raises(Invalid):
        room.report(order, good=-1, reason="x", consumed_lots=(named(room.part, "jan", 1),))
    assert everything() == before


@pytest.mark.parametrize(
    ("good", "rejected", "used", "received"), [(8, 2, 20, 8), (5, 0, 10, 5), (2, 1, 6, 2), (0, 5, 10, 0)]
)
def test_stock_follows_the_verified_numbers(good: int, rejected: int, used: int, received: int) -> None:
    room = Storeroom(per_unit=2, stock=50)
    order = room.running(10)
    room.report(order, good=4, rejected=1)
    order = room.do(actions.complete, order)
    room.verify(order, good=good, rejected=rejected)
    assert (room.stock(), room.stock(item=room.item)) == ((50 - used, 0), (received, 0))
    assert component_of(order).consumed == used


def test_what_verification_finds_missing_is_told_in_its_entry() -> None:
    room = Storeroom(per_unit=2, stock=10)
    order = room.running(10)
    room.report(order, good=5)
    room.verify(room.do(actions.complete, order), good=6)
    entry = QuantityEntry.objects.get(order=order, source="verification")
    assert entry.short_consumption[0]["short"] == "2"


def test_each_line_uses_its_own_components() -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = room.running(10, 5)
    first, second = order.lines.all()
    room.report(order, good=3, line_id=second.pk)
    assert dict(OrderComponent.objects.values_list("line_id", "consumed")) == {first.pk: 0, second.pk: 6}
    order = room.do(actions.complete, order)
    lines = [LineCount(first.pk, Decimal(1), Decimal(0)), LineCount(second.pk, Decimal(2), Decimal(0))]
    room.verify(order, good=3, lines=lines)
    assert dict(OrderComponent.objects.values_list("line_id", "consumed")) == {first.pk: 2, second.pk: 4}


def test_stock_in_another_location_is_reserved_and_used_too() -> None:
    room = Storeroom()
    annex = StockLocation.objects.create(factory=room.factory, code="annex", name="Annex")
    room.deliver(4, location=annex)
    room.deliver(3)
    order = room.running(6)
    room.report(order, good=6)
    assert room.stock() == (1, 0)
    assert StockBalance.objects.filter(item=room.part).count() == 2


def test_a_paused_order_uses_components_as_well() -> None:
    room = Storeroom(per_unit=2, stock=20)
    order = room.do(actions.pause, room.running(10), reason="tool_change")
    room.report(order, good=1)
    assert room.stock() == (18, 18)
    assert waits_for(order) == {}


def test_an_amount_that_no_ledger_could_hold_is_refused_at_create() -> None:
    room = Storeroom(per_unit="999999999")
    before = everything()
    with pytest.raises(Invalid):
        room.draft(10**6)
    assert everything()["orders_ordercomponent"] == before["orders_ordercomponent"]
    assert stores.stock_of(room.part) == (0, 0)

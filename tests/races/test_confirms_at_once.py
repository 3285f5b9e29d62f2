"""Many orders want the same material in the same instant: exactly as many get it as there is for, the others are told."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from manufacturing.models import Item, Reservation
from manufacturing.problems import MaterialShort, StockShort
from manufacturing.stock import balances as stock_balances
from orders import actions
from orders.materials import reserving
from orders.materials.components import Component
from orders.models import OrderEvent, ProductionOrder
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, Program
from tests.races.stockroom import Stockroom, deadlocks, figures, promised, refused, require_true_ledgers, watched
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

UNLOCKED = stock_balances._LOCK.replace("FOR NO KEY UPDATE OF balance", "")


def approving(room: Stockroom, orders: list[ProductionOrder]) -> list[Any]:
    return at_once(*(room.doing(actions.approve, order) for order in orders))


def states(orders: list[ProductionOrder]) -> list[str]:
    keys = [order.pk for order in orders]
    return sorted(ProductionOrder.objects.filter(pk__in=keys).values_list("state", flat=True))


def test_of_sixty_four_confirms_twenty_get_the_stock_for_twenty_and_the_others_are_told_what_is_missing() -> None:
    room = Stockroom()
    board, frame = room.material(40), room.material(1000)
    product = room.product({board: 2, frame: 1})
    orders = [room.draft(product, 1) for _ in range(64)]
    before = deadlocks()
    with watched() as watch:
        told = refused(approving(room, orders))
    assert states(orders) == ["approved"] * 20 + ["draft"] * 44
    assert [type(problem) for problem in told] == [MaterialShort] * 44, told
    for problem in told:
        assert isinstance(problem, MaterialShort)
        assert [(part["sku"], part["short"]) for part in problem.data["missing"]] == [(board.sku, 2)]
    assert (figures(board), figures(frame)) == ((40, 40), (1000, 20))
    assert {promised(order) for order in orders} == {Decimal(0), Decimal(3)}
    assert OrderEvent.objects.filter(verb="approve").count() == 20
    assert (watch.over_promised, watch.looks > 10, deadlocks()) == (0, True, before)
    require_true_ledgers()


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Balances are read as they stand, and nobody writes before all have read."""
    monkeypatch.setattr(stock_balances, "_LOCK", UNLOCKED)


def meet(barrier: threading.Barrier, *, patience: float = 2) -> None:
    """All come here once; whoever comes again, or alone, waits for so many seconds at most."""
    try:
        barrier.wait(patience)
    except threading.BrokenBarrierError:
        return
    finally:
        barrier.abort()


def meeting(monkeypatch: pytest.MonkeyPatch, *, parties: int) -> None:
    """Nobody goes on to reserve before all have seen what is free."""
    barrier, lock_for = threading.Barrier(parties), reserving._lock_for

    def seen(*args: Any) -> Any:
        found = lock_for(*args)
        barrier.wait(10)
        return found

    monkeypatch.setattr(reserving, "_lock_for", seen)


@pytest.mark.usefixtures("no_lock")
def test_control_without_the_lock_all_believe_in_the_same_stock_and_the_constraint_alone_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Stockroom()
    board = room.material(20)
    product = room.product({board: 1})
    orders = [room.draft(product, 1) for _ in range(32)]
    meeting(monkeypatch, parties=32)
    with watched() as watch:
        told = refused(approving(room, orders))
    assert states(orders) == ["approved"] * 20 + ["draft"] * 12
    assert [type(problem) for problem in told] == [StockShort] * 12, told
    assert (figures(board), watch.over_promised) == ((20, 20), 0)
    require_true_ledgers()


@pytest.mark.usefixtures("no_lock")
def test_control_without_lock_and_constraint_more_is_promised_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    board = room.material(20)
    product = room.product({board: 1})
    orders = [room.draft(product, 1) for _ in range(32)]
    meeting(monkeypatch, parties=32)
    with without_the_constraint():
        assert refused(approving(room, orders)) == []
        assert figures(board) == (20, 32)


@contextmanager
def without_the_constraint() -> Iterator[None]:
    name = "balance_reserved_on_hand"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        definition = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE manufacturing_stockbalance DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            cursor.execute("UPDATE manufacturing_stockbalance SET reserved = 0")
            cursor.execute(f"ALTER TABLE manufacturing_stockbalance ADD CONSTRAINT {name} {definition}")


def test_with_the_question_taken_out_too_nothing_more_is_promised_than_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever does not ask what is missing reserves what is there, and no more than that."""
    monkeypatch.setattr(reserving, "_missing", lambda *args: [])
    room = Stockroom()
    board = room.material(20)
    product = room.product({board: 1})
    orders = [room.draft(product, 1) for _ in range(32)]
    with watched() as watch:
        assert refused(approving(room, orders)) == []
    assert (figures(board), watch.over_promised) == ((20, 20), 0)
    assert sorted(promised(order) for order in orders) == [0] * 12 + [1] * 20
    require_true_ledgers()


@pytest.mark.parametrize("attempt", range(5))
def test_two_orders_confirm_the_last_stock_at_once(attempt: int) -> None:
    room = Stockroom()
    board = room.material(60, 40)
    product = room.product({board: 1})
    orders = [room.draft(product, 100), room.draft(product, 100)]
    told = refused(approving(room, orders))
    assert (states(orders), [type(problem) for problem in told]) == (["approved", "draft"], [MaterialShort])
    assert figures(board) == (100, 100)
    assert Reservation.objects.values("component__order").distinct().count() == 1
    require_true_ledgers()


def crossed_products(room: Stockroom, materials: list[Item]) -> list[Item]:
    """Products of the same materials, whose BOMs list them in every turned and mirrored order."""
    turns = [materials[place:] + materials[:place] for place in range(len(materials))]
    return [room.product(dict.fromkeys(turn, 3)) for line in turns for turn in (line, line[::-1])]


def test_boms_that_list_the_same_components_in_any_order_never_deadlock() -> None:
    """Twelve each of 150 that lie in three lots: twelve orders get theirs, over the bounds of the lots."""
    room = Stockroom()
    materials = [room.material(40, 50, 60) for _ in range(5)]
    orders = [room.draft(product, 4) for product in crossed_products(room, materials) for _ in range(2)]
    before = deadlocks()
    told = refused(approving(room, orders))
    assert [type(problem) for problem in told] == [MaterialShort] * 8, told
    approved = list(ProductionOrder.objects.filter(state="approved"))
    assert {promised(order) for order in approved} == {Decimal(60)} and len(approved) == 12
    # The same again while half of them give theirs up: whoever comes late may find something, or not; nobody is stuck.
    drafts = list(ProductionOrder.objects.filter(state="draft"))
    ending = [room.doing(actions.cancel, order) for order in approved[::2]]
    told = refused(at_once(*ending, *(room.doing(actions.approve, order) for order in drafts)))
    assert {type(problem) for problem in told} <= {MaterialShort}, told
    assert deadlocks() == before
    require_true_ledgers()


def test_control_locks_taken_in_the_order_of_the_bom_lines_deadlock_and_are_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Stockroom()
    one, other = room.material(20), room.material(20)
    orders = [room.draft(room.product(dict.fromkeys(parts, 1)), 10) for parts in ((one, other), (other, one))]
    barrier, lock = threading.Barrier(2), stock_balances.lock_balances

    def line_by_line(components: Sequence[Component]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for component in components:
            found |= lock(free_of_items=[component.item_id])
            meet(barrier)
        return found

    monkeypatch.setattr(reserving, "_lock_for", line_by_line)
    before = deadlocks()
    assert refused(approving(room, orders)) == []
    assert deadlocks() == before + 1, "no deadlock came about, so nothing is proved"
    assert figures(one) == figures(other) == (20, 20)
    require_true_ledgers()


def test_sixty_four_confirms_over_the_erp_api_are_answered_200_or_400_and_nothing_else() -> None:
    plant = Plant(boards=40)
    paths = [plant.order(quantity=1) for _ in range(64)]
    before = deadlocks()
    with watched() as watch:
        found = at_once(*(confirming(plant, path) for path in paths))
    replies = [reply for reply in found if isinstance(reply, Reply)]
    assert Counter((reply.status, reply.code) for reply in replies) == {
        (200, None): 20,
        (400, "insufficient_stock"): 44,
    }
    for reply in replies:
        if reply.status == 400:
            assert [(part["name"], part["short"]) for part in reply["details"]["missing"]] == [("Circuit Board", 2)]
    assert (plant.balance(plant.board), plant.balance(plant.frame)) == ((40, 40), (10_000, 20))
    assert (watch.over_promised, watch.looks > 10, deadlocks()) == (0, True, before)
    require_true_ledgers()


def confirming(plant: Plant, path: str) -> Callable[[], Reply]:
    own = Program(plant.admin.bearer)
    return lambda: own.post(f"{path}/confirm")

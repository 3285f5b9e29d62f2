"""Verbs that are run as one path: what the order waits for is set aside after them, and all of them lock in one order."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel.problems import Problem
from orders import actions
from orders.locks import lock_order
from orders.materials import ahead, production, reserving
from orders.materials.ahead import ReportAhead, writing
from orders.models import ProductionOrder
from orders.specs import Circumstances, Count, Made, NewLine
from tests import floor, stores
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, reserved_by, waits_for
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

ONE = Count(Decimal(1), Decimal(0))
VERBS: dict[str, Callable[..., Any]] = {
    "amend": lambda **on: actions.amend(changes={"notes": "x"}, **on),
    "adjust_quantity": lambda **on: actions.adjust_quantity(target=Decimal(31), reason="asked", **on),
    "change_layer": lambda **on: actions.change_layer(layer=ProductionOrder.Layer.LEAVES, **on),
    "report": lambda **on: actions.report(count=ONE, where=_first_line(on["order_id"]), **on),
}


def _first_line(order_id: int) -> Circumstances:
    return Circumstances(line_id=ProductionOrder.objects.get(pk=order_id).lines.order_by("pk")[0].pk)


def run(room: Storeroom, order: ProductionOrder, *verbs: str) -> None:
    """Run these verbs as a face runs them, in one transaction."""

    def path() -> None:
        locked = lock_order(order.pk, by=room.by)
        line = order.lines.order_by("pk")[0]
        report = ReportAhead(line, ONE.good, Made()) if "report" in verbs else None
        with writing(locked, by=room.by, verbs=verbs, report=report):
            for verb in verbs:
                VERBS.get(verb, getattr(actions, verb))(order_id=order.pk, by=room.by)

    floor.done(path)


def waiting(*, running: bool) -> tuple[Storeroom, ProductionOrder]:
    """An order for thirty, that got ten; more has come since, of which nobody was told."""
    room = Storeroom(stock=10)
    order = room.running(30) if running else room.scheduled(30)
    room.deliver(50)
    assert (sum(reserved_by(order).values()), waits_for(order)) == (10, {room.part.sku: 20})
    return room, order


# --- what the order waits for


@pytest.mark.parametrize(
    ("running", "verbs", "reserved"),
    [
        (False, (), 30),
        (False, ("amend",), 30),
        (False, ("amend", "start"), 30),
        (False, ("start", "report"), 29),
        (True, (), 30),
        (True, ("amend",), 30),
        (True, ("report",), 29),
        (True, ("adjust_quantity", "report"), 30),
    ],
)
def test_what_an_order_waits_for_is_set_aside_when_it_is_written(
    running: bool, verbs: tuple[str, ...], reserved: int
) -> None:
    room, order = waiting(running=running)
    run(room, order, *verbs)
    assert (sum(reserved_by(order).values()), waits_for(order)) == (reserved, {})
    require_truth()


def test_the_same_verb_by_itself_sets_nothing_aside() -> None:
    """The control: it is the path that does."""
    room, order = waiting(running=True)
    room.do(VERBS["amend"], order)
    assert waits_for(order) == {room.part.sku: 20}


def test_nothing_is_set_aside_where_a_verb_is_refused() -> None:
    room, order = waiting(running=False)
    before = everything()
    with pytest.raises(Problem):
        run(room, order, "amend", "report")
    assert everything() == before


def test_nothing_is_set_aside_for_an_order_that_is_not_approved() -> None:
    room = Storeroom(stock=10)
    order = room.draft(5)
    before = everything()
    run(room, order)
    assert (everything(), waits_for(order)) == (before, {})


def test_what_comes_without_being_waited_for_is_left_alone() -> None:
    room = Storeroom(stock=10)
    order = room.running(10)
    room.deliver(50)
    before = everything()
    run(room, order)
    assert everything() == before


def source_of(verb: str) -> str:
    module = inspect.getmodule(getattr(actions, verb))
    assert module is not None
    return inspect.getsource(module)


def test_the_verbs_that_set_aside_themselves_are_known() -> None:
    """A verb that does so no more would leave orders waiting."""
    verbs = [name for name in dir(actions) if inspect.isfunction(getattr(actions, name))]
    assert {verb for verb in verbs if "reserving.reserve_" in source_of(verb)} == ahead._SETTING_ASIDE


@pytest.mark.parametrize("verb", sorted(ahead._BESIDE_STOCK))
def test_the_verbs_that_leave_stock_alone_know_nothing_of_it(verb: str) -> None:
    assert "orders.materials" not in source_of(verb)
    assert "manufacturing.stock" not in source_of(verb)


# --- what is locked


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The balances that are locked, call by call."""
    found: list[set[int]] = []
    lock = ahead.lock_balances

    def heard(**wanted: Any) -> Any:
        locked = lock(**wanted)
        found.append(set(locked))
        return locked

    for module in (ahead, production, reserving):
        monkeypatch.setattr(module, "lock_balances", heard)
    return found


def nothing(*_: Any, **__: Any) -> None: ...


def a_draft(room: Storeroom) -> ProductionOrder:
    return room.draft(30)


def a_planned_one(room: Storeroom) -> ProductionOrder:
    return room.scheduled(30)


def a_running_one(room: Storeroom) -> ProductionOrder:
    return room.running(30)


PATHS = [
    (a_draft, ("approve_best_effort", "start", "report")),
    (a_planned_one, ("start", "report")),
    (a_planned_one, ("adjust_quantity", "start", "report")),
    (a_running_one, ("report",)),
    (a_running_one, ("adjust_quantity", "report")),
]


def stocked(make: Callable[[Storeroom], ProductionOrder]) -> tuple[Storeroom, ProductionOrder]:
    """What is made lay on its shelf before what it is made of came, some of it after the order was planned."""
    room = Storeroom(stock=10)
    room.deliver(1, item=room.item)
    order = make(room)
    room.deliver(50)
    room.deliver(50, "second")
    return room, order


@pytest.mark.parametrize(("make", "verbs"), PATHS)
def test_whatever_stock_the_verbs_need_is_locked_at_once(
    make: Callable[[Storeroom], ProductionOrder], verbs: tuple[str, ...], locks: list[set[int]]
) -> None:
    room, order = stocked(make)
    locks.clear()
    run(room, order, *verbs)
    assert len(locks) > 1
    assert all(later <= locks[0] for later in locks[1:])


@pytest.mark.parametrize(("make", "verbs"), PATHS)
def test_control_verb_by_verb_the_later_lock_what_the_first_did_not(
    make: Callable[[Storeroom], ProductionOrder],
    verbs: tuple[str, ...],
    locks: list[set[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room, order = stocked(make)
    monkeypatch.setattr(ahead, "_lock_for", nothing)
    locks.clear()
    run(room, order, *verbs)
    assert not all(later <= locks[0] for later in locks[1:])


def test_so_is_what_a_line_needs_that_is_about_to_be_added(locks: list[set[int]]) -> None:
    room, order = stocked(a_running_one)
    other = room.ingredient(stock=7)
    new = NewLine(room.product({other: 1}), Decimal(5))

    def path() -> None:
        locked = lock_order(order.pk, by=room.by)
        with writing(locked, by=room.by, verbs=["add_line", "report"], report=ReportAhead(new, ONE.good, Made())):
            line = actions.add_line(order_id=order.pk, by=room.by, line=new)
            actions.report(order_id=order.pk, by=room.by, count=ONE, where=Circumstances(line_id=line.pk))

    locks.clear()
    floor.done(path)
    assert len(locks) > 2
    assert all(later <= locks[0] for later in locks[1:])
    assert stores.stock_of(other) == (6, 4)


def tables_locked(room: Storeroom, order: ProductionOrder, *verbs: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        run(room, order, *verbs)
    names = ("manufacturing_machine", "manufacturing_stockbalance", "orders_productionorder")
    locks = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    return [next(name for name in names if name in sql) for sql in locks]


@pytest.mark.parametrize("verbs", [("change_layer", "start"), ("adjust_quantity", "start"), ("start", "report")])
def test_machines_are_locked_before_stock(verbs: tuple[str, ...]) -> None:
    room, order = stocked(a_planned_one)
    tables = tables_locked(room, order, *verbs)
    assert tables[0] == "orders_productionorder"
    assert tables.index("manufacturing_machine") < tables.index("manufacturing_stockbalance")


@pytest.mark.parametrize("verbs", [("change_layer", "start"), ("adjust_quantity", "start")])
def test_control_left_to_the_start_they_come_after_it(verbs: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    room, order = stocked(a_planned_one)
    monkeypatch.setattr(ahead, "lock_machines", nothing)
    tables = tables_locked(room, order, *verbs)
    assert tables.index("manufacturing_machine") > tables.index("manufacturing_stockbalance")

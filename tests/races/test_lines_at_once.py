"""Lines of one order, changed by several at once: each call is done whole or refused, one after the other."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from manufacturing.models import Reservation, Shortage
from orders import actions
from orders.models import OrderComponent, OrderLine, ProductionOrder
from orders.problems import IllegalTransition
from orders.specs import Circumstances, Count, NewLine
from tests.races.stockroom import Stockroom, deadlocks, figures, refused, require_true_ledgers
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def adding(room: Stockroom, order: ProductionOrder, item: Any, target: int = 5) -> Callable[[], Any]:
    return room.doing(actions.add_line, order, line=NewLine(item=item, target=Decimal(target)))


def told(outcomes: list[Any]) -> Counter[str]:
    """How many were done, and what the others were told."""
    return Counter(getattr(one, "code", type(one).__name__) if isinstance(one, BaseException) else "done"
                   for one in outcomes)  # fmt: skip


@pytest.mark.parametrize("attempt", range(3))
def test_of_several_who_add_the_same_item_exactly_one_does(attempt: int) -> None:
    room = Stockroom()
    part = room.material(100)
    order = room.running(room.product({part: 1}), 10)
    product = room.product({part: 2})
    outcomes = at_once(*[adding(room, order, product)] * 5)
    assert told(outcomes) == {"done": 1, "duplicate": 4}
    order.refresh_from_db(fields=["quantity_target", "version"])
    assert (order.lines.count(), order.quantity_target) == (2, 15)
    assert figures(part) == (100, 20)
    assert order.events.filter(verb="add_line").count() == 1
    require_true_ledgers()


def test_without_the_lock_it_is_not_the_question_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: all ask before anybody has written; the second is stopped by the constraints, if at all."""
    room = Stockroom()
    order = room.draft(room.product({room.material(10): 1}), 10)
    product = room.product({room.material(10): 1})
    barrier = threading.Barrier(2)
    module = import_module("orders.actions.add_line")
    lines_of = module.lines_of

    def unlocked(order_id: int, *, by: Actor) -> ProductionOrder:
        return ProductionOrder.objects.get(pk=order_id)

    def when_both_have_read(order: ProductionOrder) -> Any:
        found = lines_of(order)
        with suppress(threading.BrokenBarrierError):  # those who try again come alone
            barrier.wait(3)
        return found

    monkeypatch.setattr(module, "lock_order", unlocked)
    monkeypatch.setattr(module, "lines_of", when_both_have_read)
    met = told(at_once(*[adding(room, order, product)] * 2))
    assert met["done"] == 1
    assert met["duplicate"] == 0, "the question saw what the other had written: there was no race"


def test_several_who_add_different_items_all_do() -> None:
    room = Stockroom()
    parts = [room.material(100) for _ in range(4)]
    order = room.running(room.product({parts[0]: 1}), 10)
    products = [room.product(dict.fromkeys(turn, 1)) for turn in (parts, parts[::-1], parts[1:], parts[2:])]
    assert refused(at_once(*(adding(room, order, product) for product in products))) == []
    assert list(order.lines.order_by("sort").values_list("sort", flat=True)) == [0, 1, 2, 3, 4]
    positions = OrderComponent.objects.filter(order=order).order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1 + 4 + 4 + 3 + 2))
    require_true_ledgers()


@pytest.mark.parametrize("end", [actions.complete, actions.cancel])
@pytest.mark.parametrize("attempt", range(4))
def test_a_line_that_comes_as_production_ends_is_on_it_or_refused_and_nothing_stays_reserved(
    end: Callable[..., Any], attempt: int
) -> None:
    room = Stockroom()
    part, scarce = room.material(100), room.material(3)
    order = room.running(room.product({part: 1}), 10)
    product = room.product({part: 1, scarce: 1})
    line, ended = at_once(adding(room, order, product), room.doing(end, order))
    assert not isinstance(ended, BaseException)
    order = ProductionOrder.objects.get(pk=order.pk)
    if isinstance(line, BaseException):
        assert isinstance(line, IllegalTransition)
        assert (order.lines.count(), order.quantity_target) == (1, 10)
    else:
        assert (order.lines.count(), order.quantity_target) == (2, 15)
        verbs = list(order.events.order_by("seq").values_list("verb", flat=True))
        assert verbs[-2:] == ["add_line", end.__name__]
    assert not Reservation.objects.filter(component__order=order).exists()
    assert not Shortage.objects.filter(component__order=order).exists()
    assert (figures(part), figures(scarce)) == ((100, 0), (3, 0))
    require_true_ledgers()


@pytest.mark.parametrize("attempt", range(4))
def test_a_line_is_removed_or_reported_on_never_both(attempt: int) -> None:
    room = Stockroom()
    part = room.material(100)
    order = room.running(room.product({part: 1}), 10)
    line = adding(room, order, room.product({part: 2}))()
    reporting = room.doing(
        actions.report, order, count=Count(Decimal(1), Decimal(0)), where=Circumstances(line_id=line.pk)
    )
    removed, reported = at_once(room.doing(actions.remove_line, order, line_id=line.pk), reporting)
    if isinstance(removed, BaseException):
        assert told([removed, reported]) == {"line_has_production": 1, "done": 1}
        assert figures(part) == (98, 18)
    else:
        assert isinstance(reported, NotFound)
        assert not OrderLine.objects.filter(pk=line.pk).exists()
        assert figures(part) == (100, 10)
    require_true_ledgers()


def test_a_line_that_several_remove_goes_once() -> None:
    room = Stockroom()
    part = room.material(100)
    order = room.running(room.product({part: 1}), 10)
    line = adding(room, order, room.product({part: 2}))()
    outcomes = at_once(*[room.doing(actions.remove_line, order, line_id=line.pk)] * 4)
    assert told(outcomes) == {"done": 1, "not_found": 3}
    assert figures(part) == (100, 10)
    require_true_ledgers()


def test_of_several_orders_that_want_one_reference_one_gets_it() -> None:
    room = Stockroom()
    product = room.product({room.material(10): 1})
    orders = [room.draft(product, 1) for _ in range(5)]
    outcomes = at_once(*(room.doing(actions.amend, order, changes={"reference": "WANTED"}) for order in orders))
    assert told(outcomes) == {"done": 1, "duplicate": 4}
    assert ProductionOrder.objects.filter(reference="WANTED").count() == 1


def test_orders_that_change_their_layers_in_opposite_directions_never_wait_crosswise() -> None:
    room = Stockroom()
    leaf = room.material(1000)
    assembly = room.product({leaf: 1})
    room.receive(assembly, 1000)
    product = room.product({assembly: 1})
    orders = [room.approved(product, 10, layer=layer) for layer in ("first", "leaves") * 3]
    before = deadlocks()

    def to_and_fro(order: ProductionOrder) -> Callable[[], None]:
        def work() -> None:
            layer = order.layer
            for _ in range(4):
                layer = "leaves" if layer == "first" else "first"
                room.doing(actions.change_layer, order, layer=layer)()

        return work

    assert refused(at_once(*(to_and_fro(order) for order in orders))) == []
    assert (figures(leaf), figures(assembly), deadlocks()) == ((1000, 30), (1000, 30), before)
    require_true_ledgers()

"""Orders of several lines are signed off at once: each line's difference moves stock, and nobody waits crosswise."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import Item
from orders import actions
from orders.materials import production
from orders.models import ProductionOrder
from orders.specs import Circumstances, Count, LineCount, NewLine
from tests import floor
from tests.races.stockroom import Stockroom, deadlocks, figures, refused, require_true_ledgers
from tests.races.test_confirms_at_once import meet
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def completed(room: Stockroom, *items: Item) -> ProductionOrder:
    """An order with a line of ten for each item, of which nine were made."""
    lines = [NewLine(item=item, target=Decimal(10)) for item in items]
    order: ProductionOrder = floor.done(actions.create, by=room.by, lines=lines)
    for verb in (actions.approve, actions.start):
        floor.done(verb, order_id=order.pk, by=room.by)
    for line in order.lines.all():
        where = Circumstances(line_id=line.pk)
        room.doing(actions.report, order, count=Count(Decimal(9), Decimal(0)), where=where)()
    floor.done(actions.complete, order_id=order.pk, by=room.by)
    return order


def signing(room: Stockroom, order: ProductionOrder) -> Any:
    """Of each line it were ten after all."""
    lines = [LineCount(line_id=line.pk, good=Decimal(10), rejected=Decimal(0)) for line in order.lines.all()]
    total = Decimal(10 * len(lines))
    return room.doing(actions.verify, order, final=total, good=total, rejected=Decimal(0), lines=lines)


class Crosswise:
    """Two orders of the same two products, the one in the other's order; both have planned a line before either goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = Stockroom()
        self.parts = [self.room.material(30, 30) for _ in range(2)]
        first, second = (self.room.product({part: 1}) for part in self.parts)
        orders = [completed(self.room, first, second), completed(self.room, second, first)]
        self.calls = [signing(self.room, order) for order in orders]
        barrier, plan = threading.Barrier(2), production.plan

        def planned(*args: Any, **kwargs: Any) -> Any:
            found = plan(*args, **kwargs)
            meet(barrier, patience=0.5)
            return found

        monkeypatch.setattr(production, "plan", planned)

    def signed(self) -> list[BaseException]:
        told = refused(at_once(*self.calls))
        assert [figures(part) for part in self.parts] == [(40, 0), (40, 0)]
        assert set(ProductionOrder.objects.values_list("state", flat=True)) == {"verified"}
        require_true_ledgers()
        return told


def test_orders_that_list_the_same_products_in_another_order_are_signed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, before = Crosswise(monkeypatch), deadlocks()
    assert scene.signed() == []
    assert deadlocks() == before


def test_control_locked_line_by_line_they_deadlock_and_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production, "lock_for", lambda order, lines: None)
    scene, before = Crosswise(monkeypatch), deadlocks()
    assert scene.signed() == []
    assert deadlocks() == before + 1, "no deadlock came about, so nothing is proved"

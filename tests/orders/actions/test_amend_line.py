"""amend_line: what a face keeps of a line, told with before and after; nothing is written where nothing differs."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import NotFound
from orders import actions
from orders.facts import facts_of
from orders.models import OrderFacts, OrderLine, ProductionOrder
from orders.problems import IllegalTransition
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def line_of(order: ProductionOrder) -> OrderLine:
    return OrderLine.objects.filter(order=order).earliest("sort")


def amended(stage: Stage, order: ProductionOrder, **facts: Any) -> ProductionOrder:
    return stage.do(actions.amend_line, order, line_id=line_of(order).pk, facts=facts)


def test_only_what_differs_is_told_and_the_rest_is_kept() -> None:
    stage = Stage()
    order = amended(stage, stage.draft(10), articleName="Cap", status=1)
    order = amended(stage, order, status=2, time=Decimal("1.50"))
    line = line_of(order)
    event = order.events.latest("seq")
    assert (event.verb, event.moved, event.seq) == ("amend_line", False, 3)
    assert event.data == {
        "line": str(line.uuid), "sku": stage.item.sku,
        "facts": {"status": {"before": 1, "after": 2}, "time": {"before": None, "after": "1.5"}},
    }  # fmt: skip
    kept = facts_of([order.pk], face=stage.by.face)[order.pk]
    assert kept.lines[line.pk] == {"articleName": "Cap", "status": 2, "time": "1.5"}
    assert (line.target, order.quantity_target) == (10, 10)


def test_none_forgets() -> None:
    stage = Stage()
    order = amended(stage, stage.draft(10), articleName="Cap", status=1)
    order = amended(stage, order, articleName=None)
    assert OrderFacts.objects.get(order=order).data == {"status": 1}


@pytest.mark.parametrize("again", [{"status": 1}, {"time": Decimal("0.500")}, {"articleName": None}, {}])
def test_no_difference_writes_nothing(again: dict[str, Any]) -> None:
    stage = Stage()
    order = amended(stage, stage.draft(10), status=1, time=Decimal("0.5"))
    before = everything()
    amended(stage, order, **again)
    assert everything() == before


def test_another_orders_line_is_missing() -> None:
    stage = Stage()
    order, other = stage.draft(10), stage.draft(10)
    before = everything()
    with pytest.raises(NotFound):
        actions.amend_line(order_id=order.pk, by=stage.by, line_id=line_of(other).pk, facts={"status": 1})
    assert everything() == before


def test_after_production_it_is_refused_also_without_a_difference() -> None:
    stage = Stage()
    order = stage.completed(10)
    before = everything()
    for facts in ({"status": 1}, {}):
        with pytest.raises(IllegalTransition):
            actions.amend_line(order_id=order.pk, by=stage.by, line_id=line_of(order).pk, facts=facts)
    assert everything() == before


def test_faces_keep_their_facts_apart() -> None:
    stage = Stage()
    order = stage.draft(10)
    amended(stage, order, status=1)
    actions.amend_line(
        order_id=order.pk, by=replace(stage.by, face="store"), line_id=line_of(order).pk, facts={"status": 2}
    )
    line = line_of(order).pk
    assert facts_of([order.pk], face="store")[order.pk].lines == {line: {"status": 2}}
    assert facts_of([order.pk], face=stage.by.face)[order.pk].lines == {line: {"status": 1}}

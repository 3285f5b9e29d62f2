"""Totals of many large lines have more digits than Python keeps by itself: no verb rounds them where it compares."""

from decimal import Decimal

import pytest

from factoryos.kernel.quantities import exactly
from orders import actions
from orders.models import OrderLine, ProductionOrder
from orders.problems import OverProduction
from orders.specs import Count, LineCount, NewLine, Policy, Share
from tests import floor
from tests.orders.stage import Stage
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

LARGE = Decimal("999999999999.123456789012347")  # 27 digits; of fifteen the sum has 29
LAST = Decimal("0.000000000000001")


def of_fifteen(stage: Stage) -> ProductionOrder:
    lines = [NewLine(floor.an_item(stage.factory), LARGE) for _ in range(15)]
    return floor.done(actions.create, by=stage.by, lines=lines)


@exactly()
def sums(lines: list[LineCount]) -> tuple[Decimal, Decimal]:
    return sum((line.good for line in lines), Decimal(0)), sum((line.rejected for line in lines), Decimal(0))


def test_an_order_is_planned_on_a_machine_for_all_it_makes() -> None:
    stage = Stage()
    order = stage.do(actions.schedule, of_fifteen(stage), shares=[Share(machine=stage.machine)])
    with exactly():
        assert order.assignments.get().quantity == order.quantity_target == 15 * LARGE
    require_truth()


def test_what_was_made_is_signed_to_its_last_digit() -> None:
    stage = Stage()
    order = stage.do(actions.start, stage.do(actions.approve_best_effort, of_fifteen(stage)))
    for line in order.lines.all():
        stage.report(order, good=str(LARGE), line_id=line.pk)
    stage.do(actions.complete, order)
    signed = [LineCount(line.pk, line.good, LAST) for line in OrderLine.objects.filter(order=order)]
    good, rejected = sums(signed)
    with exactly():
        final = good + rejected
    floor.done(
        actions.verify, order_id=order.pk, by=stage.by, final=final, good=good, rejected=rejected, lines=signed
    )  # fmt: skip
    verified = ProductionOrder.objects.get(pk=order.pk)
    assert (verified.quantity_good, verified.quantity_rejected, verified.quantity_final) == (good, rejected, final)
    require_truth()


def test_the_last_digit_too_many_is_too_many() -> None:
    stage = Stage()
    lines = [NewLine(stage.item, 20 * LARGE.quantize(Decimal("0.001")))]
    order = floor.done(actions.create, by=stage.by, lines=lines, policy=Policy("strict"))
    order = stage.do(actions.start, stage.do(actions.approve_best_effort, order))
    for _ in range(20):
        stage.report(order, good=str(LARGE.quantize(Decimal("0.001"))))
    with pytest.raises(OverProduction):
        floor.done(actions.report, order_id=order.pk, by=stage.by, count=Count(LAST, Decimal(0)))
    require_truth()

"""report_counts: which line a machine's pieces go to when lines come and go under it."""

from decimal import Decimal

import pytest

from orders import actions
from orders.machine_counts import Outcome
from orders.models import OrderLine, ProductionOrder
from orders.specs import NewLine
from tests import floor
from tests.counted import a_count, booked, good_of
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db


def lines(order: ProductionOrder) -> list[OrderLine]:
    return list(OrderLine.objects.filter(order=order).order_by("sort"))


def without_lines(stage: Stage) -> ProductionOrder:
    order = stage.running(10)
    return stage.do(actions.remove_line, order, line_id=lines(order)[0].pk)


def test_what_is_counted_while_an_order_has_no_line_is_nobodys_and_costs_the_others_nothing() -> None:
    stage = Stage()
    order, other = without_lines(stage), floor.a_machine(stage.factory)
    another = stage.running(on=[other])
    nobodys, counted = booked(a_count(stage.machine, 5, key="k"), a_count(other, 7))
    assert (nobodys.outcome, nobodys.entry_id) == (Outcome.UNASSIGNED, None)
    assert nobodys.text == f"{order.reference} has no lines"
    assert (counted.outcome, good_of(another), good_of(order)) == (Outcome.BOOKED, 7, 0)
    before = everything()
    assert booked(a_count(stage.machine, 5, key="k")) == [nobodys]
    assert everything() == before


def test_with_a_line_again_it_counts_for_that() -> None:
    stage = Stage()
    order, item = without_lines(stage), floor.an_item(stage.factory)
    floor.done(actions.add_line, order_id=order.pk, by=stage.by, line=NewLine(item, Decimal(3)))
    (counted,) = booked(a_count(stage.machine, 5))
    assert (counted.outcome, lines(order)[0].good) == (Outcome.BOOKED, 5)
    require_truth()


def test_a_machine_whose_line_was_removed_makes_the_first_unfinished_one() -> None:
    stage = Stage()
    order = stage.running(10, 20)
    second = lines(order)[1]
    order.assignments.update(line=second)
    stage.do(actions.remove_line, order, line_id=second.pk)
    (counted,) = booked(a_count(stage.machine, 5))
    assert (counted.outcome, lines(order)[0].good) == (Outcome.BOOKED, 5)
    require_truth()

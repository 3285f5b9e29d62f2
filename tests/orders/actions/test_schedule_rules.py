"""What schedule judges itself, on the locked order, whichever face asks."""

from datetime import timedelta
from decimal import Decimal

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid
from manufacturing.models import Method
from orders import actions
from orders.models import Assignment, ProductionOrder
from orders.specs import Share
from tests.floor import a_factory, a_machine, an_actor, an_item, an_order

pytestmark = pytest.mark.django_db


def refused(**arguments: object) -> bool:
    """Whether schedule refuses this for a new order of 1000, and leaves no trace."""
    by = an_actor(factory := a_factory())
    order = an_order(by)
    machine = a_machine(factory)
    shares = arguments.pop("shares", None) or [Decimal(1000)]
    method = Method.objects.create(factory=factory, item=an_item(factory), code="X", name="X")
    if arguments.pop("foreign_method", False):
        arguments["method"] = method
    with pytest.raises(Invalid):
        actions.schedule(
            order_id=order.pk, by=by, shares=[Share(part, machine=machine) for part in shares], **arguments
        )  # type: ignore[arg-type]
    return ProductionOrder.objects.get(pk=order.pk).version == 1 and not Assignment.objects.filter(order=order).exists()


def test_shares_that_do_not_add_up_to_the_target_are_refused() -> None:
    assert refused(shares=[Decimal(600), Decimal(300)])


def test_another_products_method_is_refused() -> None:
    assert refused(foreign_method=True)


def test_an_end_before_the_start_is_refused() -> None:
    now = clock.now()
    assert refused(planned_start=now, planned_end=now - timedelta(hours=1))


def test_a_share_without_a_quantity_is_the_whole_target_as_it_is_now() -> None:
    by = an_actor(factory := a_factory())
    order = an_order(by)
    actions.adjust_quantity(order_id=order.pk, by=by, target=Decimal(1200), reason="more")
    actions.schedule(order_id=order.pk, by=by, shares=[Share(machine=a_machine(factory))])
    assert Assignment.objects.get(order=order).quantity == 1200


def test_without_a_method_the_products_default_is_taken() -> None:
    by = an_actor(factory := a_factory())
    order = an_order(by)
    method = Method.objects.create(factory=factory, item_id=order.item_id, code="STD", name="Standard", default=True)
    actions.schedule(order_id=order.pk, by=by, shares=[Share(machine=a_machine(factory))])
    assert ProductionOrder.objects.get(pk=order.pk).method_id == method.pk

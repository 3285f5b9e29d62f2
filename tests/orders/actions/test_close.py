"""complete and close: whatever the counts, and what leaves the house."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from factoryos.kernel.problems import Invalid
from orders import actions
from orders.models import ProductionOrder
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


EIGHT = datetime(2026, 4, 20, 8, tzinfo=UTC)


def verified(stage: Stage) -> ProductionOrder:
    order = stage.completed()
    stage.verify(order, good=988, rejected=12)
    return order


def test_close_keeps_the_shipment_on_the_order_and_in_the_event() -> None:
    stage = Stage()
    facts = {"carrier": "DHL", "trackingNumber": "1Z", "shippedAt": EIGHT, "quantity": Decimal(988)}
    order = stage.do(actions.close, verified(stage), shipment=facts)
    kept = {"carrier": "DHL", "trackingNumber": "1Z", "shippedAt": EIGHT.isoformat(), "quantity": "988"}
    assert (order.state, order.shipment) == ("closed", kept)
    assert order.events.latest("seq").data == {"shipment": kept}


def test_no_more_is_shipped_than_is_good() -> None:
    stage = Stage()
    order = verified(stage)
    before = everything()
    with pytest.raises(Invalid):
        actions.close(order_id=order.pk, by=stage.by, shipment={"quantity": Decimal(989)})
    assert everything() == before


def test_complete_takes_any_count_and_ends_production() -> None:
    stage = Stage()
    for good in (0, 999, 1001):
        order = stage.running()
        if good:
            stage.report(order, good=good)
        order = stage.do(actions.complete, order)
        assert (order.state, order.quantity_good, order.quantity_final) == ("completed", good, None)
        assert order.actual_end is not None
        assert not order.assignments.get().active

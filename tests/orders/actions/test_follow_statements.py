"""What follow_statements makes of one statement after another: state, quantities, details, conflicts, waiting."""

import pytest
from orders.statements import Followed
from tests import floor
from tests.orders.truth import require_truth
from tests.stated import Sender, order_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender():
    return Sender(floor.a_factory(requires_verification=False))

def test_seed(sender):
    o = sender.say(goal="completed", made=498)
    assert o.result == Followed.DONE, o
    order = order_of(o)
    assert (order.state, order.quantity_good, order.reference) == ("completed", 498, "MO-1")
    assert [e.verb for e in order.events.order_by("seq")] == ["create","schedule","start","report","complete"]
    print([e.data for e in order.events.order_by("seq")])
    require_truth()
    o = sender.say(goal="closed", made=498)
    assert o.result == Followed.DONE, o
    assert order_of(o).state == "closed"
    require_truth()

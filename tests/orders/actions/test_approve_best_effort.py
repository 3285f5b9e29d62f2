"""approve_best_effort: approved with what is there; what is short is told, waited for and served when it comes."""

import pytest

from manufacturing.problems import MaterialShort
from orders import actions
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, reserved_by, waits_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("policy", ["strict", "best_effort"])
@pytest.mark.parametrize("submitted", [False, True])
def test_what_is_there_is_reserved_and_the_rest_is_waited_for(submitted: bool, policy: str) -> None:
    room = Storeroom(per_unit=2, stock=7, material_policy=policy)
    order = room.draft(10)
    order = room.do(actions.submit, order) if submitted else order
    order = room.do(actions.approve_best_effort, order, reason="customer waits")
    assert order.state == "approved"
    assert (reserved_by(order), waits_for(order)) == ({None: 7}, {room.part.sku: 13})
    event = order.events.latest("seq")
    assert (event.verb, event.moved, event.reason) == ("approve", True, "customer waits")
    assert event.data == {
        "reserved": [{"sku": room.part.sku, "quantity": "7"}],
        "short": [{"sku": room.part.sku, "quantity": "13"}],
    }


def test_with_enough_there_is_nothing_to_tell_of_what_is_short() -> None:
    room = Storeroom(stock=50)
    order = room.do(actions.approve_best_effort, room.draft(10))
    assert order.events.latest("seq").data == {"reserved": [{"sku": room.part.sku, "quantity": "10"}]}
    assert (room.stock(), waits_for(order)) == ((50, 10), {})


def test_an_order_that_needs_nothing_is_approved() -> None:
    room = Storeroom()
    order = room.do(actions.approve_best_effort, room.draft(10, item=room.part))
    assert (order.state, order.events.latest("seq").data) == ("approved", {})


def test_the_all_or_nothing_of_approve_is_as_it_was() -> None:
    room = Storeroom(stock=7)
    order = room.draft(10)
    before = everything()
    with pytest.raises(MaterialShort):
        actions.approve(order_id=order.pk, by=room.by)
    assert everything() == before

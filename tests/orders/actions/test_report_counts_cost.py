"""report_counts costs a few queries, however many counts, orders, components and factories there are in a call."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manufacturing.models import Machine
from orders.machine_counts import Outcome
from tests import floor
from tests.counted import a_count, booked
from tests.orders.storeroom import Storeroom

pytestmark = pytest.mark.django_db

QUERIES = 11  # savepoints aside


def queries_for(machines: list[Machine], *, each: int = 1) -> int:
    counts = [a_count(machine, 1) for machine in machines for _ in range(each)]
    with CaptureQueriesContext(connection) as captured:
        outcomes = booked(*counts)
    assert [one.outcome for one in outcomes] == [Outcome.BOOKED] * len(counts)
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def a_hall(machines: int) -> list[Machine]:
    """Machines of a factory that run orders of a product with two components, one of them in lots, one too scarce."""
    room = Storeroom(per_unit=1, stock=3)
    lotted = room.ingredient(tracking="lot")
    room.deliver(10_000, "L1", item=lotted)
    item = room.product({room.part: 1, lotted: "0.3"})
    hall = [floor.a_machine(room.factory) for _ in range(machines)]
    for machine in hall:
        room.running(10, item=item, on=[machine])
    return hall


def test_a_call_costs_the_same_for_one_count_for_twenty_orders_and_for_two_hundred_counts() -> None:
    hall = a_hall(20)
    assert queries_for(hall[:1]) == QUERIES
    assert queries_for(hall) == QUERIES
    assert queries_for(hall, each=10) == QUERIES


def test_several_factories_cost_no_more_than_one() -> None:
    halls = [a_hall(1) for _ in range(3)]
    booked(*(a_count(machine, 1) for (machine,) in halls))
    assert queries_for([machine for (machine,) in halls]) == QUERIES

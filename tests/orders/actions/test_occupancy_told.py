"""A run that begins or ends on a machine that counts by itself is told, with the very instant that was written."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel.models import OutboxMessage
from manufacturing.models import Machine
from orders import actions
from orders.models import Assignment, ProductionOrder
from tests import floor
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def a_counted_machine(stage: Stage) -> Machine:
    return floor.a_machine(stage.factory, counted=True)


def told() -> list[dict[str, Any]]:
    """The boundaries told since it was last asked."""
    messages = OutboxMessage.objects.filter(topic="machine.boundary").order_by("id")
    payloads = [{**message.payload, "order": message.key, "factory": message.factory_id} for message in messages]
    messages.delete()
    return payloads


def instants(order: ProductionOrder, which: str) -> set[datetime]:
    return set(Assignment.objects.filter(order=order, machine__counted=True).values_list(which, flat=True))


def test_a_start_is_told_for_the_counted_machines_alone() -> None:
    stage = Stage()
    counted = [a_counted_machine(stage) for _ in range(2)]
    order = stage.running(900, on=[counted[1], stage.machine, counted[0]])
    (message,) = told()
    assert (message["order"], message["factory"]) == (str(order.uuid), stage.factory.pk)
    assert message["machines"] == [machine.pk for machine in counted]
    assert {datetime.fromisoformat(message["at"])} == instants(order, "active_from")


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("pause", {"reason": "tool_change"}), ("complete", {}), ("cancel", {}), ("hold", {"reason": "wrong resin"})],
)
def test_whatever_ends_a_run_is_told(verb: str, arguments: dict[str, Any]) -> None:
    stage = Stage()
    machine = a_counted_machine(stage)
    order = stage.running(on=[machine, stage.machine])
    told()
    floor.done(getattr(actions, verb), order_id=order.pk, by=stage.by, **arguments)
    (message,) = told()
    assert message["machines"] == [machine.pk]
    assert {datetime.fromisoformat(message["at"])} == instants(order, "active_until")


@pytest.mark.parametrize("verbs", [("pause", "resume"), ("complete", "rework")])
def test_a_run_that_goes_on_later_is_told_again(verbs: tuple[str, str]) -> None:
    stage = Stage()
    machine = a_counted_machine(stage)
    order = stage.running(on=[machine])
    reasons = {"pause": {"reason": "tool_change"}, "rework": {"reason": "burrs"}}
    stage.do(getattr(actions, verbs[0]), order, **reasons.get(verbs[0], {}))
    told()
    stage.do(getattr(actions, verbs[1]), order, **reasons.get(verbs[1], {}))
    (message,) = told()
    assert {datetime.fromisoformat(message["at"])} == instants(order, "active_from")


def test_nothing_is_told_and_nothing_more_asked_where_no_machine_counts() -> None:
    stage = Stage()
    order = stage.scheduled()
    costs = []
    for verb, arguments in ((actions.start, {}), (actions.pause, {"reason": "tool_change"})):
        with CaptureQueriesContext(connection) as captured:
            order = stage.do(verb, order, **arguments)
        costs.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    assert told() == []
    assert costs == [COST_OF_A_START, COST_OF_A_PAUSE]


def test_an_order_that_ran_nowhere_ends_without_a_word() -> None:
    stage = Stage()
    stage.do(actions.cancel, stage.scheduled(on=[a_counted_machine(stage)]))
    assert told() == []


COST_OF_A_START, COST_OF_A_PAUSE = 8, 5  # queries, reading the order again among them

"""What a load balancer and a scraper are told of statements that orders do not follow."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from factoryos.kernel.tasks import canary
from orders.models import IngestHead
from tests.floor import a_factory
from tests.orders.ingest.stating import NOON, state

pytestmark = pytest.mark.django_db


def test_statements_that_nobody_follows_are_reported(client: Client) -> None:
    canary()
    answer = client.get("/readyz").json()
    assert (answer["warnings"], answer["statementsOldestSeconds"], answer["statementsFailing"]) == ([], None, 0)
    state(a_factory())
    answer = client.get("/readyz").json()
    assert (answer["warnings"], answer["statementsOldestSeconds"] < 200) == ([], True)
    IngestHead.objects.update(due_at=F("due_at") - timedelta(seconds=400))
    answer = client.get("/readyz").json()
    assert answer["warnings"] == ["orders do not follow what planning systems state"]
    assert 400 <= answer["statementsOldestSeconds"] < 600
    assert "factoryos_statements_oldest_seconds 4" in client.get("/metrics").content.decode()
    IngestHead.objects.update(due_at=F("due_at") + timedelta(days=1))
    assert client.get("/readyz").json()["statementsOldestSeconds"] is None


def test_a_statement_that_fails_again_and_again_is_reported_and_one_that_failed_once_is_not(client: Client) -> None:
    canary()
    state(a_factory())
    IngestHead.objects.update(state="failed", attempts=2)
    assert client.get("/readyz").json()["warnings"] == []
    IngestHead.objects.update(attempts=3)
    answer = client.get("/readyz").json()
    assert answer["status"] == "ready"
    assert answer["warnings"] == [
        "statements of planning systems fail again and again by a fault of ours: the log says why"
    ]
    assert "factoryos_statements_failing 1.0" in client.get("/metrics").content.decode()


def test_a_scraper_sees_how_many_orders_do_not_follow_and_why(client: Client) -> None:
    factory = a_factory()
    for number, (word, due) in enumerate(
        [("pending", NOON), ("conflict", None), ("conflict", None), ("waiting", None), ("done", None)]
    ):
        state(factory, f"MO-{number}")
        IngestHead.objects.filter(order_number=f"MO-{number}").update(state=word, due_at=due)
    told = client.get("/metrics").content.decode()
    for line in ('{state="conflict"} 2.0', '{state="pending"} 1.0', '{state="waiting"} 1.0'):
        assert f"factoryos_statements{line}" in told
    assert 'factoryos_statements{state="done"}' not in told

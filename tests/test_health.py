"""/healthz, /readyz and /metrics as a load balancer and a scraper meet them."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.multiprocess import MultiProcessCollector

from factoryos import health
from factoryos.kernel import clock, metrics
from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.tasks import canary
from iot.models import PollShard
from tests.floor import a_factory, an_actor, an_order
from tests.polling.wiring import a_connection

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that does not answer."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("connection refused: host=secret.example password=hush")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "close", lambda: None)
    yield


def test_alive_asks_nobody(client: Client) -> None:
    """No database here: pytest-django would refuse a query."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready_without_a_worker_is_ready_with_a_warning(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert answer.json()["warnings"] == ["no Celery worker has taken a message lately"]
    canary()
    answer = client.get("/readyz").json()
    assert answer["warnings"] == []
    assert 0 <= answer["canarySeconds"] < 60


@pytest.mark.django_db
def test_an_outbox_that_is_not_told_is_reported(client: Client) -> None:
    canary()
    OutboxMessage.objects.create(topic="a", key="1", created_at="2026-01-01T00:00:00Z")
    OutboxMessage.objects.create(topic="a", key="2", parked_at=clock.now())
    answer = client.get("/readyz").json()
    assert (answer["outboxBacklog"], answer["outboxParked"]) == (1, 1)
    assert answer["outboxOldestSeconds"] > 3600
    assert answer["warnings"] == [
        "the outbox is not being told",
        "messages of the outbox were given up and wait for a person",
    ]


@pytest.mark.django_db
def test_machines_that_nobody_polls_are_reported(client: Client) -> None:
    canary()
    assert client.get("/readyz").json()["pollingSeconds"] is None  # there are none
    line = a_connection(a_factory())
    answer = client.get("/readyz").json()
    assert (answer["warnings"], answer["pollingSeconds"] < 20) == ([], True)
    PollShard.objects.update(polled_at=clock.now() - timedelta(seconds=40))
    answer = client.get("/readyz").json()
    assert answer["warnings"] == ["some machines are not being polled: is there a worker for the queue poll?"]
    assert 40 <= answer["pollingSeconds"] < 60
    assert "factoryos_polling_seconds 4" in client.get("/metrics").content.decode()
    type(line).objects.update(active=False)
    assert client.get("/readyz").json()["warnings"] == []


def test_without_a_database_it_is_unready_and_tells_no_secret(client: Client, broken: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the database does not answer"]
    assert b"secret.example" not in answer.content
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_with_migrations_missing_it_is_unready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE (app, name) = (SELECT app, max(name) FROM django_migrations"
            " WHERE app = 'orders' GROUP BY app)"
        )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["migrations are not applied"])


@pytest.mark.django_db
def test_metrics_show_requests_orders_and_work_but_no_tenant(client: Client) -> None:
    factory = a_factory(slug="very-secret-plant", name="Very Secret Plant")
    an_order(an_actor(factory))
    canary()
    health.observe(face="factory", method="POST", status=201, seconds=0.02)
    health.observe(face="factory", method="BREW", status=405, seconds=0.02)
    text = client.get("/metrics").content.decode()
    assert 'factoryos_http_request_seconds_count{face="factory",method="POST",status="201"} ' in text
    assert 'method="OTHER",status="405"' in text
    assert "BREW" not in text
    assert 'factoryos_orders{state="draft"} 1.0' in text
    assert "factoryos_outbox_backlog 1.0" in text
    assert "factoryos_canary_seconds" in text
    assert "factoryos_database_up 1.0" in text
    assert "secret" not in text.lower()


@pytest.mark.django_db
def test_every_request_is_counted_by_its_face(client: Client) -> None:
    def counted() -> tuple[float, float]:
        """By this process: other tests are counted by theirs, in the same folder."""
        values: Counter[str] = Counter()
        own = [str(file) for file in Path(metrics.FOLDER).glob(f"*_{os.getpid()}.db")]
        for metric in MultiProcessCollector.merge(own):
            for sample in metric.samples:
                if sample.name.endswith("_count") and sample.labels["method"] == "GET":
                    values[sample.labels["face"]] += int(sample.value)
        return values["page"], values["factory"]

    page, face = counted()
    client.get("/healthz")
    client.get("/api/factories/nowhere/production-orders")
    assert counted() == (page + 1, face + 1)


def test_metrics_without_a_database_say_so(client: Client, broken: None) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"factoryos_database_up 0.0" in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("production", "token", "shown", "status"),
    [(False, "", None, 200), (True, "", None, 404), (True, "", "Bearer ", 404), (True, "t0ken", None, 404),
     (True, "t0ken", "Bearer other", 404), (True, "t0ken", "t0ken", 404), (True, "t0ken", "Bearer t0ken", 200),
     (False, "t0ken", None, 404), (True, "t0ken", "Bearer tökén", 404)],
)  # fmt: skip
def test_metrics_are_for_who_may_read_them(
    client: Client, settings: Any, production: bool, token: str, shown: str | None, status: int
) -> None:
    settings.PRODUCTION, settings.METRICS_TOKEN = production, token
    answer = client.get("/metrics", headers={"authorization": shown} if shown else {})
    assert answer.status_code == status
    assert (b"factoryos_" in answer.content) == (status == 200)


OBSERVE = "import django; django.setup(); from factoryos.kernel import metrics as m; "


def test_a_scrape_adds_up_the_web_processes_of_one_server_and_a_new_server_begins_at_nought(tmp_path: Path) -> None:
    """This test is the server's master; each child is a web process of it."""
    one = "m.observe(face='factory', method='GET', status=299, seconds=0.01)"
    tell = "from prometheus_client import generate_latest; print(generate_latest(m.requests_counted()).decode())"
    stale = tmp_path / "metrics" / "999999-1"
    stale.mkdir(parents=True)

    def web_process(code: str) -> str:
        environment = {**os.environ, "FACTORYOS_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "factoryos.settings"}
        ran = subprocess.run(
            [sys.executable, "-c", OBSERVE + code], cwd=PROJECT, env=environment, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    web_process(one)
    web_process(one)
    assert 'count{face="factory",method="GET",status="299"} 2.0' in web_process(tell)
    assert not stale.exists()
    assert [folder.name for folder in (tmp_path / "metrics").iterdir()] == [metrics._name_of(os.getpid())]

"""Whether this server lives and can serve, and its numbers for Prometheus: /healthz, /readyz and /metrics."""

import hmac
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from factoryos.kernel import metrics
from factoryos.kernel.metrics import observe

__all__ = ["observe", "urlpatterns"]

WORKER_DEAF_AFTER_S = 120  # the canary sings every 30 s
OUTBOX_LATE_AFTER_S = 300
STATEMENTS_LATE_AFTER_S = 300
FAILURES_OF_A_MOMENT = 2  # of one head; seconds later it may have gone well
POLLING_LATE_AFTER_S = 30  # a poller says every three seconds that it is at work

# Migrations are never taken back under a running server: once seen applied, they are not asked for again.
_migrated = False


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; asks nobody else, so that a slow database restarts no web server."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served, else 503 with the reasons. A missing worker is a warning: serving goes on."""
    try:
        numbers, reasons = _numbers(), [] if _is_migrated() else ["migrations are not applied"]
    except (DatabaseError, InterfaceError):
        connection.close()  # it may be a dead one; the next request opens another
        numbers, reasons = {}, ["the database does not answer"]
    warnings = _warnings(numbers) if numbers else []
    body = {"status": "unready" if reasons else "ready", "reasons": reasons, "warnings": warnings, **numbers}
    return JsonResponse(body, status=503 if reasons else 200)


def _is_migrated() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _numbers() -> dict[str, Any]:
    """Outbox, canary, polling and statements; ages in seconds, None where there is nothing to have an age."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('kernel_outboxmessage') IS NOT NULL AND to_regclass('iot_pollshard') IS NOT NULL"
            " AND to_regclass('orders_ingesthead') IS NOT NULL"
        )
        if not cursor.fetchone()[0]:
            return {}
        cursor.execute(
            """
            SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at))::float,
                (SELECT count(*) FROM kernel_outboxmessage WHERE done_at IS NULL AND parked_at IS NOT NULL),
                (SELECT greatest(0, extract(epoch FROM clock_timestamp() - updated_at))::float
                    FROM kernel_ratebucket WHERE key = 'canary'),
                (SELECT max(greatest(0, extract(epoch FROM clock_timestamp() - coalesce(polled_at, created_at))))::float
                    FROM iot_connection JOIN iot_pollshard ON iot_pollshard.id = shard_id WHERE active),
                (SELECT extract(epoch FROM statement_timestamp() - min(due_at))::float
                    FROM orders_ingesthead WHERE due_at <= statement_timestamp()),
                (SELECT count(*) FROM orders_ingesthead WHERE state <> 'done' AND state = 'failed' AND attempts > %s)
            FROM kernel_outboxmessage WHERE done_at IS NULL AND parked_at IS NULL
            """,
            [FAILURES_OF_A_MOMENT],
        )
        names = (
            "outboxBacklog", "outboxOldestSeconds", "outboxParked", "canarySeconds", "pollingSeconds",
            "statementsOldestSeconds", "statementsFailing",
        )  # fmt: skip
        return dict(zip(names, cursor.fetchone(), strict=True))


def _warnings(numbers: dict[str, Any]) -> list[str]:
    found = []
    if numbers["canarySeconds"] is None or numbers["canarySeconds"] > WORKER_DEAF_AFTER_S:
        found.append("no Celery worker has taken a message lately")
    if (numbers["outboxOldestSeconds"] or 0) > OUTBOX_LATE_AFTER_S:
        found.append("the outbox is not being told")
    if numbers["outboxParked"]:
        found.append("messages of the outbox were given up and wait for a person")
    if (numbers["pollingSeconds"] or 0) > POLLING_LATE_AFTER_S:
        found.append("some machines are not being polled: is there a worker for the queue poll?")
    if (numbers["statementsOldestSeconds"] or 0) > STATEMENTS_LATE_AFTER_S:
        found.append("orders do not follow what planning systems state")
    if numbers["statementsFailing"]:
        found.append("statements of planning systems fail again and again by a fault of ours: the log says why")
    return found


@require_safe
@never_cache
def numbers_for_prometheus(request: HttpRequest) -> HttpResponse:
    """All factories together, no tenant's name. In production only for who shows FACTORYOS_METRICS_TOKEN; else 404."""
    if not _may_read(request):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    registry = metrics.requests_counted()
    registry.register(DatabaseNumbers())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if not token:
        return not settings.PRODUCTION
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


class DatabaseNumbers:
    """What the database alone knows, asked at each scrape: the same whichever process answers."""

    def collect(self) -> Iterable[Metric]:
        try:
            numbers, orders, heads = _numbers(), _orders_by_state(), _statements_by_state()
        except (DatabaseError, InterfaceError):
            connection.close()
            yield GaugeMetricFamily("factoryos_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("factoryos_database_up", "Whether the database answers.", value=1)
        for name, key, text in _GAUGES:
            if (value := numbers.get(key)) is not None:
                yield GaugeMetricFamily(name, text, value=value)
        yield _by_state("factoryos_orders", "Production orders by state, all factories.", orders)
        yield _by_state("factoryos_statements", "Orders that do not equal the newest version stated, by why.", heads)


def _by_state(name: str, text: str, counts: Iterable[tuple[str, int]]) -> GaugeMetricFamily:
    states = GaugeMetricFamily(name, text, labels=["state"])
    for state, count in counts:
        states.add_metric([state], count)
    return states


_GAUGES = (
    ("factoryos_outbox_backlog", "outboxBacklog", "Messages not told yet."),
    ("factoryos_outbox_oldest_seconds", "outboxOldestSeconds", "Age of the oldest message not told yet."),
    ("factoryos_outbox_parked", "outboxParked", "Messages given up after too many failures."),
    ("factoryos_canary_seconds", "canarySeconds", "Time since a Celery worker last took a message."),
    ("factoryos_polling_seconds", "pollingSeconds", "Time since a poller was last at work, where that is longest."),
    (
        "factoryos_statements_oldest_seconds",
        "statementsOldestSeconds",
        "For how long the newest version of an order has been due to be followed, where that is longest.",
    ),
    ("factoryos_statements_failing", "statementsFailing", "Orders that fail again and again to follow their version."),
)


def _orders_by_state() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, sum(orders)::bigint FROM orders_ordertally GROUP BY state ORDER BY state")
        return list(cursor.fetchall())


def _statements_by_state() -> list[tuple[str, int]]:
    """What is done is not counted: that would read every order there ever was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM orders_ingesthead WHERE state <> 'done' GROUP BY state ORDER BY state"
        )
        return list(cursor.fetchall())


urlpatterns = [
    path("healthz", alive),
    path("readyz", ready),
    path("metrics", numbers_for_prometheus),
]

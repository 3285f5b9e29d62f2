"""Many calls over HTTP in the same instant: sums, references, remembered answers, and locks not had in time."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from factoryos.dialects.factory import order_calls
from factoryos.kernel import idempotency
from factoryos.kernel.idempotency import Memory
from orders.models import ProductionOrder, QuantityEntry
from tests.calls import Person, Plant, Reply
from tests.evidence import everything
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"productId": "CAP-28", "quantityTarget": 1000}


def posting(person: Person, path: str, body: Any, **headers: str) -> Callable[[], Reply]:
    """A post by the same person with a client of its own, as another connection would bring it."""
    own = Person(person.bearer, slug=person.slug)
    return lambda: own.post(path, body, **headers)


def replies(*calls: Callable[[], Reply]) -> list[Reply]:
    outcomes = at_once(*calls)
    failed = [outcome for outcome in outcomes if not isinstance(outcome, Reply)]
    assert not failed, failed
    return [outcome for outcome in outcomes if isinstance(outcome, Reply)]


def answered(found: list[Reply]) -> dict[tuple[int, str | None], int]:
    return Counter((reply.status, reply.code) for reply in found)


def test_fifty_logs_at_once_are_all_booked_and_add_up() -> None:
    plant = Plant()
    path = plant.order("in_production")
    body = {"quantityProduced": 5, "quantityGood": 5, "quantityRejected": 0}
    found = replies(*(posting(plant.admin, f"{path}/log-quantity", body) for _ in range(50)))
    accepted = sum(reply.status == 201 for reply in found)
    assert {reply.status for reply in found} <= {201, 503}
    assert accepted >= 20
    order = plant.admin.get(path)
    assert (order["quantityGood"], QuantityEntry.objects.count()) == (5 * accepted, accepted)
    assert order["version"] == 3 + accepted
    assert order["assignments"][0]["quantityProduced"] == 5 * accepted


def test_twenty_logs_of_five_are_twenty_entries_and_a_hundred_pieces() -> None:
    plant = Plant()
    path = plant.order("in_production")
    found = replies(*(posting(plant.admin, f"{path}/log-quantity", {"quantityGood": 5}) for _ in range(20)))
    assert answered(found) == {(201, None): 20}
    assert (plant.admin.get(path)["quantityGood"], QuantityEntry.objects.count()) == (100, 20)


def test_sixteen_orders_made_at_once_have_sixteen_references() -> None:
    plant = Plant()
    found = replies(*(posting(plant.admin, "production-orders", NEW) for _ in range(16)))
    assert answered(found) == {(201, None): 16}
    assert len({reply["reference"] for reply in found}) == ProductionOrder.objects.count() == 16


class Waiting:
    """Makes the verb wait, once it has begun, until `others` calls have been answered; counts how often it ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, others: int) -> None:
        self.others, self.runs, self.answered = others, 0, threading.Semaphore(0)
        create = order_calls.create

        def slow(*args: Any, **kwargs: Any) -> Any:
            self.runs += 1
            deadline = time.monotonic() + 5
            for _ in range(self.others):
                self.answered.acquire(timeout=max(0, deadline - time.monotonic()))
            return create(*args, **kwargs)

        monkeypatch.setattr(order_calls, "create", slow)

    def counted(self, call: Callable[[], Reply]) -> Callable[[], Reply]:
        def work() -> Reply:
            reply = call()
            self.answered.release()
            return reply

        return work


def test_sixteen_posts_with_one_key_make_one_order_and_the_others_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant = Plant()
    waiting = Waiting(monkeypatch, others=15)
    calls = [posting(plant.admin, "production-orders", NEW, idempotency_key="k") for _ in range(16)]
    found = replies(*(waiting.counted(call) for call in calls))
    assert answered(found) == {(201, None): 1, (409, "idempotency_in_progress"): 15}
    assert (ProductionOrder.objects.count(), waiting.runs) == (1, 1)
    assert {reply.headers.get("Retry-After") for reply in found if reply.status == 409} == {"1"}
    first = next(reply for reply in found if reply.status == 201)
    for call in calls:
        again = call()
        assert (again.status, again.content, again.headers["Idempotency-Replayed"]) == (201, first.content, "true")
    assert ProductionOrder.objects.count() == 1


def test_control_without_the_keys_lock_the_work_is_done_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row's unique index still lets one order through; but the losers have waited and then fail."""
    plant = Plant()
    barrier = threading.Barrier(4)

    def unlocked(memory: Memory) -> None:
        barrier.wait(10)

    monkeypatch.setattr(idempotency, "recall", unlocked)
    found = replies(*(posting(plant.admin, "production-orders", NEW, idempotency_key="k") for _ in range(4)))
    assert answered(found) == {(201, None): 1, (500, "internal"): 3}
    assert ProductionOrder.objects.count() == 1


def test_control_without_lock_and_memory_every_call_makes_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = Plant()
    monkeypatch.setattr(idempotency, "recall", lambda memory: None)
    monkeypatch.setattr(idempotency, "keep", lambda memory, **answer: None)
    found = replies(*(posting(plant.admin, "production-orders", NEW, idempotency_key="k") for _ in range(4)))
    assert answered(found) == {(201, None): 4}
    assert ProductionOrder.objects.count() == 4


@contextmanager
def held_elsewhere(path: str) -> Iterator[psycopg.Connection[Any]]:
    """The order's row locked by another connection, as a call that takes its time would."""
    with psycopg.connect(**psycopg_parameters()) as other:
        other.execute("SELECT 1 FROM orders_productionorder WHERE uuid = %s FOR UPDATE", [path.split("/")[1]])
        yield other
        other.rollback()


def psycopg_parameters() -> dict[str, Any]:
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}


@pytest.fixture
def impatient() -> Iterator[None]:
    """This connection waits for a lock for 50 ms instead of seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("SET lock_timeout = '50ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{usual}'")


@pytest.mark.usefixtures("impatient")
def test_a_lock_not_had_in_time_is_busy_and_never_a_failure_and_the_key_stays_free() -> None:
    plant = Plant()
    path = plant.order("in_production")
    before = everything()
    with held_elsewhere(path):
        began = time.monotonic()
        reply = plant.admin.post(f"{path}/log-quantity", {"quantityGood": 5}, idempotency_key="k")
        waited = time.monotonic() - began
    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, "busy", "1")
    assert waited >= 5 * 0.05, "it was not tried five times"
    assert everything() == before
    assert plant.admin.post(f"{path}/log-quantity", {"quantityGood": 5}, idempotency_key="k").status == 201


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_comes_free_between_two_attempts_is_no_trouble_at_all() -> None:
    plant = Plant()
    path = plant.order("in_production")
    with held_elsewhere(path) as other:
        ending = threading.Timer(0.12, other.rollback)
        ending.start()
        reply = plant.admin.post(f"{path}/log-quantity", {"quantityGood": 5})
        ending.join()
    assert reply.status == 201
    assert QuantityEntry.objects.count() == 1

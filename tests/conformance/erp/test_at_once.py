"""The worked cases that race, on connections of their own: stock, the ordered quantity, and a key that is in use."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from orders import actions
from orders.models import QuantityEntry
from orders.states import State
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, Program
from tests.evidence import everything
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def posting(plant: Plant, path: str, body: Any = None, **headers: str) -> Callable[[], Reply]:
    """A post with the usual key, over a client of its own."""
    own = Program(plant.erp.bearer)
    return lambda: own.post(path, body, **headers)


def answered(*calls: Callable[[], Reply]) -> Counter[tuple[int, str | None]]:
    replies = [outcome for outcome in at_once(*calls) if isinstance(outcome, Reply)]
    assert len(replies) == len(calls)
    return Counter((reply.status, reply.code) for reply in replies)


@pytest.mark.parametrize("turn", range(3))
def test_two_orders_that_confirm_the_last_stock_at_once(turn: int) -> None:
    plant = Plant(frames=100, boards=200)
    paths = [plant.order(), plant.order()]
    found = answered(*(posting(plant, f"{path}/confirm") for path in paths))
    assert found == {(200, None): 1, (400, "insufficient_stock"): 1}
    assert sorted(plant.erp.get(path)["status"] for path in paths) == ["confirmed", "draft"]
    assert plant.balance(plant.board) == (200, 200)


@pytest.mark.parametrize("turn", range(3))
def test_two_produce_of_60_on_100_at_once(turn: int) -> None:
    plant = Plant()
    path = plant.order(State.APPROVED)
    found = answered(*(posting(plant, f"{path}/produce", {"qty": 60}) for _ in range(2)))
    assert found == {(200, None): 1, (422, "over_production"): 1}
    assert plant.erp.get(path)["producedQty"] == 60
    assert (plant.verbs(path).count("start"), plant.verbs(path).count("report")) == (1, 1)


def test_one_order_confirmed_by_eight_at_once() -> None:
    plant = Plant()
    path = plant.order()
    found = answered(*(posting(plant, f"{path}/confirm") for _ in range(8)))
    assert found == {(200, None): 1, (409, "illegal_state"): 7}
    assert plant.balance(plant.board)[1] == 200


def test_one_work_order_started_by_four_at_once() -> None:
    plant = Plant()
    path = plant.order(State.APPROVED)
    found = answered(*(posting(plant, f"{path}/work-orders/wo_001/start") for _ in range(4)))
    assert found == {(200, None): 1, (409, "illegal_state"): 3}
    assert plant.verbs(path).count("start") == 1


def test_the_same_key_while_the_first_call_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = Plant()
    path = plant.order(State.IN_PRODUCTION)
    running, go_on = threading.Event(), threading.Event()
    report = actions.report

    def slow(*args: Any, **kwargs: Any) -> Any:
        running.set()
        assert go_on.wait(10)
        return report(*args, **kwargs)

    monkeypatch.setattr(actions, "report", slow)

    def second() -> Reply:
        assert running.wait(10)
        try:
            return posting(plant, f"{path}/produce", {"qty": 25}, idempotency_key="k")()
        finally:
            go_on.set()

    first = posting(plant, f"{path}/produce", {"qty": 25}, idempotency_key="k")
    done, refused = at_once(first, second)
    assert isinstance(done, Reply) and isinstance(refused, Reply), (done, refused)
    assert done.status == 200
    assert (refused.status, refused.code) == (409, "idempotency_in_progress")
    assert refused.headers["Retry-After"] == "1"
    assert QuantityEntry.objects.count() == 1
    again = plant.erp.post(f"{path}/produce", {"qty": 25}, idempotency_key="k")
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("call", ["confirm", "produce", "close", "cancel", "work-orders/wo_001/start"])
def test_a_lock_not_had_in_time_is_busy_and_the_key_stays_free(call: str) -> None:
    plant = Plant()
    path = plant.order(State.DRAFT if call == "confirm" else State.IN_PRODUCTION)
    body = {"qty": 5} if call == "produce" else None
    before = everything()
    with connection.cursor() as cursor, held_elsewhere(path):
        cursor.execute("SHOW lock_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("SET lock_timeout = '50ms'")
        try:
            reply = plant.admin.post(f"{path}/{call}", body, idempotency_key="k")
        finally:
            cursor.execute(f"SET lock_timeout = '{usual}'")
    assert (reply.status, reply.code, reply["error"]) == (503, "busy", "Service Unavailable")
    assert int(reply.headers["Retry-After"]) >= 1
    assert everything() == before
    assert plant.admin.post(f"{path}/{call}", body, idempotency_key="k").status == 200


@contextmanager
def held_elsewhere(path: str) -> Iterator[None]:
    """The order's row locked by another connection, as a call that takes its time would."""
    known = connection.get_connection_params()
    given = {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}
    with psycopg.connect(**given) as other:
        other.execute("SELECT 1 FROM orders_productionorder WHERE uuid = %s FOR UPDATE", [path.split("/")[1]])
        yield
        other.rollback()


def test_a_bom_deleted_and_ordered_at_once_is_never_both() -> None:
    for _ in range(3):
        plant = Plant()
        wanted, bom = plant.wanted(), plant.standard["id"]
        own = Program(plant.erp.bearer)
        ordered, deleted = at_once(posting(plant, "orders", wanted), lambda own=own, bom=bom: own.delete(f"boms/{bom}"))
        assert isinstance(ordered, Reply) and isinstance(deleted, Reply), (ordered, deleted)
        assert (ordered.status, deleted.status) in {(201, 409), (404, 204)}

"""Calls of the store API in the same instant, over HTTP: references, runs, absolute counts, endings, keys and locks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from factoryos.dialects.store import article_calls, order_views
from factoryos.kernel.actors import Actor
from orders.models import CustomerOrder, OrderEvent, OrderLine, ProductionOrder, QuantityEntry
from tests.api import contract
from tests.calls import Reply
from tests.conformance.store.shop import Seller
from tests.dialects.store.workshop import CAP, LINER, RUN, SHELL, Workshop
from tests.evidence import everything
from tests.races.stockroom import deadlocks, figures, parameters, require_true_ledgers
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def calling(shop: Workshop, method: str, path: str, body: Any = None, **headers: str) -> Callable[[], Reply]:
    """A call of the same program with a client of its own, as another connection would bring it."""
    own = Seller(shop.factory.store_id, shop.admin.client.defaults["HTTP_API_KEY"])
    return lambda: own.send(method, path, body, **headers)


def replies(*calls: Callable[[], Reply]) -> list[Reply]:
    contract.published()  # what answers are held to is drawn by one, before several ask for it
    outcomes = at_once(*calls)
    failed = [outcome for outcome in outcomes if not isinstance(outcome, Reply)]
    assert not failed, failed
    return [outcome for outcome in outcomes if isinstance(outcome, Reply)]


def told(found: list[Reply]) -> Counter[tuple[int, int | None, str | None]]:
    """(status, code, field) of each answer."""
    return Counter((reply.status, reply.json.get("errorCode"), reply.json.get("errorField")) for reply in found)


OK = (200, None, None)


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_orders_with_one_reference_one_is_made(attempt: int) -> None:
    shop = Workshop()
    body = {"customerOrderId": shop.customer_order, "prReference": "MINE"}
    found = replies(*(calling(shop, "POST", "", body) for _ in range(4)))
    assert told(found) == {OK: 1, (409, 903002, "prReference"): 3}
    assert ProductionOrder.objects.filter(reference="MINE").count() == 1


def test_of_two_orders_that_are_renamed_alike_one_is() -> None:
    shop = Workshop()
    orders = [shop.order() for _ in range(3)]
    found = replies(*(calling(shop, "PUT", f"{number}", {"prReference": "MINE"}) for number in orders))
    assert told(found) == {OK: 1, (409, 903003, "prReference"): 2}


def test_orders_made_at_once_have_references_of_their_own() -> None:
    shop = Workshop()
    found = replies(*(calling(shop, "POST", "", {"customerOrderId": shop.customer_order}) for _ in range(8)))
    assert told(found) == {OK: 8} and len({reply["prReference"] for reply in found}) == 8


def test_of_two_customer_orders_with_one_external_id_one_is_taken_down() -> None:
    shop = Workshop()
    body = {"externalId": "WEB-1", "rows": [{"articleId": CAP, "amount": 1}]}
    found = replies(*(calling(shop, "POST", "/v1/customer_orders", body) for _ in range(4)))
    assert told(found) == {OK: 1, (409, 903004, "externalId"): 3}
    assert CustomerOrder.objects.filter(external_id="WEB-1").count() == 1


# --- counting


def test_twenty_runs_of_one_are_all_counted() -> None:
    """The first of them starts production; whoever comes next finds that it has."""
    shop = Workshop()
    order_id = shop.with_caps(100)
    before = deadlocks()
    found = replies(*(calling(shop, "PUT", f"{order_id}/{RUN}", {"amount": 1}) for _ in range(20)))
    assert told(found) == {OK: 20}
    assert shop.shown_line(order_id)["finished"] == 20
    assert sorted(reply["finishedAmount"] for reply in found) == list(range(1, 21))
    assert (figures(shop.shell), figures(shop.liner), figures(shop.cap)) == ((19_980, 80), (9_980, 80), (20, 0))
    assert Counter(shop.verbs(order_id))["start"] == 1 and QuantityEntry.objects.count() == 20
    assert deadlocks() == before
    require_true_ledgers()


def test_runs_that_name_the_last_of_a_batch_take_it_once() -> None:
    shop = Workshop()
    order_id = shop.with_caps(20_000, state=1)
    named = {"articleId": LINER, "batches": [{"batchId": "LN-77", "amount": 6_000}]}
    body = {"amount": 6_000, "partTraceability": [named]}
    found = replies(*(calling(shop, "PUT", f"{order_id}/{RUN}", body) for _ in range(3)))
    assert told(found) == {OK: 1, (409, 903003, "partTraceability[0].batches[0].amount"): 2}
    assert figures(shop.liner)[0] == 4_000
    require_true_ledgers()


def running() -> tuple[Workshop, int]:
    """A running order of a hundred caps."""
    shop = Workshop()
    return shop, shop.with_caps(100, state=1)


def counted_to(shop: Workshop, order_id: int, *counts: int) -> list[Reply]:
    """The order's one line is brought to these counts, and one of waste, at once."""
    bodies = [{"articleId": CAP, "finished": count, "waste": 1} for count in counts]
    return replies(*(calling(shop, "PUT", f"{order_id}/article", body) for body in bodies))


@pytest.mark.parametrize("attempt", range(3))
def test_the_same_count_from_two_is_booked_once(attempt: int) -> None:
    shop, order_id = running()
    found = counted_to(shop, order_id, 50, 50, 50, 50)
    assert told(found) == {OK: 4}
    assert (shop.line(order_id).good, shop.line(order_id).rejected) == (50, 1)
    assert shop.entries(order_id) == [(50, 1)]
    assert {reply.content for reply in found} == {found[0].content}
    require_true_ledgers()


def test_different_counts_from_several_end_at_one_of_them() -> None:
    shop, order_id = running()
    found = counted_to(shop, order_id, 10, 40, 20, 30)
    assert told(found) == {OK: 4}
    assert shop.line(order_id).good in {10, 20, 30, 40}
    assert figures(shop.cap)[0] == shop.line(order_id).good == sum(good for good, _ in shop.entries(order_id))
    require_true_ledgers()


def test_control_where_the_order_is_not_locked_first_the_same_count_is_booked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both take the difference from the line as they saw it; the verb's own lock comes too late for that."""
    shop, order_id = running()
    barrier, book = threading.Barrier(2), article_calls._book

    def unlocked(order_id: int, *, by: Actor) -> ProductionOrder:
        return ProductionOrder.objects.get(pk=order_id, factory_id=by.factory.id)

    def after_both(*args: Any, **kwargs: Any) -> None:
        barrier.wait(10)
        book(*args, **kwargs)

    monkeypatch.setattr(order_views, "lock_order", unlocked)
    monkeypatch.setattr(article_calls, "_book", after_both)
    found = counted_to(shop, order_id, 50, 50)
    assert told(found) == {OK: 2}
    assert shop.line(order_id).good == 100


# --- beginnings and endings


@pytest.mark.parametrize("attempt", range(3))
def test_of_finish_and_cancel_one_wins(attempt: int) -> None:
    shop = Workshop()
    order_id = shop.with_caps(100, state=attempt % 2)
    found = replies(*(calling(shop, "PUT", f"{order_id}/{word}") for word in ("finish", "cancel")))
    assert told(found) == {OK: 1, (409, 903003, "state"): 1}
    won = next(reply for reply in found if reply.status == 200)
    assert won["state"] == shop.admin.get(f"{order_id}")["state"]
    assert [figures(part)[1] for part in (shop.shell, shop.liner)] == [0, 0]
    require_true_ledgers()


def test_production_that_several_start_starts_once() -> None:
    shop = Workshop()
    order_id = shop.with_caps(100)
    found = replies(*(calling(shop, "PUT", f"{order_id}?startProduction=true", {"name": "x"}) for _ in range(6)))
    assert told(found) == {OK: 6}
    assert shop.verbs(order_id) == ["create", "add_line", "amend", "approve", "start"]


def test_control_where_the_state_is_read_without_the_lock_the_second_start_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barrier = threading.Barrier(2)

    def unlocked(order_id: int, *, by: Actor) -> ProductionOrder:
        found = ProductionOrder.objects.get(pk=order_id, factory_id=by.factory.id)
        barrier.wait(10)
        return found

    shop = Workshop()
    order_id = shop.with_caps(100)
    monkeypatch.setattr(order_views, "lock_order", unlocked)
    found = replies(*(calling(shop, "PUT", f"{order_id}?startProduction=true") for _ in range(2)))
    assert told(found) == {OK: 1, (409, 903003, "state"): 1}


def test_an_article_that_two_add_is_added_once() -> None:
    shop = Workshop()
    order_id = shop.order()
    body = {"articleId": SHELL, "amount": 5, "finished": 1}
    found = replies(*(calling(shop, "POST", f"{order_id}/article", body) for _ in range(4)))
    assert told(found) == {OK: 1, (409, 903003, "articleId"): 3}
    assert OrderLine.objects.filter(order_id=order_id).count() == 1 and shop.core(order_id).quantity_good == 1


@pytest.mark.parametrize("attempt", range(3))
def test_a_line_is_removed_or_counted_on(attempt: int) -> None:
    shop = Workshop()
    order_id = shop.with_caps(100, state=1)
    run, removal = replies(
        calling(shop, "PUT", f"{order_id}/{RUN}", {"amount": 1}), calling(shop, "DELETE", f"{order_id}/{RUN}")
    )
    assert (told([run]), told([removal])) in (
        ({OK: 1}, {(409, 903003, "articleId"): 1}),
        ({(404, 903003, "articleId"): 1}, {OK: 1}),
    )
    require_true_ledgers()


def test_changes_at_once_under_one_version_go_through_once() -> None:
    shop = Workshop()
    order_id = shop.with_caps(100)
    seen = shop.admin.get(f"{order_id}").headers["ETag"]
    calls = (calling(shop, "PUT", f"{order_id}", {"name": f"{number}"}, if_match=seen) for number in range(4))
    assert told(replies(*calls)) == {OK: 1, (412, 903003, None): 3}


# --- keys and locks


def test_one_key_counts_once_however_often_it_comes_at_once() -> None:
    shop = Workshop()
    order_id = shop.with_caps(100)
    calls = [calling(shop, "PUT", f"{order_id}/{RUN}?waste=1", {"amount": 5}, idempotency_key="k") for _ in range(8)]
    found = replies(*calls)
    assert set(told(found)) <= {OK, (409, 900101, None)} and told(found)[OK] >= 1
    assert shop.entries(order_id) == [(5, 1)]
    first = next(reply for reply in found if reply.status == 200)
    for call in calls:
        again = call()
        assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert shop.entries(order_id) == [(5, 1)]


@contextmanager
def held_elsewhere(order_id: int) -> Iterator[psycopg.Connection[Any]]:
    """The order's row locked by another connection, as a call that takes its time would."""
    with psycopg.connect(**parameters()) as other:
        other.execute("SELECT 1 FROM orders_productionorder WHERE id = %s FOR UPDATE", [order_id])
        yield other
        other.rollback()


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
def test_a_lock_that_is_not_had_books_nothing_and_leaves_the_key_free() -> None:
    shop = Workshop()
    order_id = shop.with_caps(100)
    before = everything()
    with held_elsewhere(order_id):
        reply = shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k")
    assert (reply.status, reply["errorCode"], reply.headers["Retry-After"]) == (503, 900101, "1")
    assert everything() == before
    assert shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k").status == 200
    assert OrderEvent.objects.filter(order_id=order_id, verb="report").count() == 1

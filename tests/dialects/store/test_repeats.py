"""The same call again: under one key it is done once, whatever it is; without one, absolute calls change nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders.models import ProductionOrder
from tests.dialects.store.workshop import CAP, RUN, SHELL, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

CALLS: list[tuple[str, str, Any]] = [
    ("POST", "", {"customerOrderId": "<customer order>"}),
    ("POST", "customer_order/{customer_order}", None),
    ("PUT", "{order}", {"name": "x"}),
    ("PUT", "{order}?startProduction=true", None),
    ("POST", "{order}/article", {"articleId": SHELL, "amount": 2, "finished": 1}),
    ("PUT", "{order}/article", {"articleId": CAP, "finished": 3}),
    ("PUT", f"{{order}}/{RUN}?waste=2", {"amount": 1}),
    ("DELETE", f"{{order}}/{RUN}", None),
    ("PUT", "{order}/cancel", None),
    ("PUT", "{order}/finish", None),
    ("POST", "/v1/customer_orders", {"externalId": "K"}),
]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def call(shop: Workshop, method: str, path: str, body: Any, **headers: str) -> Any:
    named = {
        "customer_order": shop.customer_order,
        "order": ProductionOrder.objects.get(factory=shop.factory, reference="MINE").pk,
    }
    if body and "customerOrderId" in body:
        body = {"customerOrderId": shop.customer_order}
    return shop.admin.send(method, path.format(**named), body, **headers)


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_under_one_key_a_call_is_done_once_and_answers_the_same_bytes(
    shop: Workshop, method: str, path: str, body: Any
) -> None:
    shop.with_caps(100, prReference="MINE")
    first = call(shop, method, path, body, idempotency_key="k")
    assert first.status == 200, first.content
    before = everything()
    again = call(shop, method, path, body, idempotency_key="k")
    assert (again.status, again.content, again.headers["Idempotency-Replayed"]) == (200, first.content, "true")
    assert again.headers.get("ETag") == first.headers.get("ETag")
    assert everything() == before


def test_a_key_is_not_used_again_for_another_body_or_another_query(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    assert shop.admin.put(f"{order_id}/{RUN}?waste=1", {"amount": 1}, idempotency_key="k").status == 200
    before = everything()
    refused(shop.admin.put(f"{order_id}/{RUN}?waste=1", {"amount": 2}, idempotency_key="k"), 422, 900101, None, before)
    refused(shop.admin.put(f"{order_id}/{RUN}?waste=2", {"amount": 1}, idempotency_key="k"), 422, 900101, None, before)
    refused(shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k"), 422, 900101, None, before)
    assert shop.admin.put(f"{order_id}/{RUN}?waste=1", {"amount": 1.0}, idempotency_key="k").status == 200


def test_what_was_refused_before_the_verb_may_be_mended_under_the_same_key(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    refused(shop.admin.put(f"{order_id}/{RUN}", {"amount": -1}, idempotency_key="k"), 400, 903003, "amount")
    assert shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k").status == 200


def test_a_key_is_its_callers_own(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    for caller in (shop.admin, shop.as_("admin")):
        assert caller.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k").status == 200
    assert shop.shown_line(order_id)["finished"] == 2
    refused(shop.as_("viewer").put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k"), 403, 900001, None)


def test_an_answer_is_replayed_in_the_form_it_had(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    first, second = (
        shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}, idempotency_key="k", accept=form)
        for form in ("application/xml", "application/json")
    )
    assert first.content == second.content and second.headers["Content-Type"].startswith("application/xml")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [call for call in CALLS if call[0] == "PUT" and RUN not in call[1] and not call[1].endswith(("cancel", "finish"))],
)
def test_without_a_key_an_absolute_call_changes_nothing_the_second_time(
    shop: Workshop, method: str, path: str, body: Any
) -> None:
    shop.with_caps(100, prReference="MINE")
    first = call(shop, method, path, body)
    before = everything()
    again = call(shop, method, path, body)
    assert (first.status, again.status, again.content) == (200, 200, first.content)
    assert everything() == before

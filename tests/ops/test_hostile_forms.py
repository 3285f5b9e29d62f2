"""What no page of ours would send, in every field that a person's browser fills: refused or ignored, never a fault of ours."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from orders.models import Note, OrderEvent
from tests.ops.bulk.desk import Desk, inputs

pytestmark = pytest.mark.django_db

HOSTILE = {"nul": "a\x00b", "surrogate": "\ud800", "escape": "\x1b[0m", "long": "x" * 5000, "quote": "'\"><script>"}
FORM = "application/x-www-form-urlencoded"


def encoded(fields: dict[str, str]) -> str:
    """As a browser would spell it; the test client's own spelling takes bytes for a list of numbers."""
    return "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields.items())


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE)
def bad(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sent_by(client: Client) -> Callable[..., int]:
    def send(path: str, **fields: str) -> int:
        return int(client.post(path, encoded(fields), content_type=FORM).status_code)

    return send


def asked_by(client: Client) -> Callable[..., int]:
    return lambda path, **fields: int(client.get(f"{path}?{encoded(fields)}").status_code)


def test_on_an_orders_page(bad: str) -> None:
    desk = Desk()
    order = desk.draft()
    before, path = OrderEvent.objects.count(), f"/ops/orders/{order.uuid}"
    send, ask = sent_by(desk.client), asked_by(desk.client)
    statuses: dict[str, Any] = {
        "key": send(f"{path}/cancel", key=bad, version=bad, reason="x"),
        "version": send(f"{path}/cancel", key="k1", version=bad, reason=bad),
        "audience": send(f"{path}/notes", key="k2", text="x", audience=bad),
        "new": send("/ops/orders/new", key=bad, customer_name=bad, batch_number=bad),
        "product": ask("/ops/products", q=bad),
        "before": ask(path, before=bad),
        "part": ask(path, part=bad),
    }
    assert {name: status for name, status in statuses.items() if status >= 500} == {}
    assert OrderEvent.objects.count() == before
    assert not Note.objects.exists()


def test_in_the_list_and_its_operations(bad: str) -> None:
    desk = Desk()
    order = desk.draft()
    send, ask = sent_by(desk.client), asked_by(desk.client)
    previewed = desk.client.post("/ops/bulk/preview", desk.selects(order, action="approve")).content.decode()
    seen = dict(inputs(previewed))["seen"]
    statuses = {
        "preview": send("/ops/bulk/preview", ids=bad, action=bad, query=bad, filter_token=bad),
        "key": send("/ops/bulk/apply", action="approve", seen=seen, key=f"{bad} "),  # a blank is in no key of ours
        "seen": send("/ops/bulk/apply", action="approve", seen=bad, key="k"),
        "before": ask("/ops/operations", before=bad),
        "factory": ask("/ops/orders", factory=bad),
        "topics": ask("/ops/stream", topics=bad),
        "next": send("/ops/preferences", theme=bad, next=bad),
        "switch": send("/ops/switch", factory=bad, next=bad),
        "admin": ask("/admin/orders/productionorder/", q=bad),
    }
    assert {name: status for name, status in statuses.items() if status >= 500} == {}
    assert OrderEvent.objects.filter(order=order).count() == 1


@pytest.mark.parametrize("field", ["username", "password", "next"])
def test_at_sign_in(bad: str, field: str) -> None:
    fields = {"username": "nobody", "password": "wrong", "next": "/ops/orders"} | {field: bad}
    assert sent_by(Client())("/ops/sign-in", **fields) == 422

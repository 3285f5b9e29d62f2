"""A desk in the console: somebody signed in, and an order brought to any point of its life by the verbs."""

import html
import re
from itertools import count
from typing import Any

from django.test import Client

from orders import actions
from orders.models import OrderEvent, ProductionOrder
from tests.callers import a_member
from tests.orders.stage import Stage

_keys = count(1)


class Desk(Stage):
    """The stage with a browser: `get` and `post` as somebody with these roles (admin without any)."""

    def __init__(self, *roles: str, **facts: Any) -> None:
        super().__init__(**facts)
        self.client = self.signed_in(*roles)

    def signed_in(self, *roles: str) -> Client:
        user = a_member(self.factory, *(roles or ("admin",)))
        client = Client()
        client.force_login(user)
        return client

    def path(self, order: ProductionOrder, verb: str = "") -> str:
        return f"/ops/orders/{order.uuid}" + (f"/{verb}" if verb else "")

    def get(self, order: ProductionOrder, verb: str = "", **headers: str) -> Any:
        return self.client.get(self.path(order, verb), headers=headers)

    def send(self, order: ProductionOrder, verb: str, *, client: Client | None = None, **values: Any) -> Any:
        """The verb's form, filled in; with the order's present version and a key of its own unless given."""
        values.setdefault("version", order.version)
        values.setdefault("key", f"key-{next(_keys)}")
        return (client or self.client).post(self.path(order, verb), values)

    def paused(self) -> ProductionOrder:
        return self.do(actions.pause, self.running(), reason="tool_change")

    def held(self, order: ProductionOrder) -> ProductionOrder:
        return self.do(actions.hold, order, reason="odd colour")


def now(order: ProductionOrder) -> ProductionOrder:
    return ProductionOrder.objects.get(pk=order.pk)


def verbs(order: ProductionOrder) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("verb", flat=True))


def words(response: Any) -> str:
    """What a person reads: without tags, white space made one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())

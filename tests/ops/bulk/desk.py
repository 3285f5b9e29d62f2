"""Somebody at the console with a factory's orders before them: what they tick, press and read."""

import html
import re
from typing import Any

from django.db import connection
from django.test import Client

from factoryos.kernel.models import Factory, User
from factoryos.ops.models import BulkOperation
from orders import actions
from orders.models import OrderEvent, ProductionOrder
from tests import callers, floor
from tests.orders.stage import Stage

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


def inputs(page: str) -> list[tuple[str, str]]:
    """What a browser would send of a page's inputs: hidden ones, and boxes that are ticked."""
    found = []
    for tag in _INPUT.findall(page):
        known = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        if "name" in known and (known.get("type") == "hidden" or "checked" in known):
            found.append((known["name"], known.get("value", "")))
    return found


class Desk(Stage):
    """The person's `client` is signed in; `by` is somebody else, who moves orders behind their back."""

    def __init__(self, *roles: str, factory: Factory | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        if factory is not None:
            self.factory = factory
        self.user: User = callers.a_member(self.factory, *(roles or ("admin",)))
        self.client = Client()
        self.client.force_login(self.user)

    def several(self, count: int, **facts: Any) -> list[ProductionOrder]:
        return [self.draft(**facts) for _ in range(count)]

    def many(self, count: int, *, state: str = "draft", customer: str | None = None, reference: str = "") -> None:
        """So many orders without a past, by one statement."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO orders_productionorder (uuid, factory_id, reference, origin, item_id, state, version,
                    open_holds, priority, over_production, quantity_target, quantity_good, quantity_rejected,
                    customer_name, created_by_id, created_by_name, chain_head, sealed_version)
                SELECT gen_random_uuid(), %s, %s || n, 'factory', %s, %s, 1, 0, 'standard', 'unlimited', 1000, 0, 0, %s,
                    'test', 'Test', '', 1
                FROM generate_series(1, %s) AS n
                """,
                [self.factory.pk, f"{reference or state}-", self.item.pk, state, customer, count],
            )

    def selects(self, *orders: ProductionOrder, **more: Any) -> dict[str, Any]:
        """What the list's form sends."""
        return {"ids": [str(order.uuid) for order in orders], "factory": self.factory.slug, **more}

    def selects_all(self, query: str = "", *, deselected: tuple[ProductionOrder, ...] = ()) -> dict[str, Any]:
        """The list with this filter is opened, all that match are selected, then some are not."""
        page = self.client.get(f"/ops/orders?{query or 'all=1'}&factory={self.factory.slug}").content.decode()
        token = dict(inputs(page))["filter_token"]
        left_out = [str(order.uuid) for order in deselected]
        return {"all": "1", "filter_token": token, "except": left_out, "factory": self.factory.slug}

    def preview(self, action: str, selected: dict[str, Any], **more: Any) -> Any:
        return self.client.post("/ops/bulk/preview", {"action": action, **selected, **more})

    def confirms(self, previewed: Any, **fields: Any) -> dict[str, Any]:
        """What the preview's form would send."""
        assert previewed.status_code == 200, previewed.content.decode()
        page = previewed.content.decode()
        form = page[page.index('action="/ops/bulk/apply"') :]
        return {**dict(inputs(form)), **fields}

    def apply(self, sent: dict[str, Any], **headers: str) -> Any:
        return self.client.post("/ops/bulk/apply", sent, headers=headers)

    def does(self, action: str, selected: dict[str, Any], **fields: Any) -> BulkOperation:
        """Preview, confirm, and the operation that came of it."""
        return self.operation(self.apply(self.confirms(self.preview(action, selected, **fields), **fields)))

    def operation(self, response: Any) -> BulkOperation:
        assert response.status_code == 303, response.content.decode()
        return BulkOperation.objects.get(uuid=response["Location"].rsplit("/", 1)[1])

    def do_release(self, order: ProductionOrder) -> None:
        """Release every hold that stands on it."""
        for hold in order.holds.filter(released_at__isnull=True):
            floor.done(actions.release_hold, hold_id=hold.uuid, by=self.by)

    def results(self, operation: BulkOperation) -> dict[str, Any]:
        response = self.client.get(f"/ops/operations/{operation.uuid}", headers={"accept": "application/json"})
        assert response.status_code == 200
        return dict(response.json())

    def counts(self, operation: BulkOperation) -> tuple[int, int, int, int]:
        """(done, skipped, failed, pending)."""
        counts = self.results(operation)["counts"]
        return counts["done"], counts["skipped"], counts["failed"], counts["pending"]


def states(*orders: ProductionOrder) -> list[str]:
    return [str(ProductionOrder.objects.get(pk=order.pk).state) for order in orders]


def events(*orders: ProductionOrder) -> int:
    return OrderEvent.objects.filter(order__in=orders).count()

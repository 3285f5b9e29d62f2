"""A works that a planning system tells about: its location, a token, and what is known afterwards through other doors."""

import json
from decimal import Decimal
from typing import Any

from django.test import Client

from factoryos.dialects.ingest.projection import project
from factoryos.kernel import outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory
from orders.models import IngestHead, ManufacturingOrderVersion, OrderEvent, ProductionOrder, QuantityEntry
from tests import floor
from tests.calls import Reply

OBJECT = "INV_MANUFACTURING_ORDERS_OOTB"
PATH = f"/api/v2/ingest/object/{OBJECT}"
SEED_ROW = {
    "order_number": "MO-2025-001", "product_id": "PROD-001", "location_id": "LOC-001", "source_id": "LINE-001",
    "ordered_at": "2025-01-05 08:00:00", "ordered_units": 500, "expected_start_date": "2025-01-10 06:00:00",
    "actual_start_date": "2025-01-10 06:30:00", "expected_end_date": "2025-01-12 18:00:00",
    "actual_end_date": "2025-01-12 17:45:00", "produced_units": 498, "status": "completed",
    "updated_at": "2025-01-12 18:00:00",
}  # fmt: skip
OPTIONAL = ("actual_start_date", "actual_end_date", "produced_units", "status")
MISSING: Any = object()  # leave the column out


def a_row(**columns: Any) -> dict[str, Any]:
    """An order that nobody has begun; `columns` are added, replaced or (MISSING) left out."""
    row = {name: value for name, value in SEED_ROW.items() if name not in OPTIONAL} | columns
    return {name: value for name, value in row.items() if value is not MISSING}


def at(time: str) -> str:
    """A version's own time on the day of the seed's."""
    return f"2025-01-12 {time}"


class Works:
    """A factory with location LOC-001 (or another), and a planner's token for it."""

    def __init__(self, location: str = "LOC-001", **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(location_id=location, **facts)
        self.location = location
        self.client = Client(raise_request_exception=False)
        self.token = self.a_token("planner")

    def a_token(self, *roles: str, **facts: Any) -> str:
        wanted = {"kind": ApiKey.Kind.PERSONAL_ACCESS_TOKEN, "name": "Feed", "roles": roles, "factory": self.factory}
        return create_api_key(**wanted | facts)[1]

    def actor(self, *roles: str) -> Actor:
        return floor.an_actor(self.factory, *roles)

    def call(self, method: str, path: str = PATH, raw: bytes | str = b"", **headers: str) -> Reply:
        """`headers` in snake_case; an empty one is not sent. Without `authorization` the works' own token goes along."""
        headers = {"authorization": self.token} | headers
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        answer = self.client.generic(method, path, raw, content_type=kind, headers=named)
        return Reply(answer.status_code, dict(answer.headers), answer.content)

    def post(self, *rows: Any, path: str = PATH, headers: dict[str, str] | None = None, **envelope: Any) -> Reply:
        body = {"solutionName": "INV_OOTB", "data": list(rows), **envelope}
        return self.call("POST", path, json.dumps(body), **(headers or {}))

    def state(self, *rows: dict[str, Any], **envelope: Any) -> Reply:
        """Send sound rows, and have them followed."""
        reply = self.post(*[row | {"location_id": self.location} for row in rows], **envelope)
        assert (reply.status, reply["failedRows"]) == (200, 0), reply.content
        followed()
        return reply

    def read(self, order_number: str = "MO-2025-001", **query: str) -> Reply:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return self.call("GET", f"{PATH}/{order_number}" + (f"?{asked}" if asked else ""))

    def failed_rows(self, query: str = "") -> Reply:
        return self.call("GET", f"{PATH}/failed-rows{query}")

    def order(self, reference: str = "MO-2025-001") -> ProductionOrder:
        return ProductionOrder.objects.get(factory=self.factory, reference=reference)

    def head(self, order_number: str = "MO-2025-001", product: str = "PROD-001") -> IngestHead:
        return IngestHead.objects.get(factory=self.factory, order_number=order_number, product_id=product)

    def versions(self) -> int:
        return ManufacturingOrderVersion.objects.filter(factory=self.factory).count()


def followed() -> None:
    """Whatever is due is done, and whatever was told by that."""
    project()
    outbox.relay()
    project()


def codes_of(failed: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(error["code"].removeprefix("DI_E_"), error["field"]) for error in failed["errors"]]


def warned(reply: Reply) -> list[tuple[int, str]]:
    return [(warning["index"], warning["code"].removeprefix("DI_W_")) for warning in reply["warnings"]]


def entries_of(order: ProductionOrder) -> list[tuple[str, Decimal]]:
    return list(QuantityEntry.objects.filter(order=order).order_by("id").values_list("source", "good"))


def verbs_of(order: ProductionOrder) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("verb", flat=True))

"""A planning system that feeds one factory: its location, its token, and every answer held against what is published."""

import json
from typing import Any
from urllib.parse import quote

from django.test import Client

from factoryos.dialects.ingest.dialect import INGEST
from factoryos.dialects.ingest.urls import SPELLINGS
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory, User
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from tests.api import contract
from tests.calls import Reply
from tests.floor import a_factory

OBJECT = "/api/v2/ingest/object/INV_MANUFACTURING_ORDERS_OOTB"
TABLES = (ManufacturingOrderVersion, IngestHead, IngestFailedRow, IngestRequest)


def a_token(factory: Factory | None, *roles: str, user: User | None = None, **facts: Any) -> str:
    wanted: dict[str, Any] = {"kind": ApiKey.Kind.PERSONAL_ACCESS_TOKEN, "name": "Feed"} | facts
    return create_api_key(roles=roles, factory=factory, user=user, **wanted)[1]


class Feed:
    """`send` gives what came back. `authorization` is what is shown, a planner's token unless told; None for nothing."""

    def __init__(self, *roles: str, location: str | None = "", **facts: Any) -> None:
        self.factory: Factory = a_factory(**facts)
        self.location = f"LOC-{self.factory.pk:06}" if location == "" else location
        Factory.objects.filter(pk=self.factory.pk).update(location_id=self.location)
        self.token = a_token(self.factory, *(roles or ("planner",)))
        self.client = Client(raise_request_exception=False)

    def as_(self, token: str) -> "Feed":
        """The same factory, fed with another token."""
        other = object.__new__(Feed)
        other.__dict__.update(self.__dict__, token=token)
        return other

    def send(self, method: str, path: str = OBJECT, body: Any = None, **headers: str | None) -> Reply:
        """`headers` in snake_case. Bodies are Python values, or the raw text to be sent as it is."""
        kind = headers.pop("content_type", "application/json")
        shown = {"authorization": self.token} | headers
        named = {name.replace("_", "-"): value for name, value in shown.items() if value is not None}
        raw = b"" if body is None else body if isinstance(body, (str, bytes)) else json.dumps(body)
        answer = self.client.generic(method, path, raw, content_type=kind or "", headers=named)
        reply = Reply(answer.status_code, dict(answer.headers), answer.content)
        if _is_described(method, path) and reply.status not in (404, 405):
            assert contract.faults(method, _as_described(path), reply) == [], reply.content
        return reply

    def get(self, path: str = OBJECT, **headers: str | None) -> Reply:
        return self.send("GET", path, **headers)

    def row(self, **columns: Any) -> dict[str, Any]:
        """A sound row about this factory."""
        return {
            "order_number": "MO-1", "product_id": "PROD-1", "location_id": self.location, "source_id": "LINE-1",
            "ordered_at": "2025-01-05 08:00:00", "ordered_units": 500, "expected_start_date": "2025-01-10 06:00:00",
            "expected_end_date": "2025-01-12 18:00:00", "updated_at": "2025-01-06 08:00:00",
        } | columns  # fmt: skip

    def batch(self, *rows: Any, **envelope: Any) -> dict[str, Any]:
        """A request with these rows, or with one that is sound."""
        return {"solutionName": "INV_OOTB", "data": list(rows) or [self.row()]} | envelope

    def post(self, *rows: Any, path: str = OBJECT, headers: dict[str, str] | None = None, **envelope: Any) -> Reply:
        return self.send("POST", path, self.batch(*rows, **envelope), **(headers or {}))

    def read(self, order_number: str, query: str = "", **headers: str | None) -> Reply:
        return self.get(f"{OBJECT}/{quote(order_number, safe='')}{query}", **headers)

    def failed(self, query: str = "") -> Reply:
        return self.get(f"{OBJECT}/failed-rows{query}")


def _as_described(path: str) -> str:
    """One slash at the end says nothing, unless it may be part of an order's number."""
    plain, mark, query = path.replace("%2D", "-").partition("?")
    keeps = INGEST.keeps_trailing_slash
    return f"{plain if keeps and keeps.match(plain) else plain.removesuffix('/')}{mark}{query}"


def _is_described(method: str, path: str) -> bool:
    """Whether it is a call at all, and so to be found in the published description."""
    spelling = next((one for one in SPELLINGS if path.startswith(f"/{one}")), None)
    rest = path[len(spelling) + 1 :].partition("?")[0] if spelling else "no"
    return method == "POST" if rest in ("", "/") else method == "GET" and rest.startswith("/")


def kept() -> dict[str, int]:
    """How many rows each table of this face holds."""
    return {model.__name__: model.objects.count() for model in TABLES}


def refused(reply: Reply, status: int, code: str, field: str | None = None) -> str:
    """The sentence of a refusal, which must be this one alone."""
    assert reply.status == status, reply.content
    (error,) = reply["errors"]
    assert list(error) == ["code", "category", "message", "field"]
    assert (error["code"], error["field"]) == (code, field), error
    assert reply.headers["Content-Type"] == "application/json" and reply.headers["X-Request-Id"]
    return str(error["message"])

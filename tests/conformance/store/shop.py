"""A store with one key: blue caps of a shell (itself made of resin) and a lot-tracked liner, and a customer who wants some."""

import json
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.test import Client

from factoryos.dialects.store.dialect import STORE
from factoryos.kernel import user_tokens
from factoryos.kernel.actors import Actor
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory
from manufacturing.models import Item, Lot
from orders.models import ProductionOrder
from tests import floor, stores
from tests.api import contract
from tests.callers import a_member
from tests.calls import Reply

BASE = "/v1/production_orders"
LIST_FIELDS = {"articles", "singleArticles", "orders", "parts", "batches", "rows", "purchaseOrders", "stores"}


class Seller:
    """A caller of a store. Bodies are Python values, or text as it is to be sent; paths are under the base.

    Whatever is answered must be as it is published.
    """

    def __init__(self, store: str | None, key: str | None, **more: str) -> None:
        self.key = key
        self.client = Client(headers={"store": store or "", "api-key": key or "", **more})
        self.client.raise_request_exception = False

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """`headers` in snake_case: accept, idempotency_key, if_match; content_type of the body."""
        kind = headers.pop("content_type", "application/json")
        data = "" if body is None else body if isinstance(body, (str, bytes)) else json.dumps(body, default=float)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("/") else f"{BASE}/{path}" if path else BASE
        answer = self.client.generic(method, url, data, content_type=kind, headers=named)
        reply = Reply(answer.status_code, dict(answer.headers), answer.content)
        # What is not served is not described, and neither is HEAD, which is GET without a body.
        if method != "HEAD" and reply.status != 405 and (method, reply.status) != ("GET", 404):
            found = contract.faults(method, _as_described(url), reply)
            assert not found, f"{method} {url}: {found}"
        return reply

    def get(self, path: str = "", **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def post(self, path: str = "", body: Any = None, **headers: str) -> Reply:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.send("DELETE", path, **headers)


def _as_described(url: str) -> str:
    """One slash at the end says nothing, unless it may be part of an article's id."""
    path, mark, query = url.partition("?")
    keeps = STORE.keeps_trailing_slash
    said = path if keeps and keeps.match(path) else path.removesuffix("/")
    return f"{said}{mark}{query}"


class Shop:
    """CAP-28/BLUE = 1 SHELL-28 + 1 LINER-28; SHELL-28 = 0.002 RESIN-PP. Plenty of all in stock."""

    def __init__(self, **facts: Any) -> None:
        number = Factory.objects.count() + 1
        self.factory: Factory = floor.a_factory(**{"store_id": f"S-{number}"} | facts)
        self.cap = self.item("CAP-28/BLUE", "Bottle cap 28 mm, blue")
        self.shell = self.item("SHELL-28", "Shell 28 mm")
        self.liner = self.item("LINER-28", "Liner 28 mm", tracking="lot")
        self.resin = self.item("RESIN-PP", "Polypropylene resin", unit="kg", unit_decimals=6)
        stores.a_bom(self.actor, self.shell, {self.resin: "0.002"})
        stores.a_bom(self.actor, self.cap, {self.liner: 1, self.shell: 1})
        stores.delivered(self.actor, self.liner, 10_000, "LN-77")
        stores.delivered(self.actor, self.shell, 20_000)
        stores.delivered(self.actor, self.resin, 1_000)

    def item(self, sku: str, name: str, **facts: Any) -> Item:
        return floor.an_item(self.factory, sku=sku, name=name, **facts)

    @property
    def actor(self) -> Actor:
        return floor.an_actor(Factory.objects.get(pk=self.factory.pk))

    def as_(self, *roles: str) -> Seller:
        _, secret = create_api_key(kind=ApiKey.Kind.STORE_KEY, name="Till", roles=roles, factory=self.factory)
        return Seller(self.factory.store_id, secret)

    @cached_property
    def admin(self) -> Seller:
        return self.as_("admin")

    def person(self, *roles: str) -> Seller:
        """Somebody who signed in, a member with these roles."""
        user = a_member(self.factory, *roles)
        token, _ = user_tokens.issue(user=user, device={})
        return Seller(self.factory.store_id, None, **{"user-id": str(user.pk), "user-token": token})

    @cached_property
    def customer_order(self) -> int:
        """The id of what a customer ordered: caps, which are made here, and resin, which is not."""
        rows = [{"articleId": "CAP-28/BLUE", "articleName": "Blue caps", "amount": 500},
                {"articleId": "RESIN-PP", "articleName": "Resin", "amount": 3}]  # fmt: skip
        body = {
            "externalId": "WEB-5512",
            "name": "Blue caps, Selangor Water",
            "deliveryDate": 1766703026229,
            "rows": rows,
        }
        made = self.admin.post("/v1/customer_orders", body)
        assert made.status == 200, made.content
        return int(made["orderId"])

    def order(self, **fields: Any) -> int:
        """The id of a new production order without lines."""
        made = self.admin.post("", {"customerOrderId": self.customer_order} | fields)
        assert made.status == 200, made.content
        return int(made["orderId"])

    def with_caps(self, amount: Any = 500, **fields: Any) -> int:
        """The id of a new production order of so many caps."""
        order_id = self.order(**fields)
        added = self.admin.post(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": amount})
        assert added.status == 200, added.content
        return order_id

    def core(self, order_id: int) -> ProductionOrder:
        return ProductionOrder.objects.get(pk=order_id)

    def verbs(self, order_id: int) -> list[str]:
        """What happened to an order, oldest first."""
        return list(self.core(order_id).events.order_by("seq").values_list("verb", flat=True))

    def lot(self, item: Item, code: str) -> Lot:
        return Lot.objects.get(item=item, code=code)


def in_path(article_id: str) -> str:
    """An article id as part of a path, every odd character encoded."""
    return quote(article_id, safe="")


def as_xml(root: str, value: dict[str, Any]) -> str:
    """A JSON object as the document that says the same."""
    return ElementTree.tostring(_element(root, value), encoding="unicode")


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        for field, content in value.items():
            for one in content if isinstance(content, list) else [content]:
                element.append(_element(field, one))
    elif value is None:
        element.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
    else:
        element.text = json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)
    return element


def of_xml(content: bytes, like: Any) -> Any:
    """A document's data, in the types that `like` (the same answer as JSON) has; what is absent is null or empty."""
    return _value(ElementTree.fromstring(content), like)


def _value(element: ElementTree.Element, like: Any) -> Any:
    if isinstance(like, dict):
        return {name: _field(element.findall(name), inner) for name, inner in like.items()}
    text = element.text or ""
    if isinstance(like, bool):
        return {"true": True, "false": False}[text]
    return type(like)(Decimal(text)) if isinstance(like, (int, Decimal)) else text


def _field(found: list[ElementTree.Element], like: Any) -> Any:
    if isinstance(like, list):
        return [_value(one, like[min(place, len(like) - 1)]) for place, one in enumerate(found)] if like else found
    assert len(found) == (like is not None), like
    return _value(found[0], like) if found else None

"""The store API for the isolation tests: a case for every route, and a shop with one of everything a call can name."""

from typing import Any
from urllib.parse import quote, urlencode

from orders import actions
from orders.states import State
from tests import floor, stores
from tests.callers import a_member
from tests.calls import Reply
from tests.conformance.routes import Call
from tests.conformance.store.shop import Shop
from tests.isolation.cases import Case, Names

BASE = "v1/production_orders"
ORDER = f"{BASE}/<order_id>"
CUSTOMERS = "v1/customer_orders"
PASSWORD = "a word that nobody guesses"


def for_customer(names: Names) -> dict[str, Any]:
    return {"customerOrderId": int(names["customer_order"]), "name": "New"}


def run(names: Names) -> dict[str, Any]:
    used = {"articleId": names["part"], "batches": [{"batchId": names["lot"], "amount": 1}]}
    return {"amount": 1, "partTraceability": [used]}


CASES: dict[tuple[str, str], Case] = {
    ("GET", BASE): Case(),
    ("POST", BASE): Case(for_customer, names=("customer_order",), without=400),
    ("GET", f"{BASE}/pr_ref/next_id"): Case(),
    ("GET", f"{BASE}/production_orders_state"): Case(),
    ("GET", f"{BASE}/state/<state>"): Case(),
    ("GET", f"{BASE}/article/<store_rest:article_id>"): Case(nowhere=200),  # a filter that nothing fits
    ("GET", f"{BASE}/customer_order/<customer_order_id>"): Case(),
    ("POST", f"{BASE}/customer_order/<customer_order_id>"): Case(),
    ("GET", ORDER): Case(),
    ("PUT", ORDER): Case(for_customer, names=("customer_order",), without=400),
    ("GET", f"{ORDER}/pickinglist/print"): Case(),
    ("GET", f"{ORDER}/batch"): Case(query=lambda names: {"article_id": names["article"]}, names=("article",)),
    ("GET", f"{ORDER}/products/flat"): Case(
        query=lambda names: {"supplier": names["supplier"]}, names=("supplier",), without=200
    ),
    ("POST", f"{ORDER}/article"): Case(
        lambda names: {"articleId": names["part"], "amount": 1}, names=("part",), without=400
    ),
    ("PUT", f"{ORDER}/article"): Case(lambda names: {"articleId": names["article"], "amount": 7}, names=("article",)),
    ("PUT", f"{ORDER}/article/<store_rest:article_id>"): Case(run, names=("part", "lot"), without=None),
    ("DELETE", f"{ORDER}/article/<store_rest:article_id>"): Case(),
    ("PUT", f"{ORDER}/cancel"): Case(),
    ("PUT", f"{ORDER}/finish"): Case(),
    ("GET", CUSTOMERS): Case(),
    ("POST", CUSTOMERS): Case(
        lambda names: {"externalId": "NEW", "rows": [{"articleId": names["article"], "amount": 1}]},
        names=("article",), without=400,
    ),
    ("GET", f"{CUSTOMERS}/external/<store_rest:external_id>"): Case(),
    ("GET", f"{CUSTOMERS}/<customer_order_id>"): Case(),
    ("POST", "v1/login"): Case(lambda names: {"email": names["person"], "password": PASSWORD}),
    ("POST", "v1/mobile/login"): Case(lambda names: {"email": names["person"], "password": PASSWORD}),
    ("POST", "v1/logout"): Case(),
}  # fmt: skip


class Tenant:
    """A shop with one of everything that a call can name, each with a name that no other shop uses."""

    words = frozenset({"state"})  # path parameters that name nothing of anybody's
    nobody: Names = {
        "order_id": "999999999999999", "customer_order_id": "999999999999999", "customer_order": "999999999999999",
        "article_id": "NOWHERE", "article": "NOWHERE", "part": "NOWHERE", "external_id": "NOWHERE", "lot": "LOT-000000",
        "state": "0", "supplier": "nobody's",
    }  # fmt: skip

    def __init__(self, state: str) -> None:
        self.shop = Shop()
        self.admin = self.shop.person("admin")
        own = f"{self.shop.factory.pk}"
        article = self.shop.item(f"OWN/{own}", "A thing of one shop only")
        part = self.shop.item(f"PART-{own}", "A part of one shop only", tracking="lot")
        stores.a_bom(self.shop.actor, article, {part: 1})
        stores.delivered(self.shop.actor, part, 1_000, f"LOT-{int(own):06}")
        rows = [{"articleId": article.sku, "amount": 10}]
        made = self.shop.admin.post("/v1/customer_orders", {"externalId": f"EXT/{own}", "name": own, "rows": rows})
        self.customer_order = str(made["orderId"])
        self.order = self._an_order(article.sku)
        if state == State.IN_PRODUCTION:
            floor.done(actions.approve_best_effort, order_id=self.order, by=self.shop.actor)
            floor.done(actions.start, order_id=self.order, by=self.shop.actor)
        person = a_member(self.shop.factory, "planner")
        person.set_password(PASSWORD)
        person.save()
        self.names = {
            "customer_order": self.customer_order, "article": article.sku, "part": part.sku, "lot": f"LOT-{int(own):06}",
            "person": person.username, "supplier": f"supplier of {own}",
        }  # fmt: skip
        self.path = {
            "order_id": str(self.order),
            "customer_order_id": self.customer_order,
            "article_id": article.sku,
            "external_id": f"EXT/{own}",
            "state": "0",
        }
        self.hidden = (
            article.sku,
            part.sku,
            f"EXT/{own}",
            self.shop.factory.name,
            self.shop.core(self.order).reference,
        )

    def _an_order(self, sku: str) -> int:
        count = self.shop.factory.orders.count()
        reference = f"REF {count} of {self.shop.factory.pk}"
        number = self.shop.order(customerOrderId=int(self.customer_order), prReference=reference)
        self.shop.admin.post(f"{number}/article", {"articleId": sku, "amount": 10})
        return number

    def call(self, method: str, url: str, body: Any = None) -> Reply:
        """As this shop's admin would."""
        return self.admin.send(method, url if url.startswith("/") else f"/{url}", body)

    def ask(self, call: Call, path: Names = {}, names: Names = {}) -> Reply:  # noqa: B006 only read
        """The call as this shop's admin makes it; `path` and `names` replace some of the shop's own."""
        case = CASES[call.method, call.route]
        known = {**self.names, **names}
        query = case.query(known)
        places = {name: quote(value, safe="") for name, value in {**self.path, **path}.items()}
        url = call.path(places) + (f"?{urlencode(query)}" if query else "")
        body = case.body(known) if call.changes else None
        return self.call(call.method, url, body or None)

    def another_order(self) -> None:
        self._an_order(self.names["article"])

"""The ERP API for the isolation tests: a case for every route, and a tenant with one of everything a call can name."""

from typing import Any
from urllib.parse import urlencode

from factoryos.kernel.models import Factory
from manufacturing.models import StockLocation
from orders.states import State
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, part
from tests.conformance.routes import Call
from tests.isolation.cases import Case, Names

BASE = "api/manufacturing"
ORDER = f"{BASE}/orders/<order_id>"
WORK_ORDER = f"{ORDER}/work-orders/<work_order_id>"
STOCK = "api/inventory"


def recipe(names: Names) -> dict[str, Any]:
    return {"name": "New", "productId": names["product"], "components": [{"productId": names["part"], "quantity": 1}]}


CASES: dict[tuple[str, str], Case] = {
    ("GET", f"{BASE}/boms"): Case(
        query=lambda names: {"productId": names["product"]}, names=("product",), without=200  # a filter that nothing fits
    ),
    ("POST", f"{BASE}/boms"): Case(recipe, names=("product", "part"), answers=201),
    ("GET", f"{BASE}/boms/<bom_id>"): Case(),
    ("PATCH", f"{BASE}/boms/<bom_id>"): Case(
        lambda names: {"components": [{"productId": names["part"], "quantity": 3}]}, names=("part",)
    ),
    ("DELETE", f"{BASE}/boms/<bom_id>"): Case(answers=204, state=State.CANCELLED),
    ("GET", f"{BASE}/orders"): Case(
        query=lambda names: {"productId": names["product"]}, names=("product",), without=200
    ),
    ("POST", f"{BASE}/orders"): Case(
        lambda names: {"productId": names["product"], "bomId": names["bom"], "quantity": 5},
        names=("product", "bom"), answers=201,
    ),
    ("GET", ORDER): Case(),
    ("POST", f"{ORDER}/confirm"): Case(),
    ("POST", f"{ORDER}/produce"): Case(
        lambda names: {"qty": 1, "lineId": names["line"]}, names=("line",), state=State.APPROVED
    ),
    ("POST", f"{ORDER}/close"): Case(state=State.IN_PRODUCTION),
    ("POST", f"{ORDER}/cancel"): Case(),
    ("GET", f"{ORDER}/productions"): Case(),
    ("GET", f"{ORDER}/work-orders"): Case(),
    ("POST", f"{WORK_ORDER}/start"): Case(state=State.APPROVED),
    ("POST", f"{WORK_ORDER}/done"): Case(lambda names: {"durationMinutes": 5}, state=State.IN_PRODUCTION),
    ("GET", f"{STOCK}/products"): Case(),
    ("GET", f"{STOCK}/products/<product_id>/stock"): Case(),
    ("POST", f"{STOCK}/receipts"): Case(
        lambda names: {"productId": names["part"], "quantity": 1, "locationId": names["location"]},
        names=("part", "location"), answers=201,
    ),
}  # fmt: skip


class Tenant:
    """A plant that an ERP talks to, with one of everything that a call can name."""

    def __init__(self, state: str) -> None:
        self.plant = Plant()
        # Work orders are counted within their order: only the last one of whoever came later is unknown to the others.
        steps = [{"name": "Assembly"}] * Factory.objects.count()
        bom = self.plant.bom(operations=steps, components=[part(self.plant.frame, 1), part(self.plant.board, 2)])
        path = self.plant.order(state, bomId=bom["id"])
        order = self.plant.core(path)
        last = f"wo_{len(steps):03}"
        if state == State.IN_PRODUCTION:
            self.plant.admin.post(f"{path}/work-orders/{last}/start")
        location = StockLocation.objects.create(factory=self.plant.factory, code="SHELF", name="Shelf")
        self.names = {
            "product": str(self.plant.widget.uuid),
            "part": str(self.plant.frame.uuid),
            "bom": str(bom["id"]),
            "location": str(location.uuid),
            "line": str(order.lines.get().uuid),
        }
        self.path = {
            "bom_id": self.names["bom"],
            "product_id": self.names["part"],
            "order_id": str(order.uuid),
            "work_order_id": last,
        }
        self.hidden = (*self.names.values(), str(order.uuid), self.plant.factory.name)

    def call(self, method: str, url: str, body: Any = None) -> Reply:
        """As this factory's admin would."""
        return self.plant.admin.send(method, url, body)

    def ask(self, call: Call, path: Names = {}, names: Names = {}) -> Reply:  # noqa: B006 only read
        """The call as this factory's admin makes it; `path` and `names` replace some of the factory's own."""
        case = CASES[call.method, call.route]
        known = {**self.names, **names}
        query = case.query(known)
        url = call.path(self.path, path) + (f"?{urlencode(query)}" if query else "")
        return self.call(call.method, url, case.body(known) if call.changes else None)

    def another_order(self) -> None:
        self.plant.order(bomId=self.names["bom"])

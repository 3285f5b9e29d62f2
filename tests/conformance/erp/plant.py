"""A plant that an ERP talks to: programs with keys, people with tokens, products in stock, orders in any state."""

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from factoryos.kernel.actors import Actor
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory
from manufacturing.models import Item, Machine, StockBalance, WorkArea
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.models import ProductionOrder
from orders.specs import Count, Share
from orders.states import State
from tests import floor
from tests.callers import Caller, a_member, token
from tests.calls import Reply

BASE = "/api/manufacturing/"
USUAL = ("planner", "technician", "engineer")  # the roles that a key for an ERP commonly has


class Program(Caller):
    """A caller of the ERP API. Paths are under its base, unless they begin with a slash."""

    def __init__(self, bearer: str | None) -> None:
        super().__init__(bearer)
        self.client.raise_request_exception = False
        self.bearer = bearer

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """`headers` in snake_case: if_match, idempotency_key, x_factory, content_type."""
        answer = super().send(method, path if path.startswith("/") else BASE + path, body, **headers)
        return Reply(answer.status_code, dict(answer.headers), answer.content)

    def get(self, path: str = "", **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def head(self, path: str = "", **headers: str) -> Reply:
        return self.send("HEAD", path, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.send("DELETE", path, body, **headers)


class Plant:
    """A widget made of one frame and two boards each, in one step at Line A, with plenty of both in stock."""

    def __init__(self, *, frames: int = 10_000, boards: int = 10_000, **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(**facts)
        self.widget = self.item("WIDGET-PRO", "Widget Pro")
        self.frame = self.item("FRAME", "Frame")
        self.board = self.item("BOARD", "Circuit Board")
        self.line = WorkArea.objects.create(factory=self.factory, code="LINE-A", name="Line A")
        self._keys: dict[tuple[str, ...], Program] = {}
        self.stock(self.frame, frames)
        self.stock(self.board, boards)

    # --- who calls

    def as_(self, *roles: str) -> Program:
        """A program whose key has these roles."""
        if roles not in self._keys:
            self._keys[roles] = Program(self.key(*roles))
        return self._keys[roles]

    def key(self, *roles: str, kind: ApiKey.Kind = ApiKey.Kind.API_KEY, **facts: Any) -> str:
        """The secret of a new key."""
        _, secret = create_api_key(kind=kind, name="ERP key", roles=roles, factory=self.factory, **facts)
        return secret

    def person(self, *roles: str) -> Program:
        """Somebody with a token, a member with these roles."""
        return Program(token(a_member(self.factory, *roles)))

    @property
    def admin(self) -> Program:
        return self.as_("admin")

    @property
    def erp(self) -> Program:
        """The usual key."""
        return self.as_(*USUAL)

    @property
    def actor(self) -> Actor:
        """An admin for calling verbs directly, under the factory's present rules."""
        return floor.an_actor(Factory.objects.get(pk=self.factory.pk))

    # --- what there is

    def item(self, sku: str, name: str = "", **facts: Any) -> Item:
        return floor.an_item(self.factory, sku=sku, name=name or sku.title(), **facts)

    def machine(self, code: str) -> Machine:
        return floor.a_machine(self.factory, code=code, name=code.title())

    def stock(
        self, item: Item, quantity: int | str, lot: str | None = None, *, best_before: datetime | None = None
    ) -> None:
        """Something came in."""
        if Decimal(quantity):
            delivery = Delivery(item, Decimal(quantity), lot_number=lot, best_before=best_before)
            floor.done(receive, delivery=delivery, by=self.actor)

    def balance(self, item: Item, lot: str | None = None) -> tuple[Decimal, Decimal]:
        """(on hand, reserved) of an item, or of one lot of it."""
        rows = StockBalance.objects.filter(item=item, **({"lot__code": lot} if lot else {}))
        found = list(rows.values_list("on_hand", "reserved"))
        return sum((row[0] for row in found), Decimal(0)), sum((row[1] for row in found), Decimal(0))

    def recipe(self, **fields: Any) -> dict[str, Any]:
        """The body of a BOM for the widget; None takes a field out."""
        body = {
            "name": "Widget Pro — Standard BOM",
            "productId": str(self.widget.uuid),
            "components": [part(self.frame, 1), part(self.board, 2)],
            "operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 30}],
        } | fields
        return {name: value for name, value in body.items() if value is not None}

    def bom(self, **fields: Any) -> Reply:
        """A new BOM."""
        reply = self.admin.post("boms", self.recipe(**fields))
        assert reply.status == 201, reply.content
        return reply

    @cached_property
    def standard(self) -> Reply:
        """The widget's BOM, as it was answered when it was made."""
        return self.bom()

    def wanted(self, **fields: Any) -> dict[str, Any]:
        """The body of an order for a hundred widgets; None takes a field out."""
        fields = fields if "bomId" in fields else {"bomId": self.standard["id"]} | fields
        body = {"productId": str(self.widget.uuid), "quantity": 100} | fields
        return {name: value for name, value in body.items() if value is not None}

    def order(self, state: str = State.DRAFT, **fields: Any) -> str:
        """The path of a new order, brought to a core state."""
        made = self.admin.post("orders", self.wanted(**fields))
        assert made.status == 201, made.content
        path = f"orders/{made['id']}"
        for verb in WAYS[State(state)]:
            self.do(verb, path)
        return path

    def do(self, verb: str, path: str, **arguments: Any) -> Any:
        """Run a verb of the core on the order at `path`, as another face would."""
        known: dict[str, dict[str, Any]] = {
            "pause": {"reason": "tool_change"},
            "verify": {"final": Decimal(10), "good": Decimal(10), "rejected": Decimal(0)},
            "report": {"count": Count(Decimal(10), Decimal(0))},
            "hold": {"reason": "odd colour"},
        }
        if verb == "schedule":
            known["schedule"] = {"shares": [Share(machine=self.machine(f"M-{Machine.objects.count()}"))]}
        arguments = {"by": self.actor, "order_id": self.core(path).pk} | known.get(verb, {}) | arguments
        return floor.done(getattr(actions, verb), **arguments)

    def core(self, path: str) -> ProductionOrder:
        """The order at `path` as the core has it."""
        return ProductionOrder.objects.get(uuid=UUID(path.split("/")[1]))

    def verbs(self, path: str) -> list[str]:
        """What happened to the order at `path`, oldest first."""
        return list(self.core(path).events.order_by("seq").values_list("verb", flat=True))


def part(item: Item, quantity: Any, **fields: Any) -> dict[str, Any]:
    """A row of a BOM's components."""
    return {"productId": str(item.uuid), "quantity": quantity} | fields


# The verbs that bring a draft there.
WAYS: dict[State, tuple[str, ...]] = {
    State.DRAFT: (),
    State.SUBMITTED: ("submit",),
    State.APPROVED: ("approve",),
    State.SCHEDULED: ("approve", "schedule"),
    State.IN_PRODUCTION: ("approve", "start"),
    State.PAUSED: ("approve", "start", "pause"),
    State.COMPLETED: ("approve", "start", "report", "complete"),
    State.VERIFIED: ("approve", "start", "report", "complete", "verify"),
    State.CLOSED: ("approve", "start", "report", "complete", "verify", "close"),
    State.CANCELLED: ("cancel",),
}

"""A plant to call the factory API about: its people by role, its orders brought to any state by calls."""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from manufacturing.models import Item, Machine
from tests import floor
from tests.callers import Caller, a_member, token


@dataclass(frozen=True)
class Reply:
    """What came back, with the body read where it is JSON."""

    status: int
    headers: dict[str, str]
    content: bytes

    @cached_property
    def json(self) -> Any:
        return json.loads(self.content, parse_float=Decimal)

    @property
    def code(self) -> str | None:
        return self.json.get("code") if self.status >= 400 else None

    def __getitem__(self, name: str) -> Any:
        return self.json[name]


class Person(Caller):
    """Somebody with a credential in one plant. Paths are under its base, unless they begin with a slash."""

    def __init__(self, bearer: str | None, *, slug: str) -> None:
        super().__init__(bearer)
        self.client.raise_request_exception = False
        self.bearer, self.slug = bearer, slug

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """`headers` in snake_case: if_match, idempotency_key, accept, content_type."""
        url = path if path.startswith("/") else f"/api/factories/{self.slug}/{path}"
        answer = super().send(method, url, body, **headers)
        whole = b"" if answer.streaming else answer.content  # a stream is not read here, for it has no end
        return Reply(answer.status_code, dict(answer.headers), whole)

    def get(self, path: str = "", **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def head(self, path: str = "", **headers: str) -> Reply:
        return self.send("HEAD", path, **headers)


class Plant:
    """A factory with a product, PRESS-01, CNC-001 and CNC-002, and one person for every role asked for."""

    def __init__(self, **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(**facts)
        self.item: Item = floor.an_item(self.factory, sku="CAP-28", name="Bottle Cap 28mm")
        self.press, self.cnc1, self.cnc2 = (self.machine(code) for code in ("PRESS-01", "CNC-001", "CNC-002"))
        self._people: dict[tuple[str, ...], Person] = {}

    def machine(self, code: str, **facts: Any) -> Machine:
        return floor.a_machine(self.factory, code=code, name=code.title(), **facts)

    def as_(self, *roles: str) -> Person:
        """Somebody who is a member with these roles."""
        if roles not in self._people:
            bearer = token(a_member(self.factory, *roles))
            self._people[roles] = Person(bearer, slug=self.factory.slug)
        return self._people[roles]

    @property
    def admin(self) -> Person:
        return self.as_("admin")

    @property
    def actor(self) -> Actor:
        """An admin for calling verbs directly, under the factory's present rules."""
        return floor.an_actor(Factory.objects.get(pk=self.factory.pk))

    def order(self, state: str = "draft", *, machine: str = "PRESS-01", **facts: Any) -> str:
        """The path of a new order, brought to `state` (a word of this face) by calls."""
        made = self.admin.post("production-orders", {"productId": "CAP-28", "quantityTarget": 1000} | facts)
        assert made.status == 201, made.content
        path = f"production-orders/{made['id']}"
        for step in WAYS[state]:
            self.take(path, step, machine=machine)
        return path

    def take(self, path: str, step: str, *, machine: str = "PRESS-01") -> Reply:
        """One step of an order's way: a toState, or `schedule`, or `verify`."""
        if step == "schedule":
            reply = self.admin.post(f"{path}/schedule", {"machineId": machine})
        elif step == "verify":
            counts = {"quantityFinal": 1000, "quantityGood": 988, "quantityRejected": 12}
            reply = self.admin.post(f"{path}/verify", counts)
        else:
            reply = self.admin.post(f"{path}/transition", {"toState": step, "reason": "tool_change"})
        assert reply.status == 200, reply.content
        return reply


WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "scheduled": ("schedule",),
    "in_production": ("schedule", "in_production"),
    "paused": ("schedule", "in_production", "paused"),
    "completed": ("schedule", "in_production", "completed"),
    "verified": ("schedule", "in_production", "completed", "verify"),
    "closed": ("schedule", "in_production", "completed", "verify", "closed"),
    "cancelled": ("cancelled",),
}

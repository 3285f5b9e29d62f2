"""Somebody who reads the order list of a factory, and orders to be found or not."""

import html
import re
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory, Membership, User
from manufacturing.models import Item
from orders.models import ProductionOrder
from tests import callers, floor

_numbers = count(1)
_ROW = re.compile(r'<a class="open mono" href="[^"]*">([^<]*)</a>')


class Reader:
    """A member of a factory of their own, signed in. `place` adds orders as plain rows, whatever state they claim."""

    def __init__(self, *roles: str, factory: Factory | None = None, time_zone: str = "Asia/Kuala_Lumpur") -> None:
        self.factory = factory or floor.a_factory(time_zone=time_zone)
        self.user: User = callers.a_member(self.factory, *(roles or ("planner",)))
        self.client = Client()
        self.client.force_login(self.user)
        self.item = floor.an_item(self.factory)

    @property
    def by(self) -> Actor:
        return floor.an_actor(self.factory, "planner")

    def joins(self, factory: Factory, *roles: str) -> None:
        Membership.objects.create(user=self.user, factory=factory, roles=list(roles))

    def place(self, reference: str = "", *, item: Item | None = None, **facts: Any) -> ProductionOrder:
        state = facts.get("state", "draft")
        if state == "paused":
            facts.setdefault("pause_reason", "other")
        if state in ("completed", "verified", "closed"):
            facts.setdefault("actual_end", datetime.now(ZoneInfo("UTC")))
        if state == "verified":
            facts.setdefault("quantity_final", 1)
        return ProductionOrder.objects.create(
            **{
                "factory": self.factory, "reference": reference or f"R-{next(_numbers):06d}", "origin": "factory",
                "item": item or self.item, "quantity_target": 100, "created_by_id": "test", "created_by_name": "Test",
            } | facts
        )  # fmt: skip

    def several(self, number: int, **facts: Any) -> list[ProductionOrder]:
        return [self.place(**facts) for _ in range(number)]

    def get(self, query: str = "all=1", **headers: str) -> Any:
        return self.client.get(
            f"/ops/orders?{query}", headers={name.replace("_", "-"): v for name, v in headers.items()}
        )

    def sees(self, query: str = "all=1") -> list[str]:
        """The references of a page, from top to bottom."""
        response = self.get(query)
        assert response.status_code == 200, response.content.decode()
        return references(response.content.decode())


def references(page: str) -> list[str]:
    return [html.unescape(reference) for reference in _ROW.findall(page)]


def link(page: str, name: str) -> str | None:
    """Where the link with this id leads."""
    tags = re.findall(rf'<a\b[^>]*\bid="{name}"[^>]*>', page)
    found = re.search(r'href="([^"]*)"', tags[0]) if tags else None
    return html.unescape(found[1]) if found else None


def at(text: str, zone: str = "Asia/Kuala_Lumpur") -> datetime:
    """A wall clock's reading in the plant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def soon(**span: float) -> datetime:
    return datetime.now(ZoneInfo("UTC")) + timedelta(**span)

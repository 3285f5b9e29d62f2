"""Orders with no line or with three, in every state: every face shows them and answers every call on them, never with 500."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders import actions
from orders.models import OrderLine, ProductionOrder
from orders.specs import Circumstances, Count, NewLine, Share
from tests import floor, stores
from tests.callers import a_member, token
from tests.calls import Person, Reply
from tests.conformance.erp.plant import Plant, Program
from tests.orders.test_matrix import STATES

pytestmark = pytest.mark.django_db

WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "submitted": ("submit",),
    "approved": ("approve_best_effort",),
    "scheduled": ("schedule",),
    "in_production": ("schedule", "start"),
    "paused": ("schedule", "start", "pause"),
    "completed": ("schedule", "start", "complete"),
    "verified": ("schedule", "start", "complete", "verify"),
    "closed": ("schedule", "start", "complete", "verify", "close"),
    "cancelled": ("cancel",),
}


class Shop(Plant):
    """An ERP's plant whose orders were made by a face that knows lines."""

    def made(self, lines: int, state: str) -> ProductionOrder:
        """An order with so many lines, none of which the order had when it was made; counted on where it has one."""
        order = floor.done(actions.create, by=self.actor, lines=[])
        for number in range(lines):
            item = self.item(f"CAP/{number}-{order.pk}")
            stores.a_bom(self.actor, item, {self.frame: 1, self.board: number + 1}, "Cut", quantity=3)
            line = NewLine(item, Decimal("7.5"))
            floor.done(actions.add_line, order_id=order.pk, by=self.actor, line=line, facts={"status": number})
        for verb in WAYS[state]:
            self.go(verb, order)
            if verb == "start" and lines:
                self.report(order)
        found = ProductionOrder.objects.get(pk=order.pk)
        assert (found.state, found.lines.count()) == (state, lines)
        return found

    def go(self, verb: str, order: ProductionOrder) -> None:
        found = ProductionOrder.objects.get(pk=order.pk)
        machine = floor.a_machine(self.factory) if verb == "schedule" else None
        known: dict[str, dict[str, Any]] = {
            "schedule": {"shares": [Share(machine=machine)]},
            "pause": {"reason": "tool_change"},
            "verify": {"good": found.quantity_good, "rejected": Decimal(0), "final": found.quantity_good},
        }
        floor.done(getattr(actions, verb), order_id=order.pk, by=self.actor, **known.get(verb, {}))

    def report(self, order: ProductionOrder) -> None:
        line = OrderLine.objects.filter(order=order).latest("sort")
        where = Circumstances(line_id=line.pk)
        floor.done(actions.report, order_id=order.pk, by=self.actor, count=Count(Decimal(2), Decimal(0)), where=where)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def answered(call: Callable[[], Reply], *, well: bool = False) -> Reply:
    reply = call()
    assert reply.status < 300 if well else reply.status < 500, reply.content
    return reply


@pytest.mark.parametrize("lines", [0, 3])
@pytest.mark.parametrize("state", STATES)
def test_every_page_of_an_order_is_shown(shop: Shop, state: str, lines: int) -> None:
    order = shop.made(lines, state)
    person = Person(token(a_member(shop.factory, "admin")), slug=shop.factory.slug)
    path = f"production-orders/{order.uuid}"
    for page in ("", "/transitions?all=true", "/quantity-entries", "/record",
                 "/record?format=pdf"):  # fmt: skip
        reply = answered(lambda page=page: person.get(path + page))  # type: ignore[misc]
        assert reply.status < 300 or (page.startswith("/record") and reply.status == 409), reply.content
    shown = answered(lambda: person.get(path), well=True)
    assert [line["quantityTarget"] for line in shown["lines"]] == [Decimal("7.5")] * lines
    listed = answered(lambda: person.get("production-orders"), well=True)
    assert str(order.uuid) in listed.content.decode()
    answered(lambda: person.get(f"{path}/adjust-quantity/preview?quantityTarget=5"))

    for page in ("", "/work-orders", "/productions"):
        answered(lambda page=page: shop.erp.get(f"orders/{order.uuid}{page}"), well=True)  # type: ignore[misc]
    assert str(order.uuid) in answered(lambda: shop.erp.get("orders"), well=True).content.decode()

    client = Client()
    client.force_login(a_member(shop.factory, "admin"))
    for page in (f"/ops/orders/{order.uuid}", f"/ops/orders/{order.uuid}/traveler.pdf", "/ops/orders"):
        assert client.get(page).status_code == 200


FACTORY_CALLS: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"notes": "n"}),
    ("PATCH", "", {"quantityTarget": 5}),
    ("POST", "/schedule", {"machineId": "M"}),
    ("POST", "/log-quantity", {"quantityGood": 1}),
    ("POST", "/adjust-quantity", {"quantityTarget": 5, "reason": "r"}),
    ("POST", "/verify", {"quantityFinal": 2, "quantityGood": 2, "quantityRejected": 0}),
    ("POST", "/rework", {"reason": "burrs"}),
    *[("POST", "/transition", {"toState": word, "reason": "tool_change"}) for word in ("in_production", "paused",
      "completed", "closed", "cancelled")],
]  # fmt: skip
ERP_CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/produce", {"quantity": 1}),
    ("POST", "/work-orders/wo_001/start", {}),
    ("POST", "/work-orders/wo_001/done", {"durationMinutes": 3}),
    ("POST", "/confirm", {}),
    ("POST", "/close", {}),
    ("POST", "/cancel", {}),
]


@pytest.mark.parametrize("lines", [0, 3])
@pytest.mark.parametrize("state", ["draft", "scheduled", "in_production", "completed"])
def test_every_call_on_it_is_answered(shop: Shop, state: str, lines: int) -> None:
    """Done or refused in the face's own words; each on an order of its own."""
    floor.a_machine(shop.factory, code="M")
    person = Person(token(a_member(shop.factory, "admin")), slug=shop.factory.slug)
    program: Program = shop.admin
    for method, page, body in FACTORY_CALLS:
        order = shop.made(lines, state)
        reply = person.send(method, f"production-orders/{order.uuid}{page}", body)
        assert reply.status < 500, (page, body, reply.content)
    for method, page, body in ERP_CALLS:
        order = shop.made(lines, state)
        reply = program.send(method, f"orders/{order.uuid}{page}", body)
        assert reply.status < 500, (page, reply.content)

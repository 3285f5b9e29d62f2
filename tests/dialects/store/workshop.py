"""The shop of the conformance tests, as the tests of this face's changes want it: made once a file, and looked into."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from manufacturing.models import Item, Machine
from orders import actions
from orders.customer_orders import NewRow, create_customer_order
from orders.models import OrderEvent, OrderLine, QuantityEntry
from orders.specs import Share
from tests import floor
from tests.calls import Reply
from tests.conformance.store.shop import Shop, in_path
from tests.evidence import everything
from tests.standing import made_for_a_file

CAP = "CAP-28/BLUE"
RUN = f"article/{in_path(CAP)}"
LINER, SHELL, RESIN = "LINER-28", "SHELL-28", "RESIN-PP"
DELIVERY = datetime(2026, 2, 1, 8, tzinfo=UTC)


class Workshop(Shop):
    """CAP-28/BLUE = 1 LINER-28 (by lot, 10,000 in LN-77) + 1 SHELL-28 (20,000); SHELL-28 = 0.002 RESIN-PP (1,000)."""

    @cached_property
    def customer_order(self) -> int:
        return self.ordered((self.cap, "Blue caps", 500), (self.resin, "Resin", 3), external_id="WEB-5512")

    def ordered(self, *rows: tuple[Item, str, Any], external_id: str | None = None, **facts: Any) -> int:
        """The id of a new customer order."""
        known = {"name": "Selangor Water", "delivery_date": DELIVERY} | facts
        made = [NewRow(item, name, Decimal(quantity)) for item, name, quantity in rows]
        order = floor.done(create_customer_order, by=self.actor, external_id=external_id, rows=made, **known)
        return int(order.pk)

    def machine_of(self, order_id: int, *, same: bool = False) -> int:
        """Plan an order on a machine: its own, or the one that was planned last. Gives the order's id back."""
        machine = Machine.objects.filter(factory=self.factory).last() if same else floor.a_machine(self.factory)
        floor.done(actions.schedule, order_id=order_id, by=self.actor, shares=[Share(machine=machine)])
        return order_id

    def line(self, order_id: int, sku: str = CAP) -> OrderLine:
        return OrderLine.objects.select_related("item").get(order_id=order_id, item__sku=sku)

    def shown_line(self, order_id: int, sku: str = CAP) -> dict[str, Any]:
        """The line as the API shows it."""
        articles = self.admin.get(f"{order_id}")["articles"]
        return next(article for article in articles if article["articleId"] == sku)

    def entries(self, order_id: int) -> list[tuple[Decimal, Decimal]]:
        """(good, rejected) of every booking, oldest first."""
        return list(QuantityEntry.objects.filter(order_id=order_id).order_by("id").values_list("good", "rejected"))

    def last(self, order_id: int) -> OrderEvent:
        """The last thing that happened to an order."""
        return self.core(order_id).events.latest("seq")

    def book(self, order_id: int, sku: str = CAP, **fields: Any) -> Reply:
        """A traced run that must go through; `waste` goes into the query."""
        query = f"?waste={fields.pop('waste')}" if "waste" in fields else ""
        reply = self.admin.put(f"{order_id}/article/{in_path(sku)}{query}", fields)
        assert reply.status == 200, reply.content
        return reply


def a_workshop(blocker: Any) -> Iterator[Workshop]:
    """For a fixture of the module's scope."""

    def make() -> Workshop:
        shop = Workshop()
        assert shop.admin and shop.customer_order, "made before the first test, so that they stay for the others"
        return shop

    yield from made_for_a_file(blocker, make)


def refused(reply: Reply, status: int, code: int, field: str | None, before: dict[str, str] | None = None) -> Any:
    """The facts of a refusal, after which everything is as it was."""
    told = reply.json
    assert (reply.status, told["errorCode"], told["errorField"]) == (status, code, field), told
    assert before is None or everything() == before
    return told["errorData"]

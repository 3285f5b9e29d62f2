"""Statements about orders, as the projection hands them to the core: short ways to make them and to follow them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from orders.actions.follow_statements import follow_statements
from orders.models import IngestHead, ProductionOrder
from orders.statements import Outcome, Statement
from orders.states import State

_numbers = count(1)
START, END = datetime(2025, 1, 10, 6, tzinfo=UTC), datetime(2025, 1, 12, 18, tzinfo=UTC)
AT = datetime(2025, 1, 12, 18, tzinfo=UTC)


def a_sender(factory: Factory, *roles: str) -> Actor:
    """A planning system's key for one factory."""
    return Actor(
        kind="api_key", id="planning", name="Planning system", factory=factory.tenant(),
        roles=frozenset(roles or ("planner",)), face="ingest", credential="token",
    )  # fmt: skip


class Sender:
    """A planning system that states the same orders again and again, as its heads remember them."""

    def __init__(self, factory: Factory, *roles: str) -> None:
        self.factory, self.by = factory, a_sender(factory, *roles)
        self.booked: set[int] = set()

    def state(
        self,
        number: str = "MO-1",
        sku: str = "PROD-1",
        *,
        units: int | str = 500,
        goal: str = "scheduled",
        made: int | str | None = None,
        at: datetime | None = None,
        again: bool = False,
        **more: Any,
    ) -> Statement:
        """A new version of that order; `again`: the same version, looked at once more."""
        head, _ = IngestHead.objects.get_or_create(
            factory=self.factory, order_number=number, product_id=sku, defaults={"updated_at": AT, "content": "0" * 32}
        )  # fmt: skip
        if not again:
            self.booked.discard(head.pk)
        version = next(_numbers)
        values: dict[str, Any] = {
            "planned_start": START, "planned_end": END, "actual_start": None, "actual_end": None,
            "facts": {"source_id": "LINE-1", "ordered_at": "2025-01-05 08:00:00", "status": goal},
        } | more  # fmt: skip
        return Statement(
            head_id=head.pk, by=self.by, order_id=head.order_id, order_number=number, sku=sku, target=Decimal(units),
            goal=State(goal), produced=None if made is None else Decimal(made), booked=head.pk in self.booked,
            key=f"ingest:{head.pk}:{version}", at=at or AT + timedelta(seconds=version), **values,
        )  # fmt: skip

    def follow(self, *statements: Statement) -> list[Outcome]:
        """As the projection does: in one transaction, the heads settled in it."""
        with transaction.atomic():
            outcomes = follow_statements(statements)
            self.settle(outcomes)
        return outcomes

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            if one.order_id is not None:
                IngestHead.objects.filter(pk=one.head_id).update(order_id=one.order_id)
            if one.booked:
                self.booked.add(one.head_id)

    def say(self, number: str = "MO-1", sku: str = "PROD-1", **more: Any) -> Outcome:
        """State one version and follow it."""
        return self.follow(self.state(number, sku, **more))[0]


def order_of(outcome: Outcome) -> ProductionOrder:
    """The order that follows a statement, as it is in the database."""
    return ProductionOrder.objects.get(pk=outcome.order_id)


def fresh(order: ProductionOrder) -> ProductionOrder:
    """The same order, read again."""
    return ProductionOrder.objects.get(pk=order.pk)

"""A plant with one machine, and an order brought to any point of its life by the verbs."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from factoryos.kernel.models import Factory
from manufacturing.models import Item, Machine
from orders import actions
from orders.models import ProductionOrder, QuantityEntry
from orders.specs import Circumstances, Count, NewLine, Share
from tests import floor


class Stage:
    def __init__(self, **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(**facts)
        self.by = floor.an_actor(self.factory)
        self.machine: Machine = floor.a_machine(self.factory)
        self.item: Item = floor.an_item(self.factory)

    def do(self, verb: Callable[..., Any], order: ProductionOrder, **arguments: Any) -> ProductionOrder:
        """Run the verb as a request would; the order as it is then in the database."""
        arguments.setdefault("by", self.by)
        floor.done(verb, order_id=order.pk, **arguments)
        return ProductionOrder.objects.get(pk=order.pk)

    def draft(self, *targets: int, item: Item | None = None, **facts: Any) -> ProductionOrder:
        """A draft with a line for each target; without any, one line of 1000."""
        lines = [NewLine(item=item or self.item, target=Decimal(target)) for target in targets or (1000,)]
        return floor.done(actions.create, by=self.by, lines=lines, **facts)

    def scheduled(self, *targets: int, on: list[Machine] | None = None, **facts: Any) -> ProductionOrder:
        """Planned on the machine, or in equal shares on several."""
        order = self.draft(*targets, **facts)
        machines = on or [self.machine]
        shares = [Share(order.quantity_target / len(machines), machine=machine) for machine in machines]
        return self.do(actions.schedule, order, shares=shares)

    def running(self, *targets: int, on: list[Machine] | None = None, **facts: Any) -> ProductionOrder:
        return self.do(actions.start, self.scheduled(*targets, on=on, **facts))

    def completed(self, *targets: int, **facts: Any) -> ProductionOrder:
        return self.do(actions.complete, self.running(*targets, **facts))

    def report(
        self, order: ProductionOrder, *, good: int | str = 0, rejected: int | str = 0, reason: str | None = None,
        policy: str | None = None, **where: Any,
    ) -> QuantityEntry:  # fmt: skip
        """Book a count; `where` are circumstances."""
        _, entry = floor.done(
            actions.report, order_id=order.pk, by=self.by, count=Count(Decimal(good), Decimal(rejected)),
            where=Circumstances(**where), reason=reason, policy=policy,
        )  # fmt: skip
        return entry

    def verify(
        self, order: ProductionOrder, *, good: int, rejected: int = 0, final: int | None = None, **more: Any
    ) -> Any:
        """Sign the split off; gives the verification."""
        total = good + rejected if final is None else final
        _, signed = floor.done(
            actions.verify, order_id=order.pk, by=self.by, final=Decimal(total), good=Decimal(good),
            rejected=Decimal(rejected), **more,
        )  # fmt: skip
        return signed

"""Orders that follow statements, many at once, leave exactly the rows that the single verbs leave one by one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.quantities import ZERO
from manufacturing.models import Item, WorkArea
from orders import actions
from orders.models import OrderEvent, ProductionOrder
from orders.specs import Circumstances, Count, NewLine, Share
from tests import floor
from tests.orders.actions.test_report_counts_parity import undone
from tests.orders.truth import require_truth
from tests.stated import END, START, Sender

pytestmark = pytest.mark.django_db

# What is left, with nothing in it that is drawn anew each time: ids, uuids, instants that nobody stated.
_LEFT = {
    "orders": """SELECT reference, origin, state, version, item_id, layer, priority, over_production, tolerance_percent,
        quantity_target, quantity_good, quantity_rejected, quantity_final, planned_start, planned_end,
        actual_start IS NULL, actual_end IS NULL, pause_reason, shipment::text, open_holds, owner_id, customer_order_id,
        customer_name, batch_number, notes, created_by_id, created_by_name, created_at <= updated_at, sealed_version, awaited,
        method_id, factory_id FROM orders_productionorder""",
    "lines": """SELECT reference, line.item_id, bom_version_id, variant, sort, target, good, rejected
        FROM orders_orderline AS line JOIN orders_productionorder AS o ON o.id = order_id""",
    "entries": """SELECT reference, line_id IS NULL, good, rejected, machine_id, work_order_id, lot_number, serial_numbers,
        serial_label, consumed_lots::text, short_consumption::text, spared::text, reason, idempotency_key, actor_kind,
        actor_id, actor_name, face FROM orders_quantityentry JOIN orders_productionorder AS o ON o.id = order_id""",
    "facts": """SELECT reference, line_id, face, data::text FROM orders_orderfacts
        JOIN orders_productionorder AS o ON o.id = order_id""",
    "tallies": "SELECT factory_id, state, sum(orders) FROM orders_ordertally GROUP BY 1, 2 HAVING sum(orders) <> 0",
}  # fmt: skip
# What an import alone says of itself, and what stands there once a machine or an area was named.
_DRAWN = {"entry", "source", "imported", "assignments"}

GOALS = ("draft", "submitted", "approved", "scheduled", "in_production", "paused", "completed", "closed", "cancelled")


def left(factory_id: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for name, query in _LEFT.items():
            cursor.execute(query)
            found[name] = [row for row in sorted(cursor.fetchall(), key=repr) if row != (factory_id, "draft", 0)]
    names = dict(ProductionOrder.objects.values_list("uuid", "reference"))
    events = OrderEvent.objects.select_related("order").order_by("order__reference", "seq")
    found["events"] = [
        (event.order.reference, event.seq, event.verb, event.moved, event.from_state, event.to_state, event.actor_kind,
         event.actor_id, event.actor_name, event.credential, event.face, event.reason, event.notes, event.factory_id,
         {name: value for name, value in event.data.items() if name not in _DRAWN})
        for event in events
    ]  # fmt: skip
    by_key = {str(uuid): reference for uuid, reference in names.items()}
    told = OutboxMessage.objects.order_by("id").values_list("topic", "factory_id", "key", "payload")
    found["told"] = sorted(
        (by_key[key], payload["version"], topic, factory, payload["state"], payload["verb"], by_key[payload["orderId"]],
         sorted(payload))
        for topic, factory, key, payload in told
    )  # fmt: skip
    return found


class Plan:
    """What is stated of some orders of items without BOM, known and told one by one or all at once."""

    def __init__(self) -> None:
        self.factory = floor.a_factory(requires_verification=False)
        self.sender = Sender(self.factory)
        self.area = WorkArea.objects.create(factory=self.factory, code="A", name="Area")
        for sku in ("PROD-1", "PROD-2"):
            floor.an_item(self.factory, sku=sku)
        self.statements = [
            self.sender.state(f"MO-{goal}-{made}", f"PROD-{1 + place % 2}", goal=goal, made=made, units=500 + place)
            for place, goal in enumerate(GOALS)
            for made in ((None,) if goal in GOALS[:4] else (None, 0, 498, 700))
        ]

    def together(self) -> None:
        outcomes = self.sender.follow(*self.statements)
        assert {one.result for one in outcomes} == {"done"}, outcomes

    def one_by_one(self) -> None:
        for one in self.statements:
            self._tell(one)

    def _tell(self, one: Any) -> None:
        by = self.sender.by
        item = Item.objects.get(factory=self.factory, sku=one.sku)
        order = actions.create(
            by=by, lines=[NewLine(item, one.target)], reference=one.order_number, planned_start=START, planned_end=END,
            facts=one.facts,
        )  # fmt: skip
        named: dict[str, Any] = {"order_id": order.pk, "by": by}
        for verb in self._verbs(str(one.goal), one.produced):
            more: dict[str, Any] = {}
            if verb == "schedule":
                more["shares"] = [Share(work_area=self.area)]
            if verb == "pause":
                more["reason"] = "Paused in the planning system"
            if verb == "report":
                more = {"count": Count(one.produced, ZERO), "where": Circumstances(idempotency_key=one.key)}
            getattr(actions, verb)(**named, **more)

    def _verbs(self, goal: str, made: Decimal | None) -> Sequence[str]:
        if goal == "cancelled" and made:
            return ["schedule", "start", "report", "cancel"]
        begun = ["schedule", "start", *(["report"] if made else [])]
        return BEFORE.get(goal) or [*begun, *AFTER[goal]] if goal != "draft" else []


BEFORE = {"submitted": ["submit"], "approved": ["approve"], "scheduled": ["schedule"], "cancelled": ["cancel"]}
AFTER = {"in_production": [], "paused": ["pause"], "completed": ["complete"], "closed": ["complete", "close"]}


def test_orders_followed_together_leave_what_the_verbs_leave_one_by_one() -> None:
    plan = Plan()
    with undone():
        plan.one_by_one()
        expected = left(plan.factory.pk)
        require_truth()
    with undone():
        plan.together()
        found = left(plan.factory.pk)
        require_truth()
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_imported_moves_are_told_as_the_senders() -> None:
    plan = Plan()
    plan.together()
    assert all(event.data["imported"] is True for event in OrderEvent.objects.all())

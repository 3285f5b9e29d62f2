"""What hangs on an order, as tables on its page: the newest rows, each table one query, and a link to all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString

from factoryos.kernel.quantities import shortest
from factoryos.supervision.listing import link_to, link_to_list
from manufacturing.models import Item, Machine, WorkArea
from orders.models import (
    Assignment,
    Note,
    OrderEvent,
    OrderLine,
    ProductionOrder,
    QuantityEntry,
    WorkOrder,
)
from quality.models import Hold, Verification

SHOWN = 50

Cells = Callable[[Any], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A table: where its rows come from, in which order, what its columns are."""

    model: type[Model]
    title: str
    order_by: tuple[str, ...]
    joined: tuple[str, ...]
    headings: tuple[str, ...]
    cells: Cells


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    all_of_them: SafeString | None  # a link, when there are more than are shown


def _place(row: Any) -> SafeString | str:
    if row.machine_id:
        return link_to(Machine, row.machine_id, row.machine.code)
    return link_to(WorkArea, row.work_area_id, row.work_area.code) if row.work_area_id else "–"


def _signed(amount: Decimal) -> str:
    return ("+" if amount > 0 else "") + shortest(amount)


PLANS = (
    Plan(
        OrderLine, "Lines", ("sort", "pk"), ("item",), ("Item", "Variant", "Target", "Good", "Rejected"),
        lambda line: (link_to(Item, line.item_id, line.item), line.variant or "–", shortest(line.target),
                      shortest(line.good), shortest(line.rejected)),
    ),
    Plan(
        Assignment, "Assignments", ("sort", "pk"), ("machine", "work_area"), ("On", "Quantity", "Produced", "Runs now"),
        lambda share: (_place(share), shortest(share.quantity), shortest(share.produced), "yes" if share.active else "no"),
    ),
    Plan(
        WorkOrder, "Work orders", ("sequence",), (), ("No.", "Operation", "Where", "Status", "Started", "Finished"),
        lambda work: (link_to(WorkOrder, work.pk, work.public_id), work.name, work.workcenter or "–",
                      work.get_status_display(), work.started_at or "–", work.finished_at or "–"),
    ),
    Plan(
        Hold, "Holds", ("-pk",), (), ("Reason", "Placed by", "Placed", "Released by", "Released"),
        lambda hold: (link_to(Hold, hold.pk, hold.reason), hold.placed_by_name, hold.placed_at,
                      hold.released_by_name or "–", hold.released_at or "open"),
    ),
    Plan(
        Verification, "Verifications", ("-pk",), (), ("Final", "Good", "Rejected", "Signed by", "Signed"),
        lambda row: (link_to(Verification, row.pk, shortest(row.quantity_final)), shortest(row.quantity_good),
                     shortest(row.quantity_rejected), row.verified_by_name, row.verified_at),
    ),
    Plan(
        OrderEvent, "History", ("-seq",), (), ("No.", "What", "From", "To", "Who", "Through", "Why", "When"),
        lambda event: (link_to(OrderEvent, event.pk, event.seq), event.verb, event.from_state or "–", event.to_state,
                       event.actor_name, f"{event.face}, {event.credential}", event.reason or event.notes or "–", event.at),
    ),
    Plan(
        QuantityEntry, "Quantity ledger", ("-pk",), ("machine",),
        ("Entry", "Good", "Rejected", "Source", "Machine", "Who", "When"),
        lambda entry: (link_to(QuantityEntry, entry.pk, entry.pk), _signed(entry.good), _signed(entry.rejected),
                       entry.source, link_to(Machine, entry.machine_id, entry.machine), entry.actor_name, entry.at),
    ),
    Plan(
        Note, "Notes", ("-pk",), (), ("Note", "For", "Who", "When"),
        lambda note: (link_to(Note, note.pk, note), note.get_audience_display(), note.actor_name, note.at),
    ),
)  # fmt: skip


def tables_of(order: ProductionOrder) -> list[Table]:
    """Every table of this order; empty ones too, for that nothing happened is worth knowing."""
    return [_table(plan, order) for plan in PLANS]


def _table(plan: Plan, order: ProductionOrder) -> Table:
    found: QuerySet[Any] = plan.model._default_manager.filter(order=order).order_by(*plan.order_by)
    rows = list(found.select_related(*plan.joined)[: SHOWN + 1] if plan.joined else found[: SHOWN + 1])
    query = f"order__id__exact={order.pk}"
    more = link_to_list(plan.model, query, f"All {plan.title.lower()}") if len(rows) > SHOWN else None
    return Table(plan.title, plan.headings, [plan.cells(row) for row in rows[:SHOWN]], more)

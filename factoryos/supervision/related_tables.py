"""What hangs on an order or a bill of materials, as tables on its page: some rows, one query each, and a link to all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F, Model, QuerySet, Sum
from django.utils.safestring import SafeString

from factoryos.kernel.quantities import shortest
from factoryos.supervision.listing import link_to, link_to_list
from manufacturing.models import Bom, BomComponent, BomOperation, BomVersion, Item, Machine, WorkArea
from orders.models import (
    Assignment,
    IngestHead,
    ManufacturingOrderVersion,
    Note,
    OrderComponent,
    OrderEvent,
    OrderFacts,
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
    worked_out: Mapping[str, Any] = field(default_factory=dict)  # columns that the database works out


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


def _or_dash(amount: Decimal | None) -> str:
    return "–" if amount is None else shortest(amount)


PLANS = (
    Plan(
        OrderLine, "Lines", ("sort", "pk"), ("item",), ("Item", "Variant", "Target", "Good", "Rejected"),
        lambda line: (link_to(Item, line.item_id, line.item), line.variant or "–", shortest(line.target),
                      shortest(line.good), shortest(line.rejected)),
    ),
    Plan(
        OrderComponent, "Components", ("position",), ("item",),
        ("Item", "Unit", "Reserved", "Used", "Beyond the BOM", "Spared", "Short"),
        lambda part: (link_to(Item, part.item_id, part.item), part.uom or part.item.unit, _or_dash(part.reserved),
                      shortest(part.consumed), shortest(part.over_consumed), shortest(part.spared),
                      _or_dash(part.short)),
        {"reserved": Sum("reservations__quantity"), "short": F("shortage__quantity")},
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
        OrderFacts, "Facts of one face alone", ("pk",), ("line__item",), ("Face", "Line", "Facts"),
        lambda row: (row.face, link_to(OrderLine, row.line_id, row.line and row.line.item.sku),
                     link_to(OrderFacts, row.pk, ", ".join(row.data)[:200] or "none")),
    ),
    Plan(
        IngestHead, "Planning system", ("pk",), (), ("Order number", "Product", "State", "Why", "Changed", "Looked at"),
        lambda head: (link_to(IngestHead, head.pk, head.order_number), head.product_id, head.get_state_display(),
                      head.reason or "–", head.changed_at, head.projected_at or "not yet"),
    ),
    Plan(
        Note, "Notes", ("-pk",), (), ("Note", "For", "Who", "When"),
        lambda note: (link_to(Note, note.pk, note), note.get_audience_display(), note.actor_name, note.at),
    ),
)  # fmt: skip


_COMPONENTS = Plan(
    BomComponent, "Components", ("position",), ("item",), ("Item", "Quantity", "Unit"),
    lambda line: (link_to(Item, line.item_id, line.item), shortest(line.quantity), line.uom or line.item.unit),
)  # fmt: skip
_OPERATIONS = Plan(
    BomOperation, "Operations", ("sequence",), (), ("No.", "Operation", "Where", "Minutes"),
    lambda step: (step.sequence, step.name, step.workcenter or "–", shortest(step.duration_minutes)),
)  # fmt: skip
_VERSIONS = Plan(
    BomVersion, "Versions", ("-number",), (), ("Version", "Name", "Type", "For", "Why", "Made by", "Made"),
    lambda version: (link_to(BomVersion, version.pk, version.number), version.name, version.get_type_display(),
                     f"{shortest(version.quantity)} {version.uom}", version.change_reason or "–", version.made_by_name,
                     version.made_at),
)  # fmt: skip


def tables_of(order: ProductionOrder) -> list[Table]:
    """Every table of this order; empty ones too, for that nothing happened is worth knowing."""
    return [_table(plan, "order", order.pk) for plan in PLANS]


def tables_of_bom(bom: Bom) -> list[Table]:
    """What it says now, and all that it said."""
    version = BomVersion.objects.filter(bom=bom, number=bom.version).values_list("pk", flat=True).get()
    return [_table(plan, "version", version) for plan in (_COMPONENTS, _OPERATIONS)] + [
        _table(_VERSIONS, "bom", bom.pk)
    ]


def versions_of(head: IngestHead) -> Table:
    """All that was stated of one order, newest first. The admin has no pages of them, so there is no link to more."""
    found = ManufacturingOrderVersion.objects.filter(
        factory_id=head.factory_id, order_number=head.order_number, product_id=head.product_id
    )
    headings = ("Stated", "Status", "Ordered", "Produced", "Planned end", "Ended", "Source", "Received", "Request")
    rows = [
        (row.updated_at, row.status or "–", row.ordered_units, "–" if row.produced_units is None else row.produced_units,
         row.expected_end_date, row.actual_end_date or "–", row.source_id, row.received_at, row.request_id)
        for row in found.order_by("-updated_at")[:SHOWN]
    ]  # fmt: skip
    return Table(f"Versions, at most {SHOWN}", headings, rows, None)


def _table(plan: Plan, owner: str, pk: int) -> Table:
    """The rows that name `pk` in the column `owner`."""
    found: QuerySet[Any] = plan.model._default_manager.filter(**{owner: pk}).order_by(*plan.order_by)
    found = found.select_related(*plan.joined) if plan.joined else found
    rows = list((found.annotate(**plan.worked_out) if plan.worked_out else found)[: SHOWN + 1])
    query = f"{owner}__id__exact={pk}"
    more = link_to_list(plan.model, query, f"All {plan.title.lower()}") if len(rows) > SHOWN else None
    return Table(plan.title, plan.headings, [plan.cells(row) for row in rows[:SHOWN]], more)

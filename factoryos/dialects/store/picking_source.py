"""What a picking list says: the order's head and its rows, gathered from where each is known, in words for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from factoryos.dialects.base.requests import Values
from factoryos.dialects.store.auth import FACE
from factoryos.dialects.store.flat import FlatRow, flat_rows
from factoryos.dialects.store.picking_page import Head
from factoryos.dialects.store.picking_table import Row
from factoryos.dialects.store.states import WORD_OF, Word
from factoryos.kernel import clock
from factoryos.kernel.actors import Actor, Tenant
from factoryos.kernel.problems import NotFound
from manufacturing.catalogue.images import pictures_of
from manufacturing.models import Item
from orders.facts import facts_of
from orders.materials.picking import Picking, pickings_of
from orders.models import ProductionOrder
from orders.states import State

MOST_ROWS = 2000  # as many as are printed: some two hundred pages
MOST_LOTS = 100  # of a row: what is more is counted
_SORTED_BY = {"art": "article", "name": "name", "supplier": "supplier", "supplier_art": "supplier's article"}
_OVER = {
    Word.FINISHED: "This order is finished: nothing more is to be taken for it.",
    Word.CANCELLED: "This order is cancelled: nothing is to be taken for it.",
}


@dataclass(frozen=True, slots=True)
class PickingOrder:
    """What the head of a list says of an order."""

    id: int
    address: str  # in the console
    reference: str
    word: Word
    on_hold: bool
    customer: str
    customer_order: str
    name: str
    internal_reference: str
    start: datetime | None
    end: datetime | None

    @property
    def open(self) -> bool:
        """Whether something may still be taken for it."""
        return self.word not in _OVER


@dataclass(frozen=True, slots=True)
class PickingRows:
    """The rows that are printed, how many there are in all, and what is to be said below them."""

    rows: Sequence[Row]
    count: int
    said: str


def picking_order(order_id: int, *, by: Actor) -> PickingOrder:
    """One order of the actor's. Problem: NotFound."""
    row = (
        ProductionOrder.objects.filter(pk=order_id, factory_id=by.factory.id)
        .values(
            "uuid", "reference", "state", "open_holds", "planned_start", "planned_end", "customer_name",
            "customer_order_id", external_id=F("customer_order__external_id"), ordered_by=F("customer_order__name"),
        )
        .first()
    )  # fmt: skip
    if row is None:
        raise NotFound(thing="Production order")
    facts = facts_of([order_id], face=FACE)[order_id].header
    external_id = facts.get("customerOrderExternalId") or row["external_id"]
    return PickingOrder(
        id=order_id,
        address=str(row["uuid"]),
        reference=row["reference"],
        word=WORD_OF[State(row["state"])],
        on_hold=row["open_holds"] > 0,
        customer=row["ordered_by"] or row["customer_name"] or "",
        customer_order=" · ".join(str(said) for said in (row["customer_order_id"], external_id) if said),
        name=facts.get("name") or "",
        internal_reference=facts.get("internalReference") or "",
        start=row["planned_start"],
        end=row["planned_end"],
    )


def picking_rows(order: PickingOrder, values: Values, *, by: Actor) -> PickingRows:
    """The articles of an order with what is to be taken of each, as the query parameters want them."""
    flat = flat_rows(
        order.id, by=by, sort=values.get("sort_column", "art"), falling=values.get("order") == "desc"
    )  # fmt: skip
    stocked = set(Item.objects.filter(pk__in=[row.item_id for row in flat], stocked=True).values_list("pk", flat=True))
    needs = {row.item_id: row.own_amount for row in flat if row.item_id in stocked}
    pickings = pickings_of(order.id, needs, by=by, most=MOST_LOTS)
    wanted = flat
    if values.get("filter_non_available", False):
        wanted = [row for row in flat if _is_there(pickings.get(row.item_id))]
    printed = wanted[:MOST_ROWS]
    pictures = pictures_of(row.item_id for row in printed) if values.get("article_images", False) else {}
    rows = [_row(row, pickings, pictures, stocked=row.item_id in stocked) for row in printed]
    return PickingRows(rows, len(wanted), _said(order, flat, wanted))


def _is_there(picking: Picking | None) -> bool:
    return picking is not None and bool(picking.reserved or picking.free)


def _row(flat: FlatRow, pickings: Mapping[int, Picking], pictures: Mapping[int, bytes], *, stocked: bool) -> Row:
    return Row(
        article_id=flat.article_id,
        name=flat.name,
        unit=flat.unit,
        amount=flat.own_amount,
        stockplace=flat.stockplace,
        supplier_name=flat.supplier_name,
        supplier_article_id=flat.supplier_article_id,
        picking=pickings.get(flat.item_id, Picking()),
        stocked=stocked,
        image=pictures.get(flat.item_id),
    )


def _said(order: PickingOrder, flat: Sequence[FlatRow], wanted: Sequence[FlatRow]) -> str:
    """One sentence below the rows, or instead of them."""
    if not flat:
        return "This order has no lines: there is nothing to take for it."
    if len(wanted) > MOST_ROWS:
        return f"THIS LIST IS NOT COMPLETE: {len(wanted) - MOST_ROWS} more articles are not printed."
    if not wanted:
        return "Nothing that this order needs is reserved for it or free."
    left_out = len(flat) - len(wanted)
    told = f"{left_out} {'article' if left_out == 1 else 'articles'} left out: not available." if left_out else ""
    return " ".join(said for said in (_OVER.get(order.word, ""), told) if said)


def head_of(order: PickingOrder, rows: PickingRows, values: Values, *, factory: Tenant, now: datetime) -> Head:
    """The head of the list. Times are the factory's own."""
    printed = _time(now, factory)
    sort = _SORTED_BY[values.get("sort_column", "art")]
    falling = ", falling" if values.get("order") == "desc" else ""
    count = f"{len(rows.rows)} of {rows.count}" if rows.count > len(rows.rows) else str(rows.count)
    return Head(
        factory=factory.name,
        reference=order.reference,
        address=order.address,
        facts=[
            ("Customer order", order.customer_order or "–"),
            ("Planned start", _time(order.start, factory)),
            ("State", order.word.name + (" · ON HOLD" if order.on_hold else "")),
            ("Name", order.name or "–"),
            ("Planned end", _time(order.end, factory)),
            ("Rows", f"{count}, by {sort}{falling}"),
            ("Customer", order.customer or "–"),
            ("Internal reference", order.internal_reference or "–"),
            ("Printed", printed),
        ],
        printed=printed,
    )


def _time(instant: datetime | None, factory: Tenant) -> str:
    if instant is None:
        return "–"
    local = clock.in_zone(instant, factory.zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"

"""What plain Django needs for the same: the ORM transaction and nothing around it.

No middleware, no authentication, no validation, no idempotency, no rules, and an answer of three fields from memory.
What is written is what the product writes: the order and its lines, the event, the announcement, the ledger entry.
"""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Engine
from django.urls import resolve
from django.utils import timezone

from factoryos.kernel.models import OutboxMessage
from manufacturing.models import Machine, StockBalance, StockLocation, StockMove
from orders.models import Assignment, OrderEvent, OrderLine, ProductionOrder, QuantityEntry
from quality.models import Output

PAGE = 50
COLUMNS = (
    "uuid", "reference", "state", "priority", "batch_number", "quantity_target", "quantity_good", "quantity_rejected",
    "planned_start", "planned_end", "created_at", "item__sku", "item__name",
)  # fmt: skip
WHO = {"actor_kind": "user", "actor_id": "bare", "actor_name": "Bare", "face": "bare"}


class PastTheRoad:
    """The outermost middleware: bare views meet none of the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/bare/"):
            return self.get_response(request)
        match = resolve(request.path_info)
        response: HttpResponse = match.func(request, **match.kwargs)
        response.headers["Content-Length"] = str(len(response.content))
        return response


def orders(request: HttpRequest) -> HttpResponse:
    return create(request) if request.method == "POST" else page(request)


def page(request: HttpRequest) -> HttpResponse:
    found = ProductionOrder.objects.filter(factory_id=int(request.GET["factory"]))
    if "before" in request.GET:
        found = found.filter(id__lt=int(request.GET["before"]))
    rows = list(found.order_by("-id").values(*COLUMNS)[:PAGE])
    return HttpResponse(orjson.dumps({"data": rows}, default=str), content_type="application/json")


LIST = Engine().from_string("""<!doctype html><html lang="en"><title>Orders</title><table><thead><tr><th>Order<th>Customer
<th>State<th>Priority<th>Due<th>Progress<th>Changed</tr></thead><tbody>{% for order in orders %}<tr><td>
<a href="/ops/orders/{{ order.uuid }}">{{ order.reference }}</a></td><td>{{ order.customer_name }}</td><td>
{{ order.get_state_display }}</td><td>{{ order.get_priority_display }}</td><td>{{ order.planned_end|date:"Y-m-d" }}</td><td>
{{ order.quantity_good }}/{{ order.quantity_target }} {{ order.item.unit }}</td><td>{{ order.updated_at|timesince }}</td></tr>
{% endfor %}</tbody></table></html>""")


def listed(request: HttpRequest) -> HttpResponse:
    """The same fifty orders as a page: what the ORM and Django's templates take, without frame, holds, machines and notes."""
    found = ProductionOrder.objects.filter(factory__slug=request.GET["factory"]).select_related("item").order_by("-id")
    return HttpResponse(LIST.render(Context({"orders": found[:PAGE]})))


def create(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT orders_mint_reference(%s, %s, %s)", [body["factory"], "BARE-2026", 6])
            reference = cursor.fetchone()[0]
        order = ProductionOrder(
            factory_id=body["factory"],
            reference=reference,
            origin="bare",
            item_id=body["item"],
            batch_number=body["batchNumber"],
            planned_start=body["plannedStart"],
            planned_end=body["plannedEnd"],
            quantity_target=body["quantityTarget"],
            created_by_id="bare",
            created_by_name="Bare",
        )
        order.chain_head = _head(order, "create")
        order.save()
        OrderLine.objects.create(order=order, item_id=body["item"], target=body["quantityTarget"])
        _tell(order, "create", before=None, previous=None)
    return answer(order, status=201)


def start(request: HttpRequest, order: UUID) -> HttpResponse:
    with transaction.atomic():
        found = locked(order)
        machines = [share.machine_id for share in Assignment.objects.filter(order=found)]
        list(Machine.objects.filter(pk__in=machines).order_by("pk").select_for_update(no_key=True))
        Assignment.objects.filter(order=found, machine_id__in=machines).update(
            active=True, active_from=timezone.now(), active_until=None
        )
        found.actual_start = timezone.now()
        move(found, "start")
    return answer(found)


def log(request: HttpRequest, order: UUID) -> HttpResponse:
    body = json.loads(request.body)
    good, rejected = Decimal(body["quantityGood"]), Decimal(body["quantityRejected"])
    with transaction.atomic():
        found = locked(order)
        line, share = OrderLine.objects.get(order=found), Assignment.objects.get(order=found)
        now = timezone.now()
        entry = QuantityEntry.objects.create(
            order=found, line=line, good=good, rejected=rejected, source="manual", machine_id=share.machine_id,
            occurred_at=now, at=now, **WHO,
        )  # fmt: skip
        line.good, line.rejected = line.good + good, line.rejected + rejected
        share.produced += good + rejected
        line.save()
        share.save()
        _stock(found, entry, item=line.item_id)
        found.quantity_good += good
        found.quantity_rejected += rejected
        move(found, "report")
    return answer(found, status=201)


def _stock(order: ProductionOrder, entry: QuantityEntry, *, item: int) -> None:
    """Good pieces of an item that is not tracked lie in one balance, whichever order made them."""
    location = StockLocation.objects.get(factory_id=order.factory_id, code="main")
    keys = {"factory_id": order.factory_id, "item_id": item, "lot": None, "location": location}
    place = StockBalance.objects.select_for_update(no_key=True).get_or_create(**keys)[0]
    place.on_hand += entry.good
    place.save()
    common = {"factory_id": order.factory_id, "order": order, "run": entry, "quantity": entry.good}
    StockMove.objects.create(balance=place, kind="production", entry=entry, **common, **WHO)
    Output.objects.create(item_id=item, **common)


def complete(request: HttpRequest, order: UUID) -> HttpResponse:
    with transaction.atomic():
        found = locked(order)
        found.actual_end = now = timezone.now()
        Assignment.objects.filter(order=found, active=True).update(active=False, active_until=now)
        move(found, "complete")
    return answer(found)


def locked(order: UUID) -> ProductionOrder:
    return ProductionOrder.objects.select_for_update(no_key=True).get(uuid=order)


def _head(order: ProductionOrder, verb: str) -> str:
    return hashlib.sha256(f"{order.chain_head}{order.uuid}{verb}{order.version}".encode()).hexdigest()


def move(order: ProductionOrder, verb: str) -> None:
    before, previous = str(order.state), order.chain_head
    getattr(order, verb)()
    order.version += 1
    order.chain_head = _head(order, verb)
    order.save()
    _tell(order, verb, before=before, previous=previous)


def _tell(order: ProductionOrder, verb: str, *, before: str | None, previous: str | None) -> None:
    OrderEvent.objects.create(
        order=order, factory_id=order.factory_id, seq=order.version, verb=verb, moved=verb != "report",
        from_state=before, to_state=order.state, credential="none", at=timezone.now(), previous_hash=previous,
        hash=order.chain_head, **WHO,
    )  # fmt: skip
    payload: dict[str, Any] = {"orderId": str(order.uuid), "state": order.state, "version": order.version}
    OutboxMessage.objects.create(topic="order.moved", factory_id=order.factory_id, key=str(order.uuid), payload=payload)


def answer(order: ProductionOrder, *, status: int = 200) -> HttpResponse:
    return JsonResponse({"id": str(order.uuid), "reference": order.reference, "state": order.state}, status=status)

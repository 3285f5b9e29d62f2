"""Confirm and produce as plain Django would do them: the ORM's own bulk statements, and nothing around them.

The same rows as the product writes. Stock is plenty, so nothing is asked about what would be missing.
"""

import json
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from manufacturing.models import Lot, Reservation, StockBalance, StockLocation, StockMove
from orders.models import OrderComponent, OrderLine, ProductionOrder, QuantityEntry
from quality.models import Consumption, Output
from tests.bench import bare
from tests.bench.bare import WHO

_NEVER = datetime.max.replace(tzinfo=UTC)
_SMALLEST = Decimal("1E-15")


def confirm(request: HttpRequest, order: UUID) -> HttpResponse:
    with transaction.atomic():
        found = bare.locked(order)
        components = list(OrderComponent.objects.filter(order=found).select_related("line"))
        free = StockBalance.objects.filter(item__in=[each.item_id for each in components], on_hand__gt=F("reserved"))
        balances = list(free.select_related("lot").order_by("pk").select_for_update(of=("self",), no_key=True))
        reservations = []
        for component in components:
            balance = min((each for each in balances if each.item_id == component.item_id), key=_turn)
            wanted = component.numerator * component.line.target / component.denominator
            quantity = wanted.to_integral_value(rounding=ROUND_CEILING)
            balance.reserved += quantity
            reservations.append(Reservation(component=component, balance=balance, quantity=quantity))
        StockBalance.objects.bulk_update([each.balance for each in reservations], ["reserved"])
        Reservation.objects.bulk_create(reservations)
        bare.move(found, "approve")
    return bare.answer(found)


def _turn(balance: StockBalance) -> tuple[datetime, int, int]:
    return (balance.lot.best_before if balance.lot else None) or _NEVER, balance.lot_id or 0, balance.pk


def produce(request: HttpRequest, order: UUID) -> HttpResponse:
    body = json.loads(request.body)
    good = Decimal(body["qty"])
    with transaction.atomic():
        found = bare.locked(order)
        if found.state == "approved":
            found.actual_start = timezone.now()
            bare.move(found, "start")
        line = OrderLine.objects.get(order=found)
        place = _place(line, code=body["lotNumber"], factory=found.factory_id)
        held = list(Reservation.objects.filter(component__order=found).select_related("component"))
        wanted = StockBalance.objects.filter(pk__in=[place.pk, *(each.balance_id for each in held)])
        balances = {each.pk: each for each in wanted.order_by("pk").select_for_update(no_key=True)}
        now = timezone.now()
        entry = QuantityEntry.objects.create(
            order=found, line=line, good=good, rejected=0, source="manual", lot_number=body["lotNumber"],
            occurred_at=now, at=now, **WHO,
        )  # fmt: skip
        line.good += good
        line.save()
        _book(found, line, entry, held=held, balances=balances, place=balances[place.pk])
        found.quantity_good += good
        bare.move(found, "report")
    return bare.answer(found)


def _place(line: OrderLine, *, code: str, factory: int) -> StockBalance:
    lot, _ = Lot.objects.get_or_create(item_id=line.item_id, code=code, defaults={"factory_id": factory})
    location = StockLocation.objects.get(factory_id=factory, code="main")
    keys = {"item_id": line.item_id, "lot": lot, "location": location}
    return StockBalance.objects.get_or_create(**keys, defaults={"factory_id": factory})[0]


def _book(
    order: ProductionOrder, line: OrderLine, entry: QuantityEntry, *, held: list[Reservation],
    balances: dict[int, StockBalance], place: StockBalance,
) -> None:  # fmt: skip
    common = {"factory_id": order.factory_id, "order": order, "run": entry}
    moves = [StockMove(balance=place, kind="production", quantity=entry.good, entry=entry, **common, **WHO)]
    links = []
    for reservation in held:
        component, balance = reservation.component, balances[reservation.balance_id]
        used = (component.numerator * line.good / component.denominator).quantize(_SMALLEST) - component.consumed
        component.consumed += used
        reservation.quantity -= used
        balance.on_hand -= used
        balance.reserved -= used
        moves.append(
            StockMove(balance=balance, kind="consumption", quantity=-used, entry=entry, component=component, **common, **WHO)
        )  # fmt: skip
        links.append(Consumption(item_id=component.item_id, lot_id=balance.lot_id, quantity=used, **common))
    place.on_hand += entry.good
    StockMove.objects.bulk_create(moves)
    StockBalance.objects.bulk_update(balances.values(), ["on_hand", "reserved"])
    Reservation.objects.bulk_update(held, ["quantity"])
    OrderComponent.objects.bulk_update([each.component for each in held], ["consumed"])
    Consumption.objects.bulk_create(links)
    Output.objects.create(item_id=line.item_id, lot_id=place.lot_id, quantity=entry.good, **common)

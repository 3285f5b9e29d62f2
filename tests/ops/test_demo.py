"""The demo's material: BOMs of two levels with a kit, stock in lots, and orders that have, lack and use it."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from factoryos.dialects.ingest.projection import project
from factoryos.kernel import outbox
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from factoryos.ops.demo.sheet import sheet
from manufacturing.boms.explosion import explode
from manufacturing.models import Bom, Item, Lot, Machine, Reservation, Shortage, StockBalance, StockMove
from manufacturing.problems import MaterialShort
from manufacturing.stock.figures import buildable
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.models import IngestHead, OrderComponent, ProductionOrder, WorkOrder
from orders.proof_of_ledgers import faults
from orders.specs import Count, NewLine, Share
from quality.models import Consumption
from tests import floor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loaded(settings: Any, tmp_path: Path) -> None:
    settings.FACTORYOS_HOME = tmp_path
    call_command("load_demo", skip_checks=True, stdout=StringIO())


def the(batch: str) -> ProductionOrder:
    return ProductionOrder.objects.get(batch_number=batch)


def crew() -> Crew:
    return Crew.of(Factory.objects.get(slug="penang-plant"))


def stock() -> list[Any]:
    balances = list(StockBalance.objects.order_by("id").values_list("id", "on_hand", "reserved"))
    return [balances, StockMove.objects.count(), Reservation.objects.count(), Shortage.objects.count()]


def test_a_cap_is_made_of_a_shell_that_is_made_of_resin_and_of_the_parts_of_its_kit() -> None:
    cap = Bom.objects.get(item__sku="CAP-28")
    skus = dict(Item.objects.values_list("pk", "sku"))
    needs = {skus[need.item_id]: str(need.per_unit) for need in explode(cap.versions.get().pk)}
    assert needs == {
        "SHELL-28": "1", "LINER-28": "1", "CARTON-1000": "1/1000", "BAG-INNER": "1/1000", "LABEL-CARTON": "1/1000",
    }  # fmt: skip
    shell = Bom.objects.get(item__sku="SHELL-28").versions.get()
    assert [(part.item.sku, part.quantity, shell.quantity) for part in shell.components.all()] == [
        ("RESIN-PP", Decimal("2.9"), 1000)
    ]
    assert list(WorkOrder.objects.filter(order=the("M062026-DRF")).values_list("name", flat=True)) == [
        "Insert liner", "Inspect", "Pack",
    ]  # fmt: skip


def test_parts_that_are_tracked_lie_in_several_lots_with_the_date_until_which_they_are_good() -> None:
    for sku, lots in (("LINER-28", 5), ("RESIN-PP", 2)):
        found = Lot.objects.filter(item__sku=sku, best_before__isnull=False)
        assert found.count() == lots == found.values("best_before").distinct().count()


def test_the_order_that_is_too_large_cannot_be_confirmed_for_want_of_shells_and_liners() -> None:
    order, before = the("M072026-SHORT"), stock()
    assert order.notes and "Cannot be confirmed" in order.notes
    with pytest.raises(MaterialShort) as refused:
        floor.done(actions.approve, order_id=order.pk, by=crew().operator)
    missing = refused.value.data["missing"]
    assert [part["sku"] for part in missing] == ["SHELL-28", "LINER-28"]
    assert all(0 < part["available"] < part["required"] == 400_000 for part in missing)
    assert the("M072026-SHORT").version == order.version
    assert stock() == before


@pytest.mark.parametrize("batch", ["M062026-DRF", "M062026-SUB", "TEE-JUNE"])
def test_every_other_order_that_waits_for_its_approval_gets_it(batch: str) -> None:
    order = the(batch)
    by = floor.an_actor(order.factory)
    assert floor.done(actions.approve, order_id=order.pk, by=by).state == "approved"
    components = OrderComponent.objects.filter(order=order)
    assert Reservation.objects.filter(component__in=components).count() >= components.count()


def test_the_confirmed_order_has_its_material_and_the_running_one_has_used_some() -> None:
    confirmed, running = the("M062026-APR"), the("M052026-RUN")
    held = Reservation.objects.filter(component__order=confirmed).values_list("component__item__sku", "quantity")
    assert {sku: int(quantity) for sku, quantity in held} == {
        "SHELL-28": 2500, "LINER-28": 2500, "CARTON-1000": 3, "BAG-INNER": 3, "LABEL-CARTON": 3,
    }  # fmt: skip
    liner = OrderComponent.objects.get(order=running, item__sku="LINER-28")
    assert liner.consumed == 1200
    assert sum(row.quantity for row in liner.reservations.all()) == 2800
    used = Consumption.objects.filter(order=running, item__sku="LINER-28").order_by("lot__best_before")
    assert list(used.values_list("lot__code", "quantity")) == [("LN-2604-A", 500), ("LN-2605-B", 700)]


def test_the_order_scheduled_without_liners_is_served_when_they_come() -> None:
    order = the("M062026-WAIT")
    assert order.state == "scheduled"
    short = Shortage.objects.get(component__order=order)
    assert (short.item.sku, short.quantity) == ("LINER-38", 3500)
    with transaction.atomic():
        receive(Delivery(short.item, Decimal(5000), lot_number="LN38-NEW"), by=crew().operator)
    outbox.relay()
    assert not Shortage.objects.filter(component__order=order).exists()
    assert sum(row.quantity for row in Reservation.objects.filter(component__item=short.item)) == 6000


def test_the_guide_s_seven_steps_go_through_with_the_material_that_is_there() -> None:
    cast, press = crew(), Machine.objects.get(code="PRESS-01")
    cap = Item.objects.get(sku="CAP-28")
    free = buildable(cap)
    assert free is not None and free.quantity > 50_000
    order = floor.done(actions.create, by=cast.planner, lines=[NewLine(item=cap, target=Decimal(1000))])
    for verb, by, more in (
        (actions.approve, cast.operator, {}),
        (actions.schedule, cast.planner, {"shares": [Share(machine=press)]}),
        (actions.start, cast.technician, {}),
        (actions.report, cast.technician, {"count": Count(Decimal(988), Decimal(12))}),
        (actions.complete, cast.technician, {}),
        (actions.verify, cast.qa, {"final": Decimal(1000), "good": Decimal(988), "rejected": Decimal(12)}),
    ):
        floor.done(verb, order_id=order.pk, by=by, **more)
    assert OrderComponent.objects.get(order=order, item__sku="SHELL-28").consumed == 1000
    assert list(faults()) == []


def test_what_is_shown_for_scripts_names_boms_and_lots() -> None:
    ids = sheet()["ids"]
    assert ids["boms"]["Bottle Cap 28mm, natural"] == str(Bom.objects.get(item__sku="CAP-28").uuid)
    assert ids["lots"]["PP-88121"] == str(Lot.objects.get(code="PP-88121").uuid)


def test_what_the_planning_system_states_is_followed_as_far_as_it_can_be() -> None:
    call_command("load_demo", skip_checks=True, stdout=StringIO())  # once is enough
    project()
    told = IngestHead.objects.order_by("order_number").values_list("state", "order__state", "order__quantity_good")
    assert list(told) == [
        ("done", "scheduled", 0), ("done", "approved", 0), ("done", "in_production", 3200), ("waiting", "completed", 2500),
        ("conflict", None, None),
    ]  # fmt: skip
    assert Item.objects.get(sku="CAP-45-GOLD").stub
    assert list(faults()) == []


def test_all_totals_of_the_demo_are_proved() -> None:
    call_command("verify_history", skip_checks=True, stdout=StringIO())
    call_command("verify_ledgers", skip_checks=True, stdout=StringIO())
    assert StockMove.objects.filter(kind="shipment").exists()

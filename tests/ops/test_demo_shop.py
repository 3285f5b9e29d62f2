"""The demo's shop and what it buys: what the store API's examples need is there, also in a plant that was loaded before."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from factoryos.kernel import user_tokens
from factoryos.kernel.api_keys import actor_of
from factoryos.kernel.models import ApiKey, Factory, User
from factoryos.ops.demo import lines, materials, people, plant, stories
from manufacturing.boms.explosion import explode_to_leaves
from manufacturing.models import (
    Bom,
    Item,
    ItemImage,
    PurchaseOrder,
    PurchaseOrderLine,
    StockBalance,
    StockMove,
    Supplier,
)
from manufacturing.stock.receipts import Delivery, receive
from orders.facts import facts_of
from orders.models import CustomerOrder, ProductionOrder, QuantityEntry
from orders.proof_of_ledgers import faults
from quality.models import Consumption
from tests import floor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.FACTORYOS_HOME = tmp_path


def load() -> None:
    call_command("load_demo", skip_checks=True, stdout=StringIO())


def sheet() -> dict[str, Any]:
    out = StringIO()
    call_command("credentials", skip_checks=True, json=True, stdout=out)
    return dict(json.loads(out.getvalue()))


def free(sku: str, lot: str | None = None) -> Decimal:
    rows = StockBalance.objects.filter(item__sku=sku, **({"lot__code": lot} if lot else {}))
    return sum((row.on_hand - row.reserved for row in rows), Decimal(0))


def test_a_customer_wants_something_made_here_and_something_only_bought() -> None:
    load()
    order = CustomerOrder.objects.get(external_id="WEB-5512")
    assert order.name == "Blue caps, Selangor Water" and order.delivery_date is not None
    rows = [(row.item.sku, row.quantity, row.item.boms.filter(default=True).exists()) for row in order.rows.all()]
    assert rows == [("CAP-28/BLUE", 500, True), ("CRATE-EURO", 4, False)]


def test_there_are_two_layers_a_whole_lot_of_ten_thousand_and_a_part_of_which_there_is_nothing() -> None:
    load()
    blue = Bom.objects.get(item__sku="CAP-28/BLUE").versions.get()
    skus = dict(Item.objects.values_list("pk", "sku"))
    assert {"RESIN-PP", "MB-BLUE", "LINER-28"} <= {skus[need.item_id] for need in explode_to_leaves(blue.pk)}
    assert free("LINER-28", "LN-78") == 10_000
    assert free("SEAL-28") == 0 and Bom.objects.filter(item__sku="CAP-28/SEAL").exists()


def test_what_is_bought_has_its_price_and_what_is_ordered_has_come_in_part() -> None:
    load()
    resin = Item.objects.get(sku="RESIN-PP")
    prices = (resin.purchase_price, resin.purchase_price_misc, resin.purchase_price_shipment)
    assert prices == (Decimal("5.4"), Decimal("0.1"), Decimal("0.25"))
    assert resin.supplier is not None and (resin.supplier.name, resin.supplier_sku) == ("Johor Polymers", "JP-PP-550")
    lines_ = PurchaseOrderLine.objects.order_by("pk").values_list("item__sku", "quantity", "received")
    assert ("CARTON-1000", 1000, 400) in lines_ and ("RESIN-PP", 500, 0) in lines_
    assert PurchaseOrderLine.objects.filter(closed_at__isnull=False).count() == 1
    assert StockBalance.objects.filter(location__code="A-03-2", on_hand__gt=0).exists()
    assert ItemImage.objects.get(item__sku="CAP-28/BLUE").width == 400


def test_one_order_of_the_shop_is_new_and_one_is_being_made_and_traced() -> None:
    load()
    orders = {
        facts_of([order.pk], face="store")[order.pk].header["internalReference"]: order
        for order in ProductionOrder.objects.filter(customer_order__external_id="WEB-5512")
    }
    assert {name: (str(order.state), order.origin) for name, order in orders.items()} == {
        "SHIFT-A": ("draft", "store"), "SHIFT-B": ("in_production", "store"),
    }  # fmt: skip
    run = QuantityEntry.objects.get(order=orders["SHIFT-B"])
    assert (run.good, run.rejected, run.lot_number) == (120, 3, "B-260114-1")
    used = Consumption.objects.get(order=orders["SHIFT-B"], item__sku="LINER-28")
    assert used.lot is not None and (used.lot.code, used.quantity) == ("LN-77", 123)
    assert list(faults()) == []


def test_the_sheet_names_what_the_store_api_is_asked_for() -> None:
    load()
    found = sheet()
    assert found["ids"]["customer_orders"]["WEB-5512"] == CustomerOrder.objects.get(external_id="WEB-5512").pk
    assert len(found["ids"]["store_orders"]) == 2
    for factory in found["factories"]:
        key, store = factory["api_keys"]["store"], factory["store_id"]
        actor = actor_of(key, kind=ApiKey.Kind.STORE_KEY, face="store", store_id=store)
        assert actor.factory.slug == factory["slug"]
    user = User.objects.get(username=found["users"]["planner"]["email"])
    secret, _ = user_tokens.issue(user=user, device={})
    assert user_tokens.holder_of(secret, user_id=user.pk, store_id="S-1001", face="store").actor.roles == {"planner"}


def load_as_before() -> None:
    factories = people.load_factories()
    people.load_people(factories)
    people.load_keys(factories)
    for factory in factories:
        plant.load_plant(factory)
        materials.load_materials(factory)
        stories.load_orders(factory)
        lines.load_connections(factory)


def test_a_plant_that_was_loaded_before_gets_what_is_new_and_keeps_what_people_did() -> None:
    """As an older demo left it: nothing bought, no shop, and somebody received and priced things since."""
    floor.done(load_as_before)
    factory = Factory.objects.get(slug="penang-plant")
    carton = Item.objects.get(factory=factory, sku="CARTON-1000")
    Item.objects.filter(pk=carton.pk).update(purchase_price=Decimal("9.99"))
    floor.done(receive, delivery=Delivery(carton, Decimal(7)), by=floor.an_actor(factory))
    before = ProductionOrder.objects.count()

    load()
    carton.refresh_from_db()
    assert (carton.purchase_price, carton.supplier) == (Decimal("9.99"), None)
    assert ProductionOrder.objects.count() == before + 2
    assert PurchaseOrder.objects.count() == 3 and Supplier.objects.count() == 3
    moves = StockMove.objects.count()
    load()
    assert (ProductionOrder.objects.count(), StockMove.objects.count()) == (before + 2, moves)
    assert list(faults()) == []

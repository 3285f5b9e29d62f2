"""Stock: places, lots, what lies where, what is promised to whom, what is lacking, and every movement."""

from typing import Any, ClassVar

from django.contrib.admin import EmptyFieldListFilter, display, register
from django.http import HttpRequest, HttpResponse
from django.urls import path

from factoryos.kernel.actors import Actor
from factoryos.supervision.fields import CodeField, LineField
from factoryos.supervision.listing import amount, link_to, link_to_list
from factoryos.supervision.manufacturing.counting import count_anew
from factoryos.supervision.manufacturing.receiving import receive_stock
from factoryos.supervision.masters import MasterAdmin, MasterForm
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, factory_filter
from manufacturing.catalogue.places import create_stock_location, rename_stock_location
from manufacturing.models import Item, Lot, Reservation, Shortage, StockBalance, StockLocation, StockMove


class StockLocationForm(MasterForm):
    known_by, ignoring_case = "code", False
    code = CodeField(help_text="It stays. The place called main is meant wherever none is named.")
    name = LineField(max_length=200)

    class Meta:
        model = StockLocation
        fields = ("factory", "code", "name")


@register(StockLocation, site=site)
class StockLocationAdmin(MasterAdmin):
    form = StockLocationForm
    fixed = ("factory", "code")
    list_display = ("code", "name", "factory", "contents", "created_at")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Beginning of a code, or part of a name"
    readonly_fields = ("uuid", "created_at", "contents")

    @display(description="stock")
    def contents(self, place: StockLocation) -> str:
        return link_to_list(StockBalance, f"location__id__exact={place.pk}", "What lies there") if place.pk else "–"

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> StockLocation:
        return create_stock_location(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        rename_stock_location(thing, by=by, name=changes["name"])


class OfItem(ReadOnlyAdmin):
    """Rows about an item."""

    search_fields: ClassVar[Any] = ("item__sku__startswith",)
    search_help_text = "Beginning of an item's SKU"

    @display(description="item", ordering="item__sku")
    def of_item(self, row: Any) -> str:
        return link_to(Item, row.item_id, row.item)


@register(Lot, site=site)
class LotAdmin(OfItem):
    tenant_path = "factory"
    list_display = ("code", "of_item", "factory", "serial", "best_before", "created_at", "contents")
    list_filter = (FactoryFilter, "serial", ("best_before", EmptyFieldListFilter))
    list_select_related = ("factory", "item")
    search_fields = ("code__startswith", "item__sku__startswith")
    search_help_text = "Beginning of a lot or serial number, or of an item's SKU"
    readonly_fields = ("uuid", "created_at", "contents")

    @display(description="stock")
    def contents(self, lot: Lot) -> str:
        return link_to_list(StockBalance, f"lot__id__exact={lot.pk}", "Where it lies")


@register(StockBalance, site=site)
class StockBalanceAdmin(OfItem):
    """What lies where. It changes by what comes in, what is counted anew, and what orders do."""

    tenant_path = "factory"
    actions = (count_anew,)
    change_list_template = "supervision/stock.html"
    list_display = ("item", "lot", "location", "factory", amount("on_hand"), amount("reserved"))
    list_filter = (FactoryFilter,)
    list_select_related = ("item", "lot", "location", "factory")
    search_fields = ("item__sku__startswith", "lot__code__exact")
    search_help_text = "Beginning of an item's SKU, or a whole lot or serial number"
    exclude = ("on_hand", "reserved")
    readonly_fields: ClassVar[Any] = (amount("on_hand"), amount("reserved"), "movements", "promised")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether counting is offered; the verb asks again, with the roles held in the stock's own factory."""
        return self.reaches(request)

    def get_urls(self) -> list[Any]:
        own = path("receive/", self.admin_site.admin_view(self.receive), name="manufacturing_stockbalance_receive")
        return [own, *super().get_urls()]

    def receive(self, request: HttpRequest) -> HttpResponse:
        return receive_stock(self, request)

    @display(description="movements")
    def movements(self, balance: StockBalance) -> str:
        return link_to_list(StockMove, f"balance__id__exact={balance.pk}", "Movements")

    @display(description="promised to")
    def promised(self, balance: StockBalance) -> str:
        return link_to_list(Reservation, f"balance__id__exact={balance.pk}", "Reservations")


@register(StockMove, site=site)
class StockMoveAdmin(ReadOnlyAdmin):
    """The ledger of stock: nothing in it is ever changed."""

    tenant_path = "factory"
    list_display = (
        "id", "of_item", "of_lot", "kind", amount("quantity"), "of_order", "reason", "reference", "actor_name", "face", "at",
    )  # fmt: skip
    list_filter = (FactoryFilter, "kind")
    list_select_related = ("balance__item", "balance__lot", "order")
    search_fields = ("balance__item__sku__startswith", "balance__lot__code__exact", "reference__startswith")
    search_help_text = "Beginning of an item's SKU or of a delivery's reference, or a whole lot number"
    date_hierarchy = "at"
    exclude = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)

    @display(description="item")
    def of_item(self, move: StockMove) -> str:
        return link_to(Item, move.balance.item_id, move.balance.item)

    @display(description="lot")
    def of_lot(self, move: StockMove) -> str:
        return link_to(Lot, move.balance.lot_id, move.balance.lot)

    @display(description="order")
    def of_order(self, move: StockMove) -> str:
        from orders.models import ProductionOrder

        return link_to(ProductionOrder, move.order_id, move.order)


class OfComponent(ReadOnlyAdmin):
    """Rows about a component of an order; their factory is the order's."""

    tenant_path = "component__order__factory"
    list_filter: ClassVar[Any] = (factory_filter("component__order__factory"),)
    search_fields: ClassVar[Any] = ("component__order__reference__startswith", "component__item__sku__startswith")
    search_help_text = "Beginning of an order's reference or of a component's SKU"
    exclude: ClassVar[Any] = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)

    @display(description="order")
    def of_order(self, row: Any) -> str:
        from orders.models import ProductionOrder

        return link_to(ProductionOrder, row.component.order_id, row.component.order)

    @display(description="item")
    def of_item(self, row: Any) -> str:
        return link_to(Item, row.component.item_id, row.component.item)


@register(Reservation, site=site)
class ReservationAdmin(OfComponent):
    list_display = ("id", "of_order", "of_item", "of_lot", amount("quantity"))
    list_select_related = ("component__order", "component__item", "balance__lot")

    @display(description="lot")
    def of_lot(self, row: Reservation) -> str:
        return link_to(Lot, row.balance.lot_id, row.balance.lot)


@register(Shortage, site=site)
class ShortageAdmin(OfComponent):
    """Who waits for what. Served by itself when stock arrives."""

    list_display = ("__str__", "of_order", "of_item", amount("quantity"))
    list_select_related = ("component__order", "component__item")

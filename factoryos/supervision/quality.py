"""Pages of quality: holds, verifications and what went into what, as they were made."""

from typing import Any, ClassVar

from django.contrib.admin import EmptyFieldListFilter, display, register

from factoryos.supervision.listing import amount, link_to
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter
from manufacturing.models import Lot
from orders.models import ProductionOrder
from quality.models import Consumption, Hold, Output, Verification


@register(Hold, site=site)
class HoldAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("reason", "of_order", "factory", "placed_by_name", "placed_at", "released_by_name", "released_at")
    list_filter = (FactoryFilter, ("released_at", EmptyFieldListFilter))
    list_select_related = ("order", "factory")
    search_fields = ("order__reference__startswith", "reason__icontains")
    search_help_text = "Beginning of an order's reference, or part of a reason"
    date_hierarchy = "placed_at"

    @display(description="order")
    def of_order(self, hold: Hold) -> str:
        return link_to(ProductionOrder, hold.order_id, hold.order)


@register(Verification, site=site)
class VerificationAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = (
        "of_order", "factory",
        amount("quantity_final"), amount("quantity_good"), amount("quantity_rejected"),
        "verified_by_name", "verified_at",
    )  # fmt: skip
    list_filter = (FactoryFilter,)
    list_select_related = ("order", "factory")
    search_fields = ("order__reference__startswith",)
    search_help_text = "Beginning of an order's reference"
    date_hierarchy = "verified_at"

    @display(description="order")
    def of_order(self, verification: Verification) -> str:
        return link_to(ProductionOrder, verification.order_id, verification.order)


class GenealogyAdmin(ReadOnlyAdmin):
    """Which lots went into, or came out of, the pieces of a report."""

    tenant_path = "factory"
    list_display = ("item", "of_lot", "of_order", "factory", amount("quantity"), "run")
    list_filter = (FactoryFilter,)
    list_select_related = ("item", "lot", "order", "factory", "run")
    search_fields = ("order__reference__startswith", "item__sku__startswith", "lot__code__exact")
    search_help_text = "Beginning of an order's reference or of an item's SKU, or a whole lot number"
    exclude = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)

    @display(description="lot")
    def of_lot(self, link: Any) -> str:
        return link_to(Lot, link.lot_id, link.lot)

    @display(description="order")
    def of_order(self, link: Any) -> str:
        return link_to(ProductionOrder, link.order_id, link.order)


register(Consumption, Output, site=site)(GenealogyAdmin)

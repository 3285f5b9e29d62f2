"""Orders of customers, which production orders are made for, and the facts that one face alone keeps of an order."""

import json
from typing import Any, ClassVar

from django.contrib.admin import display, register

from factoryos.supervision.listing import amount, link_to, link_to_list
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedInline, factory_filter
from manufacturing.models import Item
from orders.models import CustomerOrder, CustomerOrderRow, OrderFacts, ProductionOrder


class RowInline(ScopedInline):
    """What was ordered, in the customer's order."""

    model = CustomerOrderRow
    verbose_name_plural = "rows"
    extra = 0
    fields: ClassVar[Any] = ("of_item", "name", amount("quantity"))
    readonly_fields: ClassVar[Any] = fields
    ordering = ("position",)

    @display(description="item")
    def of_item(self, row: CustomerOrderRow) -> str:
        return link_to(Item, row.item_id, row.item)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("item")


@register(CustomerOrder, site=site)
class CustomerOrderAdmin(ReadOnlyAdmin):
    """As the store took it down; production orders are made of it through the store API."""

    tenant_path = "factory"
    inlines = (RowInline,)
    list_display = ("id", "external_id", "name", "factory", "delivery_date", "created_at", "made")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields = ("external_id__startswith", "name__icontains")
    search_help_text = "Beginning of the sender's number, or part of a name"
    date_hierarchy = "created_at"
    readonly_fields = ("made",)

    @display(description="production orders")
    def made(self, order: CustomerOrder) -> str:
        return link_to_list(ProductionOrder, f"customer_order__id__exact={order.pk}", "Made for it")


@register(CustomerOrderRow, site=site)
class CustomerOrderRowAdmin(ReadOnlyAdmin):
    tenant_path = "customer_order__factory"
    list_display = ("id", "of_order", "of_item", "name", amount("quantity"))
    list_filter = (factory_filter("customer_order__factory"),)
    list_select_related = ("customer_order", "item")
    search_fields = ("item__sku__startswith", "customer_order__external_id__startswith")
    search_help_text = "Beginning of an item's SKU or of the sender's number"
    exclude = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)

    @display(description="customer order")
    def of_order(self, row: CustomerOrderRow) -> str:
        return link_to(CustomerOrder, row.customer_order_id, row.customer_order)

    @display(description="item")
    def of_item(self, row: CustomerOrderRow) -> str:
        return link_to(Item, row.item_id, row.item)


@register(OrderFacts, site=site)
class OrderFactsAdmin(ReadOnlyAdmin):
    """What a face was told of an order and no other face shows. Each change of it stands in the order's history."""

    tenant_path = "order__factory"
    list_display = ("id", "of_order", "line", "face", "told")
    list_filter = (factory_filter("order__factory"), "face")
    list_select_related = ("order", "line__item")
    search_fields = ("order__reference__startswith",)
    search_help_text = "Beginning of an order's reference"
    exclude = ("data",)
    readonly_fields = ("told",)

    @display(description="order")
    def of_order(self, row: OrderFacts) -> str:
        return link_to(ProductionOrder, row.order_id, row.order)

    @display(description="facts")
    def told(self, row: OrderFacts) -> str:
        text = json.dumps(row.data, ensure_ascii=False)
        return text if len(text) <= 1000 else f"{text[:1000]} …"

"""Pages of the console's own tables: operations on many orders, saved views, people's preferences."""

from typing import Any

from django.apps import apps
from django.contrib.admin import EmptyFieldListFilter, display, register
from django.http import HttpRequest

from factoryos.supervision.listing import CheapList, link_to, link_to_list
from factoryos.supervision.one_transaction import OneTransaction
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedAdmin, factory_filter
from orders.models import ProductionOrder

# By name: the console and the admin are two faces, and neither imports the other.
BulkOperation = apps.get_model("ops", "BulkOperation")
BulkRow = apps.get_model("ops", "BulkRow")
Preferences = apps.get_model("ops", "Preferences")
SavedView = apps.get_model("ops", "SavedView")


@register(BulkOperation, site=site)
class BulkOperationAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("action", "selected", "factory", "user", "all_or_nothing", "created_at", "finished_at", "results")
    list_filter = (FactoryFilter, ("finished_at", EmptyFieldListFilter))
    list_select_related = ("factory", "user")
    search_fields = ("uuid__exact", "action__exact")
    search_help_text = "A whole id or action"

    @display(description="rows")
    def results(self, operation: Any) -> str:
        return link_to_list(BulkRow, f"operation__id__exact={operation.pk}", "Results")


@register(BulkRow, site=site)
class BulkRowAdmin(ReadOnlyAdmin):
    tenant_path = "operation__factory"
    list_display = ("position", "of_order", "operation", "status", "code", "detail", "at")
    list_filter = (factory_filter("operation__factory"), "status")
    list_select_related = ("operation", "order")
    search_fields = ("order__reference__startswith",)

    @display(description="order")
    def of_order(self, row: Any) -> str:
        return link_to(ProductionOrder, row.order_id, row.order)


@register(SavedView, site=site)
class SavedViewAdmin(OneTransaction, CheapList, ScopedAdmin):
    """Made and changed where they are used, in the console; here one that is in the way can be removed."""

    tenant_path = "factory"
    may_delete = True
    list_display = ("name", "screen", "owner", "factory", "shared", "is_default", "created_at")
    list_filter = (FactoryFilter, "shared")
    list_select_related = ("owner", "factory")
    search_fields = ("name__icontains",)

    def narrowed(self, rows: Any, factories: frozenset[int]) -> Any:
        return super().narrowed(rows, factories).filter(shared=True)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@register(Preferences, site=site)
class PreferencesAdmin(ReadOnlyAdmin):
    """Of people, who may belong to several factories: for keepers."""

    list_display = ("user", "density", "theme", "single_keys")
    list_select_related = ("user",)
    search_fields = ("user__username__exact",)

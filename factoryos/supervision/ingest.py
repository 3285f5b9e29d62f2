"""Pages of what planning systems sent: how far orders follow it, and rows that were refused. Only to look at.

Versions have a key of several columns, for which Django's admin has no page: they stand on the page of their head.
"""

from typing import Any

from django.contrib.admin import display, register
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.supervision.listing import link_to
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.related_tables import versions_of
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ProductionOrder


@register(IngestHead, site=site)
class IngestHeadAdmin(ReadOnlyAdmin):
    """The newest statement of an order. It is tried again in the console."""

    tenant_path = "factory"
    change_form_template = "supervision/order.html"
    list_display = (
        "order_number", "product_id", "factory", "state", "reason", "of_order", "attempts", "due_at", "changed_at",
        "projected_at",
    )  # fmt: skip
    list_filter = (FactoryFilter, "state")
    list_select_related = ("factory", "order")
    search_fields = ("order_number__startswith",)
    search_help_text = "Beginning of an order number"
    exclude = ("content",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Of one state by change, as the index of what is not done has them: by key, a few among many were far to seek."""
        return ("-changed_at", "-pk") if "state__exact" in request.GET else ("-pk",)

    @display(description="order")
    def of_order(self, head: IngestHead) -> str:
        return link_to(ProductionOrder, head.order_id, head.order)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("factory", "order")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        head = self.get_object(request, object_id)
        tables = [versions_of(head)] if head is not None else []
        console = f"/ops/ingest/{head.pk}" if head is not None else None
        context = {**(extra_context or {}), "tables": tables, "console_address": console}
        return super().change_view(request, object_id, form_url, context)


@register(IngestFailedRow, site=site)
class IngestFailedRowAdmin(ReadOnlyAdmin):
    """Kept for a month. The console finds them by code, place and time."""

    tenant_path = "factory"
    list_display = ("received_at", "factory", "location_id", "codes", "index", "operation_type", "request_id")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)


@register(IngestRequest, site=site)
class IngestRequestAdmin(ReadOnlyAdmin):
    """Who sent what; one request may be about several factories, so it is for keepers."""

    list_display = ("received_at", "actor_name", "operation_type", "credential", "id")
    ordering = ("-received_at",)

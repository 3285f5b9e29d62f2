"""Pages of the core: orders with their verbs, and everything that hangs on them, to look at."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin import EmptyFieldListFilter, SimpleListFilter, display, register
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from factoryos.supervision.fields import CodeField, LineField
from factoryos.supervision.listing import CheapList, amount, link_to, link_to_list
from factoryos.supervision.one_transaction import OneTransaction
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.related_tables import tables_of
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedAdmin, factory_filter, is_keeper
from factoryos.supervision.verbs.actions import ACTIONS
from manufacturing.models import Item, Machine, Reservation
from orders.models import (
    Assignment,
    Note,
    OrderComponent,
    OrderEvent,
    OrderLine,
    OrderTally,
    PauseReason,
    ProductionOrder,
    QuantityEntry,
    Seal,
    SealLeaf,
    WorkOrder,
)

AMOUNTS = tuple(amount(f"quantity_{what}") for what in ("target", "good", "rejected", "final"))


class HeldFilter(SimpleListFilter):
    """Orders that an open hold stands on."""

    title = "open hold"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "On hold"), ("no", "Not on hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(open_holds__gt=0)
        return queryset.filter(open_holds=0) if self.value() == "no" else queryset


@register(ProductionOrder, site=site)
class ProductionOrderAdmin(ReadOnlyAdmin):
    """An order is moved by verbs alone. Its page shows its history and its ledger; nothing on it can be typed over."""

    tenant_path = "factory"
    actions = ACTIONS
    change_form_template = "supervision/order.html"
    list_display = (
        "reference", "factory", "item_made", "state", "on_hold", "priority", *AMOUNTS[:3], "customer_name",
        "planned_end", "created_at", "updated_at",
    )  # fmt: skip
    list_filter = (FactoryFilter, "state", "priority", HeldFilter)
    list_select_related = ("factory", "item")
    search_fields = ("reference__startswith", "batch_number__startswith", "customer_name__istartswith")
    search_help_text = "Beginning of a reference, batch number or customer"
    date_hierarchy = "created_at"
    exclude = (
        "chain_head",
        "sealed_version",
        "quantity_target",
        "quantity_good",
        "quantity_rejected",
        "quantity_final",
    )
    readonly_fields: ClassVar[Any] = AMOUNTS

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the verbs are offered; each asks again, with the roles held in the order's own factory."""
        return self.reaches(request)

    @display(description="item", ordering="item__sku")
    def item_made(self, order: ProductionOrder) -> str:
        return link_to(Item, order.item_id, order.item.sku if order.item else "")

    @display(description="hold")
    def on_hold(self, order: ProductionOrder) -> str:
        return f"◆ {order.open_holds}" if order.open_holds else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("factory", "item", "method", "owner", "customer_order")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        tables = tables_of(order) if order is not None else []
        console = f"/ops/orders/{order.uuid}" if order is not None else None
        context = {**(extra_context or {}), "tables": tables, "console_address": console}
        return super().change_view(request, object_id, form_url, context)


class OfOrder(ReadOnlyAdmin):
    """Rows of an order; their factory is the order's."""

    tenant_path: str | None = "order__factory"
    list_select_related: ClassVar[Any] = ("order",)
    search_fields: ClassVar[Any] = ("order__reference__startswith",)
    search_help_text = "Beginning of an order's reference"

    @display(description="order")
    def of_order(self, row: Any) -> str:
        return link_to(ProductionOrder, row.order_id, row.order)


@register(OrderLine, site=site)
class OrderLineAdmin(OfOrder):
    list_display = ("of_order", "sort", "of_item", "variant", amount("target"), amount("good"), amount("rejected"))
    list_filter = (factory_filter("order__factory"),)
    list_select_related = ("order", "item")
    ordering = ("-pk",)

    @display(description="item")
    def of_item(self, line: OrderLine) -> str:
        return link_to(Item, line.item_id, line.item)


@register(OrderComponent, site=site)
class OrderComponentAdmin(OfOrder):
    """What an order needs of an item, as its BOM said when it was made."""

    list_display = (
        "item",
        "of_order",
        "uom",
        amount("consumed"),
        amount("over_consumed"),
        amount("spared"),
        "promised",
    )
    list_filter = (factory_filter("order__factory"),)
    list_select_related = ("order", "item")
    search_fields = ("order__reference__startswith", "item__sku__startswith")
    search_help_text = "Beginning of an order's reference or of a component's SKU"
    exclude = ("consumed", "over_consumed", "spared")
    readonly_fields: ClassVar[Any] = (amount("consumed"), amount("over_consumed"), amount("spared"), "promised")

    @display(description="reserved")
    def promised(self, component: OrderComponent) -> str:
        return link_to_list(Reservation, f"component__id__exact={component.pk}", "Reservations")


@register(Assignment, site=site)
class AssignmentAdmin(OfOrder):
    list_display = ("of_order", "machine", "work_area", amount("quantity"), amount("produced"), "active")
    list_filter = (factory_filter("order__factory"), "active")
    list_select_related = ("order", "machine", "work_area")
    search_fields = ("order__reference__startswith", "machine__code__istartswith")
    search_help_text = "Beginning of an order's reference or a machine's code"


@register(WorkOrder, site=site)
class WorkOrderAdmin(OfOrder):
    list_display = ("public_id", "of_order", "name", "workcenter", "status", "started_at", "finished_at")
    list_filter = (factory_filter("order__factory"), "status")
    list_select_related = ("order",)


@register(OrderEvent, site=site)
class OrderEventAdmin(OfOrder):
    tenant_path = "factory"
    list_display = (
        "of_order", "seq", "verb", "from_state", "to_state", "actor_name", "face", "credential", "reason", "at",
    )  # fmt: skip
    list_filter = (FactoryFilter,)


@register(QuantityEntry, site=site)
class QuantityEntryAdmin(OfOrder):
    list_display = (
        "id",
        "of_order",
        amount("good"),
        amount("rejected"),
        "source",
        "on_machine",
        "lot_number",
        "actor_name",
        "face",
        "at",
    )
    list_filter = (factory_filter("order__factory"),)
    list_select_related = ("order", "machine")
    search_fields = ("order__reference__startswith", "lot_number__exact")
    search_help_text = "Beginning of an order's reference, or a whole lot number"

    @display(description="machine")
    def on_machine(self, entry: QuantityEntry) -> str:
        return link_to(Machine, entry.machine_id, entry.machine)


@register(Note, site=site)
class NoteAdmin(OfOrder):
    tenant_path = "factory"
    list_display = ("said", "of_order", "audience", "actor_name", "face", "at", "edited_at")
    list_filter = (FactoryFilter, "audience", ("edited_at", EmptyFieldListFilter))
    search_fields = ("order__reference__startswith", "text__icontains")
    search_help_text = "Beginning of an order's reference, or part of a note"

    @display(description="note")
    def said(self, note: Note) -> str:
        return format_html("{}", note)


@register(OrderTally, site=site)
class OrderTallyAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("state", "factory", "orders")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)


@register(Seal, site=site)
class SealAdmin(ReadOnlyAdmin):
    """Over the orders of all factories: for keepers."""

    list_display = ("sealed_at", "leaves", "merkle_root", "seal_hash")
    search_fields = ("merkle_root__startswith", "seal_hash__startswith")
    date_hierarchy = "sealed_at"


@register(SealLeaf, site=site)
class SealLeafAdmin(OfOrder):
    tenant_path = None
    list_display = ("seal", "position", "of_order", "seq", "head")
    list_select_related = ("seal", "order")


class PauseReasonForm(forms.ModelForm):
    code = CodeField(help_text="What reports count by; it stays.")
    label = LineField(max_length=100)
    sort = forms.IntegerField(min_value=0, max_value=32767, initial=100)

    class Meta:
        model = PauseReason
        fields = ("factory", "code", "label", "sort")

    def clean(self) -> dict[str, Any]:
        """A factory's own reason must not take the code or label of a standard one: which is meant must be plain."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        others = PauseReason.objects.exclude(pk=self.instance.pk)
        factory = values.get("factory", self.instance.factory)
        seen = others.filter(factory__isnull=True)
        if factory is not None:
            seen = seen | others.filter(factory=factory)
        for name in ("code", "label"):
            if values.get(name) and seen.filter(**{f"{name}__iexact": values[name]}).exists():
                self.add_error(name, ValidationError(f"{values[name]} is already taken.", code="taken"))
        return values


@register(PauseReason, site=site)
class PauseReasonAdmin(OneTransaction, CheapList, ScopedAdmin):
    """A supervisor keeps the factory's own reasons; the standard ones, without a factory, are the keepers'."""

    form = PauseReasonForm
    tenant_path = "factory"
    may_add = may_change = True
    list_display = ("label", "code", "factory", "sort")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields = ("label__icontains", "code__istartswith")
    ordering = ("sort", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("factory", "code") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.required = not is_keeper(request)
        return field

    def save_model(self, request: HttpRequest, obj: PauseReason, form: Any, change: bool) -> None:
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

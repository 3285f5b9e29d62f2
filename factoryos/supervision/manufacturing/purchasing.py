"""Purchasing: suppliers, what is ordered from them, and what of it is still to come."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import SimpleListFilter, display, register
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import LARGEST
from factoryos.supervision.fields import DayField, LineField
from factoryos.supervision.listing import amount, link_to, link_to_list
from factoryos.supervision.manufacturing.purchase_verbs import call_off_lines, receive_lines
from factoryos.supervision.masters import MasterAdmin, MasterForm
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedInline, factory_filter
from manufacturing.catalogue.suppliers import create_supplier, rename_supplier
from manufacturing.models import Item, PurchaseOrder, PurchaseOrderLine, StockMove, Supplier
from manufacturing.purchasing import Wanted, order_goods

MOST_LINES = 200


class SupplierForm(MasterForm):
    known_by, ignoring_case = "name", False
    name = LineField(max_length=255)

    class Meta:
        model = Supplier
        fields = ("factory", "name")


@register(Supplier, site=site)
class SupplierAdmin(MasterAdmin):
    form = SupplierForm
    may_delete = True
    list_display = ("name", "factory", "created_at", "bought")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields = ("name__icontains",)
    search_help_text = "Part of a name"
    readonly_fields = ("id", "created_at", "bought")

    @display(description="purchase orders")
    def bought(self, supplier: Supplier) -> str:
        return link_to_list(PurchaseOrder, f"supplier__id__exact={supplier.pk}", "Orders to it") if supplier.pk else "–"

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Supplier:
        return create_supplier(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        rename_supplier(thing, by=by, name=changes["name"])


class PurchaseOrderForm(MasterForm):
    known_by, ignoring_case = "reference", False
    reference = LineField(max_length=100, help_text="The number on the order to the supplier.")

    class Meta:
        model = PurchaseOrder
        fields = ("factory", "supplier", "reference")


class WantedForm(forms.ModelForm):
    """A line to be: an item, how much of it, and the day it is expected, in the factory's own time zone."""

    quantity = forms.DecimalField(min_value=Decimal("0.000001"), max_value=LARGEST, decimal_places=6)
    expected_on = DayField(required=False, label="Expected on")

    class Meta:
        model = PurchaseOrderLine
        fields = ("item", "quantity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A row of a table has no labels of its own, only headings: each field is named for who cannot see them."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = field.label or name.capitalize()


class WantedSet(BaseInlineFormSet):
    """At least one line, each of an item of the order's factory."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            item = getattr(form, "cleaned_data", {}).get("item")
            if item is not None and item.factory_id != self.instance.factory_id:
                form.add_error("item", ValidationError("It belongs to another factory.", code="other_factory"))

    def wanted(self) -> list[Wanted]:
        zone = self.instance.factory.tenant().zone
        rows = (getattr(form, "cleaned_data", None) for form in self.forms)
        return [
            Wanted(
                row["item"], row["quantity"],
                datetime.combine(row["expected_on"], time.min, tzinfo=zone) if row["expected_on"] else None,
            )
            for row in rows if row and not row.get("DELETE")
        ]  # fmt: skip


class WantedInline(ScopedInline):
    """The lines of an order that is being written down."""

    model = PurchaseOrderLine
    form, formset = WantedForm, WantedSet
    verbose_name_plural = "lines"
    may_write = True
    fields = ("item", "quantity", "expected_on")
    autocomplete_fields = ("item",)
    extra, min_num, max_num = 0, 1, MOST_LINES

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{"validate_min": True, "validate_max": True, **kwargs})


class LineInline(ScopedInline):
    """The lines as they stand: what came in of each."""

    model = PurchaseOrderLine
    verbose_name_plural = "lines"
    extra = 0
    show_change_link = True
    fields: ClassVar[Any] = ("of_item", amount("quantity"), amount("received"), "delivery_date", "closed_at")
    readonly_fields: ClassVar[Any] = fields
    ordering = ("pk",)

    @display(description="item")
    def of_item(self, line: PurchaseOrderLine) -> str:
        return link_to(Item, line.item_id, line.item)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item")


@register(PurchaseOrder, site=site)
class PurchaseOrderAdmin(MasterAdmin):
    """Written down once. What came in of it, and what will not come, is told line by line, in the list of lines."""

    form = PurchaseOrderForm
    may_change = False
    list_display = ("reference", "of_supplier", "factory", "created_at", "its_lines")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory", "supplier")
    search_fields = ("reference__startswith", "supplier__name__icontains")
    search_help_text = "Beginning of a reference, or part of a supplier's name"
    date_hierarchy = "created_at"
    autocomplete_fields = ("supplier",)
    readonly_fields = ("id", "created_at", "its_lines")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return (LineInline,) if obj else (WantedInline,)

    @display(description="supplier", ordering="supplier__name")
    def of_supplier(self, order: PurchaseOrder) -> str:
        return link_to(Supplier, order.supplier_id, order.supplier)

    @display(description="lines")
    def its_lines(self, order: PurchaseOrder) -> str:
        query = f"purchase_order__id__exact={order.pk}"
        return link_to_list(PurchaseOrderLine, query, "Receive or call off") if order.pk else "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: an order and its lines are one verb, and the lines are cleaned after the order."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)  # notes for the history what was added
        order = form.instance
        made = order_goods(
            by=self.supervisor(request, order),
            supplier=order.supplier,
            reference=order.reference,
            lines=formset.wanted(),
        )
        order.__dict__.update(made.__dict__)


class ToComeFilter(SimpleListFilter):
    """Lines of which something is still expected."""

    title = "still to come"
    parameter_name = "to_come"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Still to come"), ("no", "Received or called off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        to_come = {"closed_at__isnull": True, "received__lt": F("quantity")}
        if self.value() == "yes":
            return queryset.filter(**to_come)
        return queryset.exclude(**to_come) if self.value() == "no" else queryset


@register(PurchaseOrderLine, site=site)
class PurchaseOrderLineAdmin(ReadOnlyAdmin):
    """What is on its way. Choose lines and receive them, or call off what will not come."""

    tenant_path = "purchase_order__factory"
    actions = (receive_lines, call_off_lines)
    list_display = (
        "id", "of_item", "of_order", "of_supplier", amount("quantity"), amount("received"), "delivery_date", "closed_at",
    )  # fmt: skip
    list_filter = (factory_filter("purchase_order__factory"), ToComeFilter)
    list_select_related = ("item", "purchase_order__supplier", "purchase_order__factory")
    search_fields = ("purchase_order__reference__startswith", "item__sku__startswith")
    search_help_text = "Beginning of an order's reference or of an item's SKU"
    exclude = ("quantity", "received")
    readonly_fields: ClassVar[Any] = (amount("quantity"), amount("received"), "receipts")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the verbs are offered; each asks again, with the roles held in the line's own factory."""
        return self.reaches(request)

    @display(description="item", ordering="item__sku")
    def of_item(self, line: PurchaseOrderLine) -> str:
        return link_to(Item, line.item_id, line.item)

    @display(description="purchase order", ordering="purchase_order__reference")
    def of_order(self, line: PurchaseOrderLine) -> str:
        return link_to(PurchaseOrder, line.purchase_order_id, line.purchase_order)

    @display(description="supplier")
    def of_supplier(self, line: PurchaseOrderLine) -> str:
        return link_to(Supplier, line.purchase_order.supplier_id, line.purchase_order.supplier)

    @display(description="receipts")
    def receipts(self, line: PurchaseOrderLine) -> str:
        return link_to_list(StockMove, f"purchase_line__id__exact={line.pk}", "What came in")

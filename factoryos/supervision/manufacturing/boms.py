"""Bills of materials and their versions: a version is never changed, and new ones are written through the APIs."""

from typing import Any, ClassVar

from django.contrib.admin import EmptyFieldListFilter, display, register
from django.http import HttpRequest, HttpResponse

from factoryos.supervision.listing import amount, link_to
from factoryos.supervision.manufacturing.bom_verbs import ACTIONS
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.related_tables import tables_of_bom
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedInline, factory_filter
from manufacturing.models import Bom, BomComponent, BomOperation, BomVersion, Item


@register(Bom, site=site)
class BomAdmin(ReadOnlyAdmin):
    """One way of composing an item; what it says now, and every version before, stand below its own facts."""

    tenant_path = "factory"
    actions = ACTIONS
    change_form_template = "supervision/tables.html"
    list_display = ("name", "of_item", "factory", "type", "version", "default", "retired_at", "updated_at")
    list_filter = (FactoryFilter, "type", "default", ("retired_at", EmptyFieldListFilter))
    list_select_related = ("factory", "item")
    search_fields = ("name__icontains", "item__sku__startswith")
    search_help_text = "Part of a name, or the beginning of the item's SKU"
    readonly_fields = ("uuid", "created_at", "updated_at")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request)

    @display(description="item", ordering="item__sku")
    def of_item(self, bom: Bom) -> str:
        return link_to(Item, bom.item_id, bom.item)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        bom = self.get_object(request, object_id)
        tables = tables_of_bom(bom) if bom is not None else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})


class OfVersion(ScopedInline):
    """Lines of a version, in their order; as it was written, so it stays."""

    extra = 0

    @display(description="item")
    def of_item(self, line: BomComponent) -> str:
        return link_to(Item, line.item_id, line.item)


class ComponentInline(OfVersion):
    model = BomComponent
    fields: ClassVar[Any] = ("position", "of_item", amount("quantity"), "uom")
    readonly_fields: ClassVar[Any] = fields
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item")


class OperationInline(OfVersion):
    model = BomOperation
    fields = readonly_fields = ("sequence", "name", "workcenter", "duration_minutes")
    ordering = ("sequence",)


@register(BomVersion, site=site)
class BomVersionAdmin(ReadOnlyAdmin):
    tenant_path = "bom__factory"
    inlines = (ComponentInline, OperationInline)
    list_display = (
        "name",
        "of_bom",
        "number",
        "bom__factory",
        "type",
        amount("quantity"),
        "change_reason",
        "made_by_name",
        "made_at",
    )
    list_filter = (factory_filter("bom__factory"), "type")
    list_select_related = ("bom__factory",)
    search_fields = ("name__icontains", "bom__item__sku__startswith")
    search_help_text = "Part of a name, or the beginning of the item's SKU"
    exclude = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)

    @display(description="bill of materials", ordering="bom__name")
    def of_bom(self, version: BomVersion) -> str:
        return link_to(Bom, version.bom_id, version.bom)


class Line(ReadOnlyAdmin):
    """Lines of all versions of all BOMs: where something is used, and where it was."""

    tenant_path = "version__bom__factory"
    list_select_related: ClassVar[Any] = ("version__bom__factory",)

    @display(description="bill of materials")
    def of_version(self, line: Any) -> str:
        return link_to(BomVersion, line.version_id, line.version)


@register(BomComponent, site=site)
class BomComponentAdmin(Line):
    list_display = ("item", "of_version", "version__bom__factory", "position", amount("quantity"), "uom")
    list_filter = (factory_filter("version__bom__factory"),)
    list_select_related = ("version__bom__factory", "item")
    search_fields = ("item__sku__startswith", "version__name__icontains")
    search_help_text = "Beginning of a component's SKU, or part of a bill's name"
    exclude = ("quantity",)
    readonly_fields: ClassVar[Any] = (amount("quantity"),)


@register(BomOperation, site=site)
class BomOperationAdmin(Line):
    list_display = ("name", "of_version", "version__bom__factory", "sequence", "workcenter", "duration_minutes")
    list_filter = (factory_filter("version__bom__factory"),)
    search_fields = ("name__icontains", "workcenter__icontains", "version__name__icontains")
    search_help_text = "Part of an operation's name or place, or of a bill's name"

"""What a factory sets up once besides items: work areas, machines, methods with their operations."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import display, register
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from factoryos.kernel.actors import Actor
from factoryos.supervision.fields import CodeField, DurationField, LineField, no_route
from factoryos.supervision.listing import link_to, link_to_list
from factoryos.supervision.masters import MasterAdmin, MasterForm
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.sheets.pages import SheetPages
from factoryos.supervision.sheets.tables import MachineSheet, WorkAreaSheet
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedInline, factory_filter
from manufacturing.catalogue.methods import Step, change_method, create_method, replace_operations
from manufacturing.catalogue.places import change_machine, change_work_area, create_machine, create_work_area
from manufacturing.models import Item, Machine, Method, Operation, WorkArea

MOST_OPERATIONS = 500


class WorkAreaForm(MasterForm):
    known_by = "code"
    code = CodeField()
    name = LineField(max_length=200)

    class Meta:
        model = WorkArea
        fields = ("factory", "code", "name")


class MachineForm(MasterForm):
    known_by = "code"
    code = CodeField(validators=[no_route])
    name = LineField(max_length=200)
    ideal_cycle_s = DurationField(
        positive=True, required=False, label="Ideal cycle", help_text="Seconds a piece. Blank: not known."
    )

    class Meta:
        model = Machine
        fields = ("factory", "code", "name", "work_area", "ideal_cycle_s", "active")


class MethodForm(MasterForm):
    known_by = "code"
    code = CodeField()
    name = LineField(max_length=200)

    class Meta:
        model = Method
        fields = ("factory", "item", "code", "name", "default")

    def _get_validation_exclusions(self) -> set[str]:
        """A second default is no fault: it takes the place of the first (see the catalogue)."""
        kept: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return kept | {"default"}


class OperationForm(forms.ModelForm):
    name = LineField(max_length=200)
    workcenter = LineField(max_length=200, required=False, help_text="Where, in words; or name a work area or machine.")
    duration_minutes = DurationField(positive=False, initial=Decimal(0), label="Minutes")

    class Meta:
        model = Operation
        fields = ("sequence", "name", "workcenter", "work_area", "machine", "duration_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A row of a table has no labels of its own, only headings: each field is named for who cannot see them."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = field.label or name.replace("_", " ").capitalize()

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("work_area") and values.get("machine"):
            self.add_error("machine", ValidationError("Name a work area or a machine, not both.", code="both"))
        return values


class OperationSet(BaseInlineFormSet):
    """At least one operation, each in a place of the method's factory."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            for name in ("work_area", "machine"):
                place = getattr(form, "cleaned_data", {}).get(name)
                if place is not None and place.factory_id != self.instance.factory_id:
                    form.add_error(name, ValidationError("It belongs to another factory.", code="other_factory"))

    def steps(self) -> list[Step]:
        """What is left after deletions, in the order of the given sequence numbers."""
        kept = [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        names = ("name", "duration_minutes", "workcenter", "work_area", "machine")
        return [
            Step(**{name: values[name] for name in names}) for values in sorted(kept, key=lambda row: row["sequence"])
        ]


class OperationInline(ScopedInline):
    model = Operation
    form, formset = OperationForm, OperationSet
    may_write = True
    autocomplete_fields = ("work_area", "machine")
    ordering = ("sequence",)
    extra, min_num, max_num = 0, 1, MOST_OPERATIONS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{"validate_min": True, "validate_max": True, **kwargs})


@register(WorkArea, site=site)
class WorkAreaAdmin(SheetPages):
    form = WorkAreaForm
    sheet = WorkAreaSheet
    may_delete = True
    list_display = ("code", "name", "factory", "created_at")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Beginning of a code, or part of a name"
    readonly_fields = ("uuid", "created_at", "machines")

    @display(description="machines")
    def machines(self, area: WorkArea) -> str:
        return link_to_list(Machine, f"work_area__id__exact={area.pk}", "Machines in it") if area.pk else "–"

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> WorkArea:
        return create_work_area(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        change_work_area(thing, by=by, changes=changes)


@register(Machine, site=site)
class MachineAdmin(SheetPages):
    """Its state is what was last heard from it, so nobody types it."""

    form = MachineForm
    sheet = MachineSheet
    may_delete = True
    list_display = ("code", "name", "factory", "area", "ideal_cycle_s", "state", "active", "updated_at")
    list_filter = (FactoryFilter, "state", "active")
    list_select_related = ("factory", "work_area")
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Beginning of a code, or part of a name"
    autocomplete_fields = ("work_area",)
    readonly_fields = ("uuid", "state", "created_at", "updated_at", "assignments")

    @display(description="work area", ordering="work_area__code")
    def area(self, machine: Machine) -> str:
        return link_to(WorkArea, machine.work_area_id, machine.work_area)

    @display(description="assignments")
    def assignments(self, machine: Machine) -> str:
        from orders.models import Assignment

        return link_to_list(Assignment, f"machine__id__exact={machine.pk}", "Orders on it") if machine.pk else "–"

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Machine:
        return create_machine(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        change_machine(thing, by=by, changes=changes)


@register(Method, site=site)
class MethodAdmin(MasterAdmin):
    """Made for one item, and stays there. Its operations are written anew, in their order, whenever one changes."""

    form = MethodForm
    may_delete = True
    fixed = ("factory", "item")
    inlines = (OperationInline,)
    list_display = ("code", "name", "factory", "of_item", "default", "created_at")
    list_filter = (FactoryFilter, "default")
    list_select_related = ("factory", "item")
    search_fields = ("code__istartswith", "name__icontains", "item__sku__startswith")
    search_help_text = "Beginning of a code or of the item's SKU, or part of a name"
    autocomplete_fields = ("item",)
    readonly_fields = ("uuid", "created_at")

    @display(description="item", ordering="item__sku")
    def of_item(self, method: Method) -> str:
        return link_to(Item, method.item_id, method.item)

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Method:
        return create_method(by=by, steps=[], **values)  # its operations follow in save_formset, one transaction

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        change_method(thing, by=by, changes=changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)  # notes for the history what was added, changed and removed
        if formset.has_changed() or not change:
            replace_operations(form.instance, by=self.supervisor(request, form.instance), steps=formset.steps())


@register(Operation, site=site)
class OperationAdmin(ReadOnlyAdmin):
    """To search all operations by where they are done; they are changed on their method's page."""

    tenant_path = "method__factory"
    list_display = ("name", "sequence", "of_method", "method__factory", "workcenter", "duration_minutes")
    list_filter = (factory_filter("method__factory"),)
    list_select_related = ("method__factory",)
    search_fields = ("name__icontains", "workcenter__icontains", "method__code__istartswith")

    @display(description="method", ordering="method__code")
    def of_method(self, operation: Operation) -> str:
        return link_to(Method, operation.method_id, operation.method)

"""Points as forms: which value of which machine is read, and what its raw numbers mean."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import User
from factoryos.supervision.acting import as_supervisor
from factoryos.supervision.iot.fields import SettingsField, ShortDecimalField
from factoryos.supervision.iot.tables import tables_of_point
from factoryos.supervision.listing import link_to
from factoryos.supervision.masters import MasterAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import factory_filter
from factoryos.supervision.verbs import chosen
from iot.connection_names import role_taken
from iot.connection_rules import FASTEST, LARGEST_SCALE, SLOWEST, point_faults
from iot.connections import POINT_FACTS, add_point, change_point, retire_point
from iot.models import Connection, CounterPoint

_PLACES = format_html(
    "An object with the driver's words for the place, such as<br>Modbus: <code>{}</code>; tables are "
    "holding_registers, input_registers, coils and discrete_inputs; addresses begin at 0, so 40001 is 0"
    "<br>serial_ascii: <code>{}</code><br>focas: <code>{}</code>",
    '{"unit": 1, "table": "holding_registers", "address": 0}',
    r'{"request": "GOOD?\r", "pattern": "GOOD (?P<value>\\d+)"}',
    '{"value": "parts"}',
)
_RETIRING = "A point that is retired is read no more. What it counted stays, and its place is free for another one."
_ANEW = "It is read otherwise than before, so a new point begins to count; the old one is kept with what it counted."
_HEADINGS = ("Machine", "Role", "Connection", "Encoding")


class PointForm(forms.ModelForm):
    """A point belongs to its connection's factory, and so must its machine."""

    where = SettingsField(label="Read from", help_text=_PLACES)
    modulus = ShortDecimalField(
        required=False, min_value=2, max_digits=20, decimal_places=0, label="Begins again at",
        help_text="The value at which the counter is 0 again, such as 1000000 of one with six digits. Blank: by its width.",
    )  # fmt: skip
    scale = ShortDecimalField(
        max_digits=12, decimal_places=6, initial=Decimal(1), max_value=LARGEST_SCALE, label="Pieces a count",
        help_text="Such as 4 for a mould with four cavities.",
    )  # fmt: skip
    decimals = forms.IntegerField(min_value=0, max_value=6, initial=0, help_text="Of the pieces that are booked.")
    max_rate = forms.FloatField(
        min_value=SLOWEST, max_value=FASTEST, initial=10.0, label="At most",
        help_text="Counts a second that the machine can make; what is faster waits for a person.",
    )  # fmt: skip
    states = SettingsField(
        required=False,
        help_text=format_html(
            "Only of a point that tells what the machine does: <code>{}</code>. Words are running, idle, down and "
            "no_data; what is not named is idle at 0 and running otherwise.",
            '{"2": "down"}',
        ),
    )

    class Meta:
        model = CounterPoint
        fields = (
            "connection", "machine", "role", "where", "encoding", "word_order", "byte_order", "modulus", "scale", "decimals",
            "max_rate", "states",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        known = self.instance if self.instance.pk else None
        connection: Connection = values["connection"] if known is None else known.connection
        machine = values["machine"]
        if machine.factory_id != connection.factory_id:
            self.add_error("machine", ValidationError(f"{machine} belongs to another factory.", code="other_factory"))
            return values
        facts = {name: values[name] for name in POINT_FACTS}
        point = CounterPoint(
            pk=known and known.pk, connection=connection, machine=machine, role=values["role"], **facts
        )
        for name, texts in point_faults(point).items():
            self.add_error(name, [ValidationError(text) for text in texts])
        taken = role_taken(point)
        if not self.errors and taken.data["other"]:
            self.add_error("role", ValidationError(f"{taken.text}.", code="taken"))
        return values


def retire(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action of the list of points."""
    rows = chosen.rows_of(request, queryset.select_related("machine", "connection__factory"))
    if not rows:
        return None
    if "confirmed" not in request.POST:
        asking = chosen.Asking("retire", f"Retire points: {len(rows)}", _RETIRING, _HEADINGS, _cells)
        return chosen.ask(page, request, asking, rows=rows, form=forms.Form())
    user = request.user
    assert isinstance(user, User)

    def do(point: CounterPoint) -> str:
        retire_point(point_id=point.pk, by=as_supervisor(user, point.connection.factory))
        return "It is retired."

    return chosen.each(page, request, rows, do=do, name=name_of)


retire.short_description = "Retire the chosen points"  # type: ignore[attr-defined]  # the admin reads it
retire.allowed_permissions = ("act",)  # type: ignore[attr-defined]


def name_of(point: CounterPoint) -> str:
    """`PRESS-01 good on LINE-1`."""
    return f"{point.machine.code} {point.role} on {point.connection.code}"


def _cells(point: CounterPoint) -> tuple[object, ...]:
    return (point.machine.code, point.get_role_display(), point.connection.code, point.encoding)


@register(CounterPoint, site=site)
class CounterPointAdmin(MasterAdmin):
    """One that was retired is looked at only."""

    form = PointForm
    tenant_path = "connection__factory"
    fixed = ("connection",)
    actions = (retire,)
    change_form_template = "supervision/tables.html"
    list_display = (
        "of_machine",
        "role",
        "of_connection",
        "connection__factory",
        "encoding",
        "scale",
        "max_rate",
        "active",
    )
    list_filter = (factory_filter("connection__factory"), "role", "active", "connection__driver")
    list_select_related = ("machine", "connection__factory")
    search_fields = ("machine__code__istartswith", "connection__code__istartswith")
    search_help_text = "Beginning of a machine's or a connection's code"
    autocomplete_fields = ("connection", "machine")
    readonly_fields = ("uuid", "active", "created_at")

    @display(description="machine", ordering="machine__code")
    def of_machine(self, point: CounterPoint) -> str:
        return point.machine.code

    @display(description="connection", ordering="connection__code")
    def of_connection(self, point: CounterPoint) -> str:
        return link_to(Connection, point.connection_id, point.connection.code)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.active)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("machine", "connection__factory")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        point = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if point is not None:
            context |= {"tables": tables_of_point(point), "subtitle": name_of(point)}
        return super().change_view(request, object_id, form_url, context)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = tuple(self.form.Meta.fields)
        return (*own, *self.readonly_fields) if obj else own

    def supervisor(self, request: HttpRequest, obj: Any) -> Actor:
        assert isinstance(request.user, User)
        return as_supervisor(request.user, obj.connection.factory)

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> CounterPoint:
        connection, machine = values.pop("connection"), values.pop("machine")
        return add_point(connection_id=connection.pk, machine_id=machine.pk, by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        if (machine := changes.pop("machine", None)) is not None:
            changes["machine_id"] = machine.pk
        thing.__dict__.update(change_point(point_id=thing.pk, by=by, changes=changes).__dict__)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """On to the point that took the place of the old one, if one did."""
        match = request.resolver_match
        if match is None or match.kwargs.get("object_id") == str(obj.pk):
            return super().response_change(request, obj)
        messages.success(request, f"{name_of(obj)}: {_ANEW}")
        return HttpResponseRedirect(reverse("admin:iot_counterpoint_change", args=[obj.pk]))

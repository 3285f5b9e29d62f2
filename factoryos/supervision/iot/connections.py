"""Connections as forms: which buses are polled, by which driver; their points stand below them."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin import display, register
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import User
from factoryos.supervision.acting import as_supervisor
from factoryos.supervision.fields import CodeField
from factoryos.supervision.iot.fields import SettingsField
from factoryos.supervision.iot.tables import tables_of_connection
from factoryos.supervision.masters import MasterAdmin, MasterForm
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, is_keeper
from factoryos.supervision.verbs import chosen
from iot.connection_names import bus_taken
from iot.connection_rules import bus_of, connection_faults
from iot.connections import change_connection, make_connection, retire_connection
from iot.drivers.registry import DRIVERS
from iot.models import Connection
from iot.models.polling import LONGEST_PERIOD_S, SHORTEST_PERIOD_S

_ADDRESSES = format_html(
    "An object with the driver's settings, such as<br>modbus_tcp: <code>{}</code><br>modbus_rtu, modbus_ascii, "
    "serial_ascii: <code>{}</code>, or <code>{}</code> behind a converter<br>focas: <code>{}</code>",
    '{"host": "10.0.0.5", "port": 502}',
    '{"port": "/dev/ttyUSB0", "baudrate": 19200, "parity": "E"}',
    '{"port": "socket://10.0.0.9:4001"}',
    '{"host": "10.0.0.7", "library": "/opt/fanuc/libfwlib32.so"}',
)
_RETIRING = (
    "A connection that is retired is polled no more, and its points are retired with it: their machines may be counted "
    "elsewhere. To stop polling for a while only, open it and take the tick from Active."
)
_HEADINGS = ("Connection", "Driver", "Bus", "Factory")


class ConnectionForm(MasterForm):
    known_by = "code"
    code = CodeField()
    driver = forms.ChoiceField(choices=[("", "---------"), *((name, name) for name in DRIVERS)])
    address = SettingsField(help_text=_ADDRESSES)
    poll_every_s = forms.FloatField(
        label="Poll every", initial=1.0, min_value=SHORTEST_PERIOD_S, max_value=LONGEST_PERIOD_S, help_text="Seconds."
    )

    class Meta:
        model = Connection
        fields = ("factory", "code", "driver", "address", "poll_every_s", "active")
        help_texts: ClassVar[Any] = {
            "driver": "What is spoken on it. Another driver is another connection.",
            "bus": "Two active connections must not share it.",
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        names = ("code", "driver", "address", "poll_every_s", "active")
        if self.errors:
            return values
        seen = Connection(
            pk=self.instance.pk, factory_id=(values.get("factory") or self.instance.factory).pk,
            **{name: values.get(name, getattr(self.instance, name)) for name in names},
        )  # fmt: skip
        for name, texts in connection_faults(seen).items():
            self.add_error(name if name in self.fields else None, [ValidationError(text) for text in texts])
        if not self.errors and seen.active:
            seen.bus = bus_of(seen.driver, seen.address)
            taken = bus_taken(seen)
            if taken.data["other"]:
                self.add_error("address", ValidationError(f"{taken.text}.", code="taken"))
        return values


def retire(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action of the list of connections."""
    rows = chosen.rows_of(request, queryset.select_related("factory"))
    if not rows:
        return None
    if "confirmed" not in request.POST:
        asking = chosen.Asking("retire", f"Retire connections: {len(rows)}", _RETIRING, _HEADINGS, _cells)
        return chosen.ask(page, request, asking, rows=rows, form=forms.Form())
    user = request.user
    assert isinstance(user, User)

    def do(connection: Connection) -> str:
        retire_connection(connection_id=connection.pk, by=as_supervisor(user, connection.factory))
        return "It is retired."

    return chosen.each(page, request, rows, do=do)


retire.short_description = "Retire the chosen connections"  # type: ignore[attr-defined]  # the admin reads it
retire.allowed_permissions = ("act",)  # type: ignore[attr-defined]


def _cells(connection: Connection) -> tuple[object, ...]:
    return (connection.code, connection.driver, connection.bus, connection.factory)


@register(Connection, site=site)
class ConnectionAdmin(MasterAdmin):
    """How it fares is what pollers say; nobody types it. Another driver is another connection."""

    form = ConnectionForm
    fixed = ("factory", "driver")
    actions = (retire,)
    change_form_template = "supervision/tables.html"
    list_display = ("code", "factory", "bus", "active", "health", "last_error", "driver", "health_since")
    list_filter = (FactoryFilter, "driver", "active", "health")
    list_select_related = ("factory",)
    search_fields = ("code__istartswith", "bus__istartswith")
    search_help_text = "Beginning of a code, of a host or of a port's path"
    readonly_fields = (
        "new_point", "bus", "health", "health_since", "last_error", "version", "uuid", "created_at", "updated_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = tuple(self.form.Meta.fields)
        if obj is None:
            return own
        return (*own, *self.readonly_fields, "shard") if is_keeper(request) else (*own, *self.readonly_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Shards are of no factory, so their page is the keepers' alone."""
        return (*super().get_readonly_fields(request, obj), "shard") if obj else ()

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request)

    @display(description="points")
    def new_point(self, connection: Connection) -> str:
        address = reverse("admin:iot_counterpoint_add")
        return format_html('<a href="{}?connection={}">Add a point to it</a>', address, connection.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        connection = self.get_object(request, object_id)
        tables = tables_of_connection(connection) if connection is not None else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Connection:
        return make_connection(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        change_connection(connection_id=thing.pk, by=by, changes=changes)

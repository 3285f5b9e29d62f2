"""Pages of machines at work: states, downtime, calls for help and telemetry, as they came."""

from django.contrib.admin import register

from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, factory_filter
from iot.models import AndonCall, Downtime, MachineStateInterval, PlannedDowntime, TelemetrySample


@register(MachineStateInterval, site=site)
class MachineStateIntervalAdmin(ReadOnlyAdmin):
    tenant_path = "machine__factory"
    list_display = ("machine", "state", "started_at", "ended_at")
    list_filter = (factory_filter("machine__factory"), "state")
    list_select_related = ("machine",)
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"


@register(Downtime, site=site)
class DowntimeAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("machine", "factory", "category", "started_at", "ended_at", "raised_by_name")
    list_filter = (FactoryFilter, "category")
    list_select_related = ("machine", "factory")
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"


@register(PlannedDowntime, site=site)
class PlannedDowntimeAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("kind", "machine", "factory", "starts_at", "ends_at", "created_by_name")
    list_filter = (FactoryFilter, "kind")
    list_select_related = ("machine", "factory")


@register(AndonCall, site=site)
class AndonCallAdmin(ReadOnlyAdmin):
    tenant_path = "factory"
    list_display = ("reason", "machine", "factory", "priority", "state", "raised_at", "acknowledged_at", "resolved_at")
    list_filter = (FactoryFilter, "state", "priority")
    list_select_related = ("machine", "factory")
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"


@register(TelemetrySample, site=site)
class TelemetrySampleAdmin(ReadOnlyAdmin):
    tenant_path = "machine__factory"
    list_display = ("machine", "at", "metrics", "received_at")
    list_filter = (factory_filter("machine__factory"),)
    list_select_related = ("machine",)
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"

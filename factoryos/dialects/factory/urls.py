"""The routes of the factory API: production orders in a file of their own, here what a plant is set up with."""

from django.urls import URLPattern, URLResolver, include, path

from factoryos.dialects.factory import andon_views as andon
from factoryos.dialects.factory import downtime_views as downtime
from factoryos.dialects.factory import machine_views as machines
from factoryos.dialects.factory import material_views as material
from factoryos.dialects.factory import oee_views as oee
from factoryos.dialects.factory import setup_views as setup
from factoryos.dialects.factory import stream_views as stream
from factoryos.dialects.factory import telemetry_views as telemetry

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("factoryos.dialects.factory.order_urls")),  # first, as nearly every call is one of these
    path("api/factories", setup.Factories.as_view()),
    path("api/factories/<slug>", setup.Factory.as_view()),
    path("api/factories/<slug>/products", setup.Products.as_view()),
    path("api/factories/<slug>/products/<product_id>", setup.Product.as_view()),
    path("api/factories/<slug>/products/<product_id>/buildable", material.Buildable.as_view()),
    path("api/factories/<slug>/products/<product_id>/bom-versions", material.BomVersions.as_view()),
    path("api/factories/<slug>/stock/receipts", material.Receipts.as_view()),
    path("api/factories/<slug>/stock/balances", material.Balances.as_view()),
    path("api/factories/<slug>/work-areas", setup.WorkAreas.as_view()),
    path("api/factories/<slug>/machines", machines.Machines.as_view()),
    path("api/factories/<slug>/machines/bulk", machines.MachinesInBulk.as_view()),
    path("api/factories/<slug>/machines/<code_or_id>", machines.Machine.as_view()),
    path("api/factories/<slug>/andon", andon.AndonCalls.as_view()),
    path("api/factories/<slug>/andon/<andon_id>/acknowledge", andon.Acknowledge.as_view()),
    path("api/factories/<slug>/andon/<andon_id>/resolve", andon.Resolve.as_view()),
    path("api/factories/<slug>/machines/<code_or_id>/oee", oee.MachineOee.as_view()),
    path("api/factories/<slug>/downtime/events", downtime.DowntimeEvents.as_view()),
    path("api/factories/<slug>/downtime/events/<downtime_id>", downtime.DowntimeEvent.as_view()),
    path("api/factories/<slug>/planned-downtime", downtime.PlannedDowntimes.as_view()),
    path("api/factories/<slug>/planned-downtime/<planned_id>", downtime.PlannedDowntime.as_view()),
    path("api/factories/<slug>/methods", setup.Methods.as_view()),
    path("api/factories/<slug>/methods/<method_id>", setup.Method.as_view()),
    path("api/monitoring/telemetry", telemetry.Telemetry.as_view()),
    path("api/factories/<slug>/stream", stream.Stream.as_view()),
    path("api/factories/<slug>/pause-reasons", setup.PauseReasons.as_view()),
]

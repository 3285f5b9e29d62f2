"""The routes of the ingest API: six spellings of one object, and below each its failed rows and its orders."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from factoryos.dialects.ingest import read_views
from factoryos.dialects.ingest.views import Nowhere, Objects


class Rest(StringConverter):
    """The rest of a path, slashes, line feeds and all."""

    regex = "(?s:.+)"


register_converter(Rest, "ingest_rest")

OBJECT = "INV_MANUFACTURING_ORDERS_OOTB"
SPELLINGS = tuple(
    f"{prefix}api/v2/{place}/{OBJECT}"
    for prefix in ("", "ingestion-api/")
    for place in ("ingest/object", "object", "objects")
)

urlpatterns = [
    *(path(spelling, Objects.as_view()) for spelling in SPELLINGS),
    *(path(f"{spelling}/failed-rows", read_views.FailedRows.as_view()) for spelling in SPELLINGS),
    *(path(f"{spelling}/<ingest_rest:order_number>", read_views.Versions.as_view()) for spelling in SPELLINGS),
    *(path(prefix, Nowhere.as_view()) for prefix in ("api/v2", "ingestion-api")),
    *(path(f"{prefix}/<ingest_rest:place>", Nowhere.as_view()) for prefix in ("api/v2", "ingestion-api")),
]

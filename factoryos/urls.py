"""Every address this server answers: the published APIs (a folder of `factoryos/dialects/` each), their docs, health."""

from django.urls import URLPattern, URLResolver, include, path

from factoryos import health
from factoryos.dialects import published, registry

urlpatterns: list[URLPattern | URLResolver] = [
    *published.urlpatterns,
    *registry.urlpatterns(),
    *health.urlpatterns,
    path("", include("factoryos.ops.urls")),
]

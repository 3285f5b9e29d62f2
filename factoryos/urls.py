"""Every address this server answers: the published APIs (a folder of `factoryos/dialects/` each), their docs, health."""

from django.urls import URLPattern, URLResolver, include, path

from factoryos import health
from factoryos.dialects import published, registry
from factoryos.supervision.site import site

urlpatterns: list[URLPattern | URLResolver] = [
    *published.urlpatterns,
    *registry.urlpatterns(),
    *health.urlpatterns,
    path("", include("factoryos.ops.urls")),
    path("admin/", site.urls),
]

# Pages for people; on a path of an API, its envelope takes their place (factoryos/dialects/base/road.py).
handler400 = "factoryos.ops.shell.failures.bad_request"
handler403 = "factoryos.ops.shell.failures.forbidden"
handler404 = "factoryos.ops.shell.failures.not_found"
handler500 = "factoryos.ops.shell.failures.server_error"

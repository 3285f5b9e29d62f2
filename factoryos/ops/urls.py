"""Every address of the console. `/ops/orders` is published; the others may be linked to and stay."""

from django.urls import include, path
from django.views.generic import RedirectView

app_name = "ops"

# Only who looks is led on: a form that was sent here would be lost without a word.
_home = RedirectView.as_view(pattern_name="ops:orders", http_method_names=["get", "head"])

urlpatterns = [
    path("", _home, name="home"),
    path("ops", _home),
    path("ops/", _home),
    path("ops/", include("factoryos.ops.shell.urls")),
    path("ops/", include("factoryos.ops.live.urls")),
    path("ops/", include("factoryos.ops.bulk.urls")),
    path("ops/", include("factoryos.ops.ingest.urls")),
    path("ops/", include("factoryos.ops.order_list.urls")),
    path("ops/", include("factoryos.ops.order_page.urls")),
]

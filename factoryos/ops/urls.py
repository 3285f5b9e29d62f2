"""Every address of the console. `/ops/orders` is published; the others may be linked to and stay."""

from django.urls import include, path
from django.views.generic import RedirectView

app_name = "ops"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="ops:orders"), name="home"),
    path("ops", RedirectView.as_view(pattern_name="ops:orders")),
    path("ops/", RedirectView.as_view(pattern_name="ops:orders")),
    path("ops/", include("factoryos.ops.shell.urls")),
    path("ops/", include("factoryos.ops.live.urls")),
    path("ops/", include("factoryos.ops.bulk.urls")),
    path("ops/", include("factoryos.ops.order_list.urls")),
    path("ops/", include("factoryos.ops.order_page.urls")),
]

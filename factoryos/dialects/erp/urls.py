"""The routes of the ERP API: orders in a file of their own, here bills of materials and the inventory."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("factoryos.dialects.erp.order_urls")),  # first, as nearly every call is one of these
]

"""The routes of the ERP API: orders in a file of their own, here bills of materials and the inventory."""

from django.urls import URLPattern, URLResolver, include, path

from factoryos.dialects.erp import bom_views as boms
from factoryos.dialects.erp import inventory_views as inventory

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("factoryos.dialects.erp.order_urls")),  # first, as nearly every call is one of these
    path("api/manufacturing/boms", boms.Boms.as_view()),
    path("api/manufacturing/boms/<bom_id>", boms.Bom.as_view()),
    path("api/inventory/products", inventory.Products.as_view()),
    path("api/inventory/products/<product_id>/stock", inventory.Stock.as_view()),
    path("api/inventory/receipts", inventory.Receipts.as_view()),
]

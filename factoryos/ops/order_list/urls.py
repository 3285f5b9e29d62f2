"""Addresses of the order list, its export and its saved views."""

from django.urls import URLPattern, path

from factoryos.ops.order_list import export_views, view_views, views

urlpatterns: list[URLPattern] = [
    path("orders", views.orders, name="orders"),
    path("orders/export.<str:fmt>", export_views.orders_export, name="orders-export"),
    path("views", view_views.view_save, name="view-save"),
    path("views/<uuid:uuid>", view_views.view, name="view"),
]

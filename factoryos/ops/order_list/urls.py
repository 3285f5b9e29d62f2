"""Addresses of the order list, its export and its saved views."""

from django.urls import URLPattern, path

from factoryos.ops.order_list import views

urlpatterns: list[URLPattern] = [
    path("orders", views.orders, name="orders"),
]

"""Addresses of this part of the console."""

from django.urls import path

from factoryos.ops.order_page import create_views, note_views, product_views, traveler_views, verb_views, views

urlpatterns = [
    path("orders/new", create_views.order_new, name="order-new"),
    path("products", product_views.products, name="products"),
    path("orders/<uuid:order_uuid>", views.order_page, name="order"),
    path("orders/<uuid:order_uuid>/notes", note_views.order_notes, name="order-notes"),
    path("orders/<uuid:order_uuid>/notes/<uuid:note_uuid>", note_views.order_note, name="order-note"),
    path("orders/<uuid:order_uuid>/traveler.pdf", traveler_views.traveler, name="order-traveler"),
    path("orders/<uuid:order_uuid>/<slug:verb>", verb_views.order_verb, name="order-verb"),
]

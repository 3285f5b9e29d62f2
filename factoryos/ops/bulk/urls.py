"""Addresses of this part of the console."""

from django.urls import path

from factoryos.ops.bulk import operation_views, views

urlpatterns = [
    path("bulk/preview", views.preview, name="bulk-preview"),
    path("bulk/apply", views.apply, name="bulk-apply"),
    path("operations", operation_views.operations, name="operations"),
    path("operations/<uuid:uuid>", operation_views.operation, name="operation"),
    path("operations/<uuid:uuid>.csv", operation_views.csv, name="operation-csv"),
    path("operations/<uuid:uuid>/retry", operation_views.retry, name="operation-retry"),
    path("operations/<uuid:uuid>/undo", operation_views.undo, name="operation-undo"),
]

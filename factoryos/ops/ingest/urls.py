"""Addresses of what came from planning systems. The page of one statement is named by the key of its head."""

from django.urls import path

from factoryos.ops.ingest import refused_views, views

urlpatterns = [
    path("ingest", views.imports, name="ingest"),
    path("ingest/retry", views.retry, name="ingest-retry"),
    path("ingest/failed-rows", refused_views.refused, name="ingest-failed-rows"),
    path("ingest/failed-rows.csv", refused_views.refused_csv, name="ingest-failed-rows-csv"),
    path("ingest/<int:head_id>", views.statement, name="ingest-statement"),
]

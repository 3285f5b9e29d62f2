"""The address of the stream."""

from django.urls import URLPattern, path

from factoryos.ops.live import views

urlpatterns: list[URLPattern] = [path("stream", views.stream, name="stream")]

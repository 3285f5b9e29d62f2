"""The routes of production orders and their work orders."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Manufacturing as a Django app."""

from django.apps import AppConfig


class ManufacturingConfig(AppConfig):
    name = "manufacturing"

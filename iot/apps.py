"""Machines as a Django app."""

from django.apps import AppConfig


class IotConfig(AppConfig):
    name = "iot"
    verbose_name = "Machines and counters"

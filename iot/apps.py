"""Machines as a Django app."""

from django.apps import AppConfig


class IotConfig(AppConfig):
    name = "iot"
    verbose_name = "Machines and counters"

    def ready(self) -> None:
        from iot import andon  # noqa: F401 registers who looks after calls that nobody answers

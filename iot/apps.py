"""Machines as a Django app."""

from django.apps import AppConfig


class IotConfig(AppConfig):
    name = "iot"
    verbose_name = "Machines and counters"

    def ready(self) -> None:
        from iot import (  # noqa: F401 they register who does the work of their messages
            andon,
            reviews,
        )
        from iot.poller import boundaries  # noqa: F401 likewise

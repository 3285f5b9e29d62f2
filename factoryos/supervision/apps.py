"""The supervisors' admin as a Django app. Its pages are registered when Django starts, one module per lower app."""

from importlib import import_module

from django.apps import AppConfig

PAGES = (
    "kernel",
    "people",
    "sign_ins",
    "manufacturing",
    "quality",
    "orders",
    "customer_orders",
    "ingest",
    "iot",
    "ops",
)


class SupervisionConfig(AppConfig):
    name = "factoryos.supervision"
    label = "supervision"
    verbose_name = "Supervision"

    def ready(self) -> None:
        for name in PAGES:
            import_module(f"{self.name}.{name}")

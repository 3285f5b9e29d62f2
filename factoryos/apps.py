"""The composition root as a Django app: it has no tables, it sets up Celery and registers the checks."""

from django.apps import AppConfig

from factoryos import celery  # noqa: F401 every process that has Django sends its tasks to the same broker


class FactoryOSConfig(AppConfig):
    name = "factoryos"
    label = "factoryos"
    verbose_name = "FactoryOS"

    def ready(self) -> None:
        from factoryos import checks  # noqa: F401 importing registers them

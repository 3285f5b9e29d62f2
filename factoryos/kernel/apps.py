"""The kernel as a Django app."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "factoryos.kernel"
    label = "kernel"
    verbose_name = "FactoryOS kernel"

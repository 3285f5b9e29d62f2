"""The console and the commands of those who run an installation, as a Django app."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "factoryos.ops"
    label = "ops"
    verbose_name = "FactoryOS console"

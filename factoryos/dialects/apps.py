"""The dialects as a Django app, for the sake of its system check. They have no models: a face keeps nothing."""

from django.apps import AppConfig
from django.core.checks import register


class DialectsConfig(AppConfig):
    name = "factoryos.dialects"
    label = "dialects"

    def ready(self) -> None:
        from factoryos.dialects.base.checks import check_words

        register(check_words)

"""Orders as a Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders.ingest import awaited  # noqa: F401 registers who looks again at what waited for an order
        from orders.materials import restocking  # noqa: F401 registers who serves those that wait for stock

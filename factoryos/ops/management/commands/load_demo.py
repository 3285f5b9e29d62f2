"""`manage.py load_demo`: two factories with people, keys, machines and orders. A second run changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from factoryos.ops.demo import lines, materials, people, planning, plant, purchasing, shop, stories

_LOADING = 7_041_777  # advisory lock: two commands must not load at once


class Command(BaseCommand):
    help = "Load the demo factories. Refused in production: everybody knows their passwords."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is never loaded in production: everybody knows its passwords.")
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
            factories = people.load_factories()
            people.load_people(factories)
            people.load_keys(factories)
            for factory in factories:
                plant.load_plant(factory)
                materials.load_materials(factory)
                purchasing.load_purchasing(factory)
                stories.load_orders(factory)
                shop.load_shop(factory)
                lines.load_connections(factory)
                planning.load_planning(factory)
        self.stdout.write(f"Demo loaded: {', '.join(factory.slug for factory in factories)}.")

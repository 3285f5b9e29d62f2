"""`manage.py verify_history`: prove every event, chain and seal, or name the first altered row and exit with 1."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factoryos.kernel.models import Factory
from orders.proof_of_history import Counted, first_fault
from orders.proofs import one_snapshot


class Command(BaseCommand):
    help = "Recompute the hashes of the whole history and of its seals; name the first row that was altered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--factory", metavar="SLUG", help="only this factory's events (seals cover all factories)")

    def handle(self, *args: Any, **options: Any) -> None:
        began, counted = time.monotonic(), Counted()
        with one_snapshot():
            fault = first_fault(factory_id=_factory_id(options["factory"]), counted=counted)
        if fault is not None:
            raise CommandError(f"The history was altered. {fault}")
        self.stdout.write(
            f"The history is whole: {counted.events} events of {counted.orders} orders under {counted.seals} seals, "
            f"proved in {time.monotonic() - began:.1f} s."
        )


def _factory_id(slug: str | None) -> int | None:
    if slug is None:
        return None
    found = Factory.objects.filter(slug=slug).values_list("id", flat=True).first()
    if found is None:
        raise CommandError(f"There is no factory {slug}.")
    return found

"""`manage.py verify_ledgers`: prove every total by the ledger, or name what differs and exit with 1."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.proof_of_ledgers import faults
from orders.proofs import one_snapshot


class Command(BaseCommand):
    help = "Compare every total of orders, lines and machines with the sum of the ledger's entries."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        with one_snapshot():
            found = list(faults())
        for fault in found:
            self.stderr.write(str(fault))
        if found:
            raise CommandError("Totals differ from the ledger.")
        self.stdout.write(f"Every total is the sum of its entries, proved in {time.monotonic() - began:.1f} s.")

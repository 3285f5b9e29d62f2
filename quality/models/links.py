"""Genealogy links: which lots each report of production used, and which it made."""

from django.db import models
from django.db.models import Q

from factoryos.kernel.quantities import QuantityField, shortest


class _Link(models.Model):
    """One lot's part in one report (`run`). A correction lowers it; at 0 it is no link any more."""

    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey("orders.QuantityEntry", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(
        "manufacturing.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = QuantityField()

    class Meta:
        abstract = True


class Consumption(_Link):
    """So much of an item (of a lot, or of none that is known) went into the pieces of a report."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "lot"], nulls_distinct=False, name="consumption_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="consumption_not_negative"),
        ]
        indexes = [models.Index(fields=["lot", "run"], name="consumption_of_lot", condition=Q(lot__isnull=False))]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} used"


class Output(_Link):
    """So many good pieces of an item came out of a report, into a lot or none."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "lot"], nulls_distinct=False, name="output_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="output_not_negative"),
        ]
        indexes = [models.Index(fields=["lot", "run"], name="output_of_lot", condition=Q(lot__isnull=False))]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} made"

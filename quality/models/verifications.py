"""Verifications: what a quality reviewer counted and signed."""

from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import EntryQuantityField, QuantityField


class Verification(models.Model):
    """One sign-off of an order's final split. An order that was reworked has several; the last one counts.

    `difference_*` is what the signed numbers added to, or took from, the logged ones; the ledger holds it as an entry.
    """

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="verifications")
    quantity_final = QuantityField()
    quantity_good = QuantityField()
    quantity_rejected = QuantityField()
    difference_good = EntryQuantityField()
    difference_rejected = EntryQuantityField()
    notes = models.TextField(blank=True, default="")
    verified_by_id = models.CharField(max_length=80)
    verified_by_name = models.CharField(max_length=150)
    verified_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity_final=models.F("quantity_good") + models.F("quantity_rejected")),
                name="verification_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity_good__gte=0, quantity_rejected__gte=0), name="verification_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_good} good, {self.quantity_rejected} rejected"

"""Items: whatever is made, bought or used."""

from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class Item(models.Model):
    """One article of a factory. Its sku is any text, kept verbatim, unique byte for byte in the factory."""

    class Tracking(models.TextChoices):
        NONE = "none", "Not tracked"
        LOT = "lot", "By lot"
        SERIAL = "serial", "By serial number"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="items")
    sku = models.CharField(max_length=255, db_collation="C")
    name = models.CharField(max_length=255)
    unit = models.CharField(max_length=40, default="pcs")
    unit_decimals = models.PositiveSmallIntegerField(default=0, help_text="How many decimals an amount of it may have.")
    tracking = models.CharField(max_length=10, choices=Tracking, default=Tracking.NONE)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "sku"], name="item_sku_once"),
            models.CheckConstraint(condition=models.Q(unit_decimals__lte=6), name="item_unit_decimals_at_most_6"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

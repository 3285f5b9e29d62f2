"""Items: whatever is made, bought or used."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import PriceField


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
    stocked = models.BooleanField(
        default=True, db_default=True,
        help_text="Kept in stock. What is always there, such as water or a service, is neither reserved nor used up.",
    )  # fmt: skip
    stub = models.BooleanField(
        default=False, db_default=False,
        help_text="Made by itself because a planning system named it; somebody should say what it is.",
    )  # fmt: skip
    purchase_price = PriceField(help_text="For one unit, in the factory's currency.")
    purchase_price_misc = PriceField(help_text="What else one unit costs, such as duty.")
    purchase_price_shipment = PriceField(help_text="What bringing one unit here costs.")
    supplier = models.ForeignKey(
        "manufacturing.Supplier", null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    supplier_sku = models.CharField(
        max_length=255, null=True, blank=True, db_collation="C", help_text="What the supplier calls it."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "sku"], name="item_sku_once"),
            models.CheckConstraint(condition=Q(unit_decimals__lte=6), name="item_unit_decimals_at_most_6"),
            *(
                models.CheckConstraint(condition=Q(**{f"{name}__gte": 0}), name=f"item_{name}_not_negative")
                for name in ("purchase_price", "purchase_price_misc", "purchase_price_shipment")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class ItemImage(models.Model):
    """A small picture of an item, kept in the database so that every host has it. Made by manufacturing.catalogue.images."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="image", primary_key=True)
    media_type = models.CharField(max_length=20, db_collation="C")
    width = models.PositiveSmallIntegerField(help_text="Pixels.")
    height = models.PositiveSmallIntegerField(help_text="Pixels.")
    content = models.BinaryField()
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.media_type}, {self.width} × {self.height}"

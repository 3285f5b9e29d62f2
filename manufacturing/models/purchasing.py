"""What is bought: from whom, and what is on its way."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from factoryos.kernel.quantities import QuantityField, shortest


class Supplier(models.Model):
    """Somebody from whom a factory buys. Its id is the store API's supplierId."""

    id = models.BigAutoField(primary_key=True)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="suppliers", db_index=False)
    name = models.CharField(max_length=255, db_collation="C")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factory", "name"], name="supplier_name_once")]

    def __str__(self) -> str:
        return self.name


class PurchaseOrder(models.Model):
    """Goods ordered from a supplier. Its id is the store API's purchase orderId, its reference the poRef."""

    id = models.BigAutoField(primary_key=True)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="purchase_orders")
    reference = models.CharField(max_length=100, db_collation="C")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factory", "reference"], name="purchase_order_reference_once")]

    def __str__(self) -> str:
        return self.reference


class PurchaseOrderLine(models.Model):
    """So much of an item that is on its way. What arrived is booked as a receipt; the rest may be called off."""

    purchase_order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = QuantityField(help_text="What was ordered.")
    received = QuantityField(default=0, db_default=0)
    delivery_date = models.DateTimeField(null=True, blank=True, help_text="When it is expected.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since when no more of it is expected.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_line_quantity_positive"),
            models.CheckConstraint(condition=Q(received__gte=0), name="purchase_line_received_not_negative"),
        ]
        indexes = [
            # The flat product list's question: what of this item is still to come?
            models.Index(
                fields=["item", "delivery_date"],
                name="purchase_line_open",
                condition=Q(closed_at__isnull=True, received__lt=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} ordered, {shortest(self.received)} received"

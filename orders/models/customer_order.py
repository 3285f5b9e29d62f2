"""What customers ordered, as far as production must know: the orders that production orders are made for."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.quantities import QuantityField, shortest


class CustomerOrder(models.Model):
    """One customer's order. Its id is the store API's customerOrderId, `external_id` the name its sender gave it."""

    id = models.BigAutoField(primary_key=True)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=255, null=True, blank=True, db_collation="C")
    name = models.CharField(max_length=255, blank=True, help_text="Such as the customer's name.")
    delivery_date = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "external_id"], name="customer_order_external_id_once")
        ]
        indexes = [models.Index(fields=["factory", "-id"], name="customer_order_newest")]

    def __str__(self) -> str:
        return self.external_id or self.name or f"Customer order {self.pk}"


class CustomerOrderRow(models.Model):
    """So much of an item that the customer wants. The same item may stand on several rows."""

    customer_order = models.ForeignKey(CustomerOrder, on_delete=models.PROTECT, related_name="rows", db_index=False)
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=255, blank=True, help_text="What this order calls it.")
    quantity = QuantityField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["customer_order", "position"], name="customer_row_position_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="customer_row_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} × {self.item_id}"

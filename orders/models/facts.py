"""Facts that one face alone shows: kept with the order, understood by nobody else."""

from django.db import models


class OrderFacts(models.Model):
    """What one face keeps of an order, or of one of its lines. Written by orders.facts, told in the order's events.

    `data` is JSON without numbers that have a fraction: those are kept as text, exact.
    """

    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="facts", db_index=False)
    line = models.ForeignKey(
        "orders.OrderLine", null=True, blank=True, on_delete=models.PROTECT, related_name="facts", db_index=False
    )
    face = models.CharField(max_length=20, db_collation="C")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "order facts"
        constraints = [
            models.UniqueConstraint(fields=["order", "face", "line"], nulls_distinct=False, name="order_facts_once")
        ]

    def __str__(self) -> str:
        return f"What {self.face} knows of order {self.order_id}"

"""What an order needs: the BOM as it was at create, exploded to the items that are taken from stock."""

from django.db import models
from django.db.models import Q

from factoryos.kernel.quantities import QuantityField

# Digits of a need's numerator and denominator; an explosion that would need more is refused (manufacturing.boms.explosion).
RATIO_DIGITS = 120


class OrderComponent(models.Model):
    """So much of an item for each unit of a line: `numerator / denominator`, exact, for a third has no last decimal.

    `consumed` is what was used as the BOM says, `over_consumed` what was recorded beyond it; both are projections of the
    stock moves that name the component. `spared` is what the BOM would have used and a report said was not: a projection
    of the entries' own `spared`. Nobody makes up for it later, as is done for what was merely missing.
    """

    order = models.ForeignKey(
        "orders.ProductionOrder", on_delete=models.PROTECT, related_name="components", db_index=False
    )
    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="components", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField()
    uom = models.CharField(max_length=40, blank=True, help_text="The unit's name as the BOM gives it.")
    numerator = models.DecimalField(max_digits=RATIO_DIGITS, decimal_places=0)
    denominator = models.DecimalField(max_digits=RATIO_DIGITS, decimal_places=0)
    consumed = QuantityField(default=0, db_default=0)
    over_consumed = QuantityField(default=0, db_default=0)
    spared = QuantityField(default=0, db_default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="component_position_once"),
            models.UniqueConstraint(fields=["line", "item"], name="component_item_once"),
            models.CheckConstraint(condition=Q(numerator__gt=0, denominator__gt=0), name="component_ratio_positive"),
            models.CheckConstraint(
                condition=Q(consumed__gte=0, over_consumed__gte=0, spared__gte=0), name="component_used_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"Component {self.position}"

"""Holds: a person's word that something must not go on until it is released."""

from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class Hold(models.Model):
    """A hold on one order. Open until `released_at`; several may stand at once and all must go."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    placed_by_id = models.CharField(max_length=80)
    placed_by_name = models.CharField(max_length=150)
    placed_at = models.DateTimeField(db_default=Now())
    released_by_id = models.CharField(max_length=80, null=True, blank=True)
    released_by_name = models.CharField(max_length=150, null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release_notes = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["order"], name="hold_open", condition=models.Q(released_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released_at__isnull=True, released_by_id__isnull=True)
                | models.Q(released_at__isnull=False, released_by_id__isnull=False),
                name="hold_released_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"Hold: {self.reason}"

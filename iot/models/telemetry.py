"""Telemetry: whatever machines tell about themselves. It never counts parts."""

from django.db import models
from django.db.models.functions import Now


class TelemetrySample(models.Model):
    """Some metrics of a machine at one instant; the same instant told again is a duplicate."""

    id = models.BigAutoField(primary_key=True)
    machine = models.ForeignKey(
        "manufacturing.Machine", on_delete=models.PROTECT, related_name="telemetry", db_index=False
    )
    at = models.DateTimeField()
    metrics = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "at"], name="telemetry_instant_once")]

    def __str__(self) -> str:
        return f"{self.machine_id} at {self.at:%Y-%m-%d %H:%M:%S}"

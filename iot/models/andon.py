"""Andon: calls for help from the floor."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from factoryos.kernel.ids import uuid7


class AndonCall(models.Model):
    """A call for help at a machine: open, acknowledged, resolved. The same cause is open at a machine only once."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        CRITICAL = "critical", "Critical"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    machine = models.ForeignKey(
        "manufacturing.Machine", on_delete=models.PROTECT, related_name="andon_calls", db_index=False
    )
    reason = models.CharField(max_length=200)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM, db_collation="C")
    notes = models.TextField(blank=True, default="")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN, db_collation="C")
    escalation = models.PositiveSmallIntegerField(default=0, help_text="How often nobody came in time.")
    raised_by_id = models.CharField(max_length=80)
    raised_by_name = models.CharField(max_length=150)
    raised_at = models.DateTimeField(db_default=Now())
    acknowledged_by_name = models.CharField(max_length=150, null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_by_name = models.CharField(max_length=150, null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("machine", Lower("reason"), condition=~Q(state="resolved"), name="andon_open_once"),
            models.CheckConstraint(
                condition=Q(state="open", acknowledged_at__isnull=True, resolved_at__isnull=True)
                | Q(state="acknowledged", acknowledged_at__isnull=False, resolved_at__isnull=True)
                | Q(state="resolved", resolved_at__isnull=False),
                name="andon_times_fit_state",
            ),
        ]
        indexes = [models.Index(fields=["factory", "-id"], name="andon_newest")]

    def __str__(self) -> str:
        return f"{self.reason} ({self.state})"

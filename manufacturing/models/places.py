"""Where work is done: work areas and machines."""

from django.db import models
from django.db.models.functions import Lower, Now

from factoryos.kernel.ids import uuid7


class WorkArea(models.Model):
    """A part of the plant with one or more work stations (ISA-95: work center)."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="work_areas")
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint("factory", Lower("code"), name="work_area_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Machine(models.Model):
    """One machine. It runs at most one order at a time (orders.Assignment holds the constraint)."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        IDLE = "idle", "Idle"
        DOWN = "down", "Down"
        NO_DATA = "no_data", "No data"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="machines")
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=200)
    work_area = models.ForeignKey(WorkArea, null=True, blank=True, on_delete=models.PROTECT, related_name="machines")
    ideal_cycle_s = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, help_text="Seconds a piece."
    )
    active = models.BooleanField(default=True, help_text="A retired machine takes no new orders.")
    state = models.CharField(
        max_length=10, choices=State, default=State.NO_DATA, help_text="As last heard; silence is no data, never idle."
    )
    counted = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="A counter of its own is read (iot keeps this)."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("factory", Lower("code"), name="machine_code_once"),
            models.CheckConstraint(
                condition=models.Q(ideal_cycle_s__isnull=True) | models.Q(ideal_cycle_s__gt=0),
                name="machine_cycle_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

"""What machines were doing, and when they were meant to do nothing."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from manufacturing.models import Machine


class MachineStateInterval(models.Model):
    """A stretch of time in one state. The open one (no end) is what the machine does now; there is at most one."""

    State = Machine.State

    machine = models.ForeignKey(
        "manufacturing.Machine", on_delete=models.PROTECT, related_name="state_intervals", db_index=False
    )
    state = models.CharField(max_length=10, choices=Machine.State, db_collation="C")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["machine"], condition=Q(ended_at__isnull=True), name="state_interval_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="state_interval_forward"
            ),
        ]
        indexes = [models.Index(fields=["machine", "started_at"], name="state_interval_of_machine")]

    def __str__(self) -> str:
        return f"{self.state} since {self.started_at:%Y-%m-%d %H:%M}"


class Downtime(models.Model):
    """A time in which a machine could not work, with the reason that somebody gave.

    Two of one machine never overlap: the constraint downtime_apart (migration 0004) refuses it.
    """

    class Category(models.TextChoices):
        BREAKDOWN = "breakdown", "Breakdown"
        SETUP = "setup", "Set-up"
        MATERIAL = "material", "Material"
        TOOLING = "tooling", "Tooling"
        QUALITY = "quality", "Quality"
        NO_OPERATOR = "no_operator", "No operator"
        UTILITIES = "utilities", "Utilities"
        OTHER = "other", "Other"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    machine = models.ForeignKey(
        "manufacturing.Machine", on_delete=models.PROTECT, related_name="downtimes", db_index=False
    )
    category = models.CharField(max_length=12, choices=Category, default=Category.OTHER, db_collation="C")
    notes = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    raised_by_id = models.CharField(max_length=80)
    raised_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at")), name="downtime_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["factory", "-id"], name="downtime_newest"),
            models.Index(fields=["machine", "started_at"], name="downtime_of_machine"),
        ]

    def __str__(self) -> str:
        return f"{self.category} from {self.started_at:%Y-%m-%d %H:%M}"


class PlannedDowntime(models.Model):
    """Time that is no production time: for one machine, or (without one) for the whole factory."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "Holiday"
        MAINTENANCE = "maintenance", "Maintenance"
        BREAK = "break", "Break"
        NO_SHIFT = "no_shift", "No shift"
        OTHER = "other", "Other"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    machine = models.ForeignKey(
        "manufacturing.Machine", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=Kind, db_collation="C")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by_id = models.CharField(max_length=80)
    created_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="planned_downtime_forward"),
        ]
        indexes = [models.Index(fields=["factory", "starts_at"], name="planned_downtime_of_factory")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.starts_at:%Y-%m-%d %H:%M}"


class Shift(models.Model):
    """A shift that comes again on some weekdays, by the factory's clock. One that ends before it begins ends next day.

    A factory without shifts works around the clock.
    """

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="shifts")
    name = models.CharField(max_length=60)
    weekdays = models.PositiveSmallIntegerField(help_text="A bit a weekday, Monday is 1, Sunday 64.")
    starts = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__gte=1, weekdays__lte=127), name="shift_on_some_day"),
            models.CheckConstraint(condition=~Q(starts=F("ends")), name="shift_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.starts:%H:%M}–{self.ends:%H:%M}"

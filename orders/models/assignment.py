"""Which machines and work areas an order is planned on, and its operations there."""

from django.db import models
from django.db.models import Q

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import QuantityField


class Assignment(models.Model):
    """A share of an order given to one machine or to a work area.

    `active` means the order runs there now. The partial unique index is the single-active-order rule: whatever the
    code believes, a machine cannot run two orders.
    """

    order = models.ForeignKey(
        "orders.ProductionOrder", on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    line = models.ForeignKey(
        "orders.OrderLine", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The line it makes; none: the first unfinished one.",
    )  # fmt: skip
    machine = models.ForeignKey(
        "manufacturing.Machine", null=True, blank=True, on_delete=models.PROTECT, related_name="assignments"
    )
    work_area = models.ForeignKey(
        "manufacturing.WorkArea", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sort = models.PositiveSmallIntegerField(default=0)
    quantity = QuantityField()
    produced = QuantityField(default=0, help_text="Good and rejected pieces booked on this machine for this order.")
    active = models.BooleanField(default=False)
    active_from = models.DateTimeField(null=True, blank=True, help_text="When it last began to run there.")
    active_until = models.DateTimeField(null=True, blank=True, help_text="When that run ended; none while it lasts.")
    # What was counted in the run before may be booked after a quick pause is over.
    before_from = models.DateTimeField(null=True, blank=True, help_text="When the run before that one began.")
    before_until = models.DateTimeField(null=True, blank=True, help_text="When the run before that one ended.")

    class Meta:
        ordering = ["sort", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["machine"], condition=Q(active=True), name="one_active_assignment_per_machine"
            ),
            models.UniqueConstraint(fields=["order", "machine"], name="assignment_machine_once"),
            models.CheckConstraint(
                condition=Q(machine__isnull=False, work_area__isnull=True)
                | Q(machine__isnull=True, work_area__isnull=False),
                name="assignment_machine_xor_work_area",
            ),
            models.CheckConstraint(
                condition=Q(active=False) | Q(machine__isnull=False), name="assignment_active_on_machine"
            ),
            models.CheckConstraint(
                condition=Q(active=False) | Q(active_from__isnull=False, active_until__isnull=True),
                name="assignment_active_since",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="assignment_quantity_not_negative"),
            models.CheckConstraint(condition=Q(produced__gte=0), name="assignment_produced_not_negative"),
        ]
        indexes = [
            # Which order ran on a machine at some instant: the last run that had begun by then.
            models.Index(
                fields=["machine", "-active_from"], name="assignment_runs", condition=Q(active_from__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} on {self.machine_id or self.work_area_id}"


class WorkOrder(models.Model):
    """One operation of an order on the floor. Its public id is `wo_001`, `wo_002` … within the order."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        DONE = "done", "Done"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(
        "orders.ProductionOrder", on_delete=models.PROTECT, related_name="work_orders", db_index=False
    )
    sequence = models.PositiveSmallIntegerField()
    operation = models.ForeignKey(
        "manufacturing.BomOperation", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The BOM's operation that it is; none: it comes from a method.",
    )  # fmt: skip
    name = models.CharField(max_length=200)
    workcenter = models.CharField(max_length=200, blank=True)
    work_area = models.ForeignKey(
        "manufacturing.WorkArea", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    machine = models.ForeignKey(
        "manufacturing.Machine", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_minutes = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    duration_minutes = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING, db_collation="C")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["order", "sequence"], name="work_order_sequence_once"),
            models.CheckConstraint(
                condition=Q(status="pending", started_at__isnull=True, finished_at__isnull=True)
                | Q(status="in_progress", started_at__isnull=False, finished_at__isnull=True)
                | Q(status="done", started_at__isnull=False, finished_at__isnull=False),
                name="work_order_times_fit_status",
            ),
        ]

    @property
    def public_id(self) -> str:
        return f"wo_{self.sequence:03d}"

    def __str__(self) -> str:
        return f"{self.public_id} {self.name}"

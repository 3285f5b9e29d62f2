"""What planning systems state about orders: every statement as a version, the newest one's head, and rows that failed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class IngestRequest(models.Model):
    """Who sent the versions and failed rows that carry this id. Kept only where something was stored."""

    id = models.UUIDField(primary_key=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=150)
    credential = models.CharField(max_length=20)
    operation_type = models.CharField(max_length=10, db_collation="C")
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.operation_type} by {self.actor_name}"


class ManufacturingOrderVersion(models.Model):
    """One statement about one order at one time, as it was sent. Written by orders.ingest in sets, never one by one.

    The location is the factory, whose `location_id` it is. No foreign keys: a version is a fact whether or not there is an
    item or an order for it, and a check for each row would cost more than the row.
    """

    pk = models.CompositePrimaryKey("factory", "order_number", "product_id", "updated_at")
    factory = models.ForeignKey(
        "kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order_number = models.CharField(max_length=255, db_collation="C")
    product_id = models.CharField(max_length=255, db_collation="C")
    updated_at = models.DateTimeField(help_text="The version's own time, as its sender says.")
    source_id = models.CharField(max_length=255)
    ordered_at = models.DateTimeField()
    ordered_units = models.BigIntegerField()
    expected_start_date = models.DateTimeField()
    expected_end_date = models.DateTimeField()
    actual_start_date = models.DateTimeField(null=True)
    actual_end_date = models.DateTimeField(null=True)
    produced_units = models.BigIntegerField(null=True)
    status = models.CharField(max_length=255, null=True)
    content = models.UUIDField(help_text="A hash of everything that is not key: another one, another content.")
    received_at = models.DateTimeField()
    request_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.order_number} of {self.product_id} at {self.updated_at:%Y-%m-%d %H:%M:%S}"


class IngestHead(models.Model):
    """The newest version of one order, and how far the production order follows it.

    `revision` grows whenever the newest version is another one or says something else. `due_at` is when the projection is
    to look at it; none: nothing is to be done before somebody or something changes that.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waits for its turn"
        DONE = "done", "As stated"
        WAITING = "waiting", "Something must happen here first"
        CONFLICT = "conflict", "Cannot be as stated"
        SKIPPED = "skipped", "Nothing to make yet"
        FAILED = "failed", "Failed by our fault, tried again"

    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False,
                                db_constraint=False)  # fmt: skip
    order_number = models.CharField(max_length=255, db_collation="C")
    product_id = models.CharField(max_length=255, db_collation="C")
    updated_at = models.DateTimeField(help_text="Of the newest version.")
    content = models.UUIDField()
    revision = models.PositiveIntegerField(default=1, db_default=1)
    projected_revision = models.PositiveIntegerField(default=0, db_default=0)
    booked_revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The revision whose produced units are in the ledger: it adds nothing again."
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING, db_default="pending",
                             db_collation="C")  # fmt: skip
    reason = models.CharField(max_length=500, null=True)
    order = models.OneToOneField(
        "orders.ProductionOrder", null=True, on_delete=models.PROTECT, related_name="ingest_head"
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(null=True, db_default=Now())
    changed_at = models.DateTimeField(db_default=Now(), help_text="When the newest version last changed here.")
    projected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "order_number", "product_id"], name="ingest_head_once"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "done", "waiting", "conflict", "skipped", "failed"]),
                name="ingest_head_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["pending", "failed"]) | Q(due_at__isnull=False), name="ingest_head_is_due"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="ingest_head_due", condition=Q(due_at__isnull=False)),
            # What is not as stated, by state and newest first, for whoever has to look at it: a few that are in conflict are
            # found among any number that wait for their turn.
            models.Index(
                fields=["factory", "state", "-changed_at", "-id"],
                name="ingest_head_not_done",
                condition=~Q(state="done"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} of {self.product_id}"


class IngestFailedRow(models.Model):
    """A row that was refused, as it was sent. It belongs to the factory of whoever sent it, not to the one it names."""

    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False,
                                db_constraint=False)  # fmt: skip
    request_id = models.UUIDField()
    received_at = models.DateTimeField()
    operation_type = models.CharField(max_length=10, db_collation="C")
    index = models.PositiveIntegerField(help_text="Its place among the rows sent, from 0.")
    location_id = models.CharField(max_length=255, null=True, db_collation="C", help_text="What it names, if a text.")
    # As texts: PostgreSQL's JSON cannot hold NUL or half a surrogate pair, which may be what was wrong with the row.
    row = models.TextField(null=True, help_text="JSON, ASCII only; null where it was too large to keep.")
    errors = models.TextField(help_text="JSON, ASCII only: [{code, category, message, field}].")
    codes = ArrayField(models.CharField(max_length=20), help_text="The errors' codes.")

    class Meta:
        indexes = [
            models.Index(fields=["factory", "-id"], name="ingest_failed_newest"),
            models.Index(fields=["received_at"], name="ingest_failed_by_time"),
        ]

    def __str__(self) -> str:
        return f"Row {self.index} of {self.request_id}"

"""An operation on many orders, with its result row by row: the truth of what was done, and what a job has still to do."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class BulkOperation(models.Model):
    """One bulk action as it was confirmed. Every event and note that it made carries its uuid."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey("kernel.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=30, db_collation="C")
    parameters = models.JSONField(default=dict, help_text="What was chosen with the action, such as a reason.")
    note = models.CharField(max_length=2000, blank=True)
    all_or_nothing = models.BooleanField(default=False)
    key = models.CharField(max_length=64, db_collation="C", help_text="Of the confirming form: a double click is one.")
    query = models.CharField(
        max_length=2000, blank=True, help_text="The list's filter that the orders were chosen from."
    )
    selected = models.PositiveIntegerField(help_text="Orders in the selection when it was confirmed.")
    set_changed = models.CharField(max_length=300, blank=True, help_text="How the set differed from the preview.")
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries")
    undo_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undos")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="bulk_confirmed_once"),
            models.UniqueConstraint(fields=["undo_of"], condition=Q(undo_of__isnull=False), name="bulk_undone_once"),
        ]
        indexes = [
            models.Index(fields=["factory", "-id"], name="bulk_newest"),
            # The sweep's question: what is not finished.
            models.Index(fields=["id"], name="bulk_unfinished", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.selected}"


class BulkRow(models.Model):
    """One order of an operation. Its result is written in the transaction that changes the order, so it happens once."""

    class Status(models.TextChoices):
        PENDING = "pending", "To do"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Nothing to do"
        FAILED = "failed", "Failed"

    operation = models.ForeignKey(BulkOperation, on_delete=models.PROTECT, related_name="rows", db_index=False)
    position = models.PositiveIntegerField()
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING, db_collation="C")
    code = models.CharField(max_length=40, blank=True, db_collation="C")
    detail = models.CharField(max_length=500, blank=True)
    version_after = models.PositiveIntegerField(null=True, blank=True)
    before = models.JSONField(default=dict, blank=True, help_text="What an undo needs to know.")
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["operation", "position"], name="bulk_row_position_once"),
            models.UniqueConstraint(fields=["operation", "order"], name="bulk_row_order_once"),
        ]
        indexes = [
            models.Index(fields=["operation", "position"], name="bulk_row_pending", condition=Q(status="pending")),
            models.Index(fields=["operation", "status", "position"], name="bulk_row_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id}.{self.position}: {self.status}"

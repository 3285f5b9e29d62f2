"""The quantity ledger: every piece counted, as entries that are only ever added."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import EntryQuantityField


class QuantityEntry(models.Model):
    """A signed change of one line's good and rejected counts. Triggers refuse UPDATE, DELETE and TRUNCATE."""

    class Source(models.TextChoices):
        MANUAL = "manual", "Logged by hand"
        MACHINE = "machine", "Counted by the machine"
        VERIFICATION = "verification", "Difference found at verification"
        INGEST = "ingest", "Stated by a planning system"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="entries")
    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="entries", db_index=False)
    good = EntryQuantityField()
    rejected = EntryQuantityField()
    imported_good = EntryQuantityField(
        default=0,
        db_default=0,
        help_text="The part of `good` that was made elsewhere and never was in our stock, signed.",
    )
    imported_rejected = EntryQuantityField(default=0, db_default=0, help_text="The same of `rejected`.")
    source = models.CharField(max_length=20, db_collation="C")
    machine = models.ForeignKey(
        "manufacturing.Machine", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    work_order = models.ForeignKey(
        "orders.WorkOrder", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lot_number = models.CharField(max_length=100, null=True, blank=True, db_collation="C")
    serial_numbers = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    serial_label = models.CharField(
        max_length=100, null=True, blank=True, db_collation="C",
        help_text="A serial number told of pieces that are not kept by number: it is shown, and means nothing in stock.",
    )  # fmt: skip
    consumed_lots = models.JSONField(
        default=list, blank=True, help_text="Component lots the reporter named: [{product, lotNumber, quantity}]."
    )
    short_consumption = models.JSONField(
        default=list, blank=True,
        help_text="Component stock that should have been used but was not there: [{item, required, short}].",
    )  # fmt: skip
    spared = models.JSONField(
        default=list, blank=True, db_default=Value([], output_field=models.JSONField()),
        help_text="What the BOM would have used and the reporter said was not: [{component, sku, quantity}], signed.",
    )  # fmt: skip
    reason = models.CharField(max_length=500, null=True, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, db_collation="C")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=150)
    face = models.CharField(max_length=20)
    occurred_at = models.DateTimeField(help_text="When the pieces were made, as the reporter says.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="entry_idempotency_key_once",
            ),
            models.CheckConstraint(condition=~Q(good=0, rejected=0), name="entry_changes_something"),
        ]
        indexes = [
            models.Index(
                fields=["machine", "occurred_at"],
                include=["good", "rejected"],
                name="entry_of_machine",
                condition=Q(machine__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.good:+} good, {self.rejected:+} rejected"

"""The history of orders: what happened, chained by hashes, and the seals over the chains' heads."""

from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class OrderEvent(models.Model):
    """One thing that a verb did to an order. `seq` counts from 1 without gaps and equals the order's version then.

    `hash` covers every other column and the previous event's hash (orders.chain). Triggers refuse any change.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid7, editable=False)
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="events", db_index=False)
    # The order's factory, which the order's own key holds: to ask once more for each event would only cost time.
    factory = models.ForeignKey(
        "kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    seq = models.PositiveIntegerField()
    verb = models.CharField(max_length=30, db_collation="C")
    moved = models.BooleanField(help_text="Whether the verb is a move of the life, not only a change of facts.")
    from_state = models.CharField(max_length=20, null=True, db_collation="C")
    to_state = models.CharField(max_length=20, db_collation="C")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=150)
    credential = models.CharField(max_length=20)
    face = models.CharField(max_length=20)
    reason = models.TextField(null=True)
    notes = models.TextField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, null=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["order_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["order", "seq"], name="event_seq_once")]

    def __str__(self) -> str:
        return f"{self.verb} → {self.to_state}"


class Seal(models.Model):
    """One minute's seal: the Merkle root over the changed chain heads, chained to the seal before it."""

    sealed_at = models.DateTimeField(db_default=Now())
    leaves = models.PositiveIntegerField()
    merkle_root = models.CharField(max_length=64)
    previous_root = models.CharField(max_length=64, null=True)
    seal_hash = models.CharField(
        max_length=64, help_text="SHA-256 over the previous seal's hash, the root, leaves and time."
    )

    def __str__(self) -> str:
        return f"{self.sealed_at:%Y-%m-%d %H:%M} {self.merkle_root[:12]}"


class SealLeaf(models.Model):
    """The head of one order's chain as a seal found it."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="heads", db_index=False)
    position = models.PositiveIntegerField()
    order = models.ForeignKey("orders.ProductionOrder", on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    head = models.CharField(max_length=64)

    class Meta:
        ordering = ["seal_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["seal", "position"], name="seal_leaf_position_once"),
            models.UniqueConstraint(fields=["order", "seq"], name="seal_leaf_order_seq_once"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}@{self.seq}"

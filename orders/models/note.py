"""What people say about an order: to one another, or to the customer."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7

NOTE_LENGTH = 2000  # characters


class Note(models.Model):
    """A remark on an order. Never deleted (a trigger refuses it); an edit within minutes is marked and keeps the first text.

    Not an event: a note changes nothing about the order, so it is neither part of its version nor of its hash chain.
    """

    class Audience(models.TextChoices):
        INTERNAL = "internal", "Internal"
        CUSTOMER = "customer", "To customer"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(
        "orders.ProductionOrder", on_delete=models.PROTECT, related_name="remarks", db_index=False
    )
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.INTERNAL, db_collation="C")
    text = models.CharField(max_length=NOTE_LENGTH)
    first_text = models.CharField(max_length=NOTE_LENGTH, null=True, blank=True, editable=False)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=150)
    face = models.CharField(max_length=20)
    operation = models.UUIDField(null=True, blank=True, help_text="The bulk operation that it was written by.")
    at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=["internal", "customer"]), name="note_audience_known"),
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
            models.CheckConstraint(
                condition=Q(edited_at__isnull=True, first_text__isnull=True)
                | Q(edited_at__isnull=False, first_text__isnull=False),
                name="note_edit_is_marked",
            ),
        ]
        indexes = [models.Index(fields=["order", "-id"], name="note_of_order")]

    def __str__(self) -> str:
        return self.text[:60]

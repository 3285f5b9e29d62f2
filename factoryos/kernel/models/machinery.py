"""Tables that carry the house itself: work to do, answers given, limits, gapless counters."""

from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """Something that happened and must be told, written in the transaction in which it happened.

    `position` is given when the relay publishes it, one after another, so that positions follow the order in which
    transactions became visible; the id does not (ids are drawn at insert, rows are seen at commit).
    """

    topic = models.CharField(max_length=60, db_collation="C")
    # Several messages for each change, each gone a day later: the database need not look up the factory for every one.
    factory = models.ForeignKey(
        "kernel.Factory", null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=80, db_collation="C", help_text="What it is about, such as an order's uuid.")
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(db_default=0, default=0)
    lease_owner = models.CharField(max_length=80, null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(
        db_default=0, default=0, help_text="Grows with every lease; a late worker's writes carry an old one."
    )
    position = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    done_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(
        null=True, blank=True, help_text="Given up after too many failures; a person must look."
    )
    last_error = models.TextField(blank=True, db_default="", default="")

    class Meta:
        indexes = [
            # The relay's question: what is undone and due, oldest first.
            models.Index(
                fields=["id", "available_at"],
                name="outbox_undone",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            # The purge's question: what was done long ago.
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
            # A stream's question after its connection broke: what of this factory was told since?
            models.Index(
                fields=["factory", "position"], name="outbox_told", condition=models.Q(position__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class RememberedAnswer(models.Model):
    """The first answer to a call that carried an Idempotency-Key, kept 7 days to be given again byte for byte."""

    factory = models.ForeignKey("kernel.Factory", on_delete=models.CASCADE, related_name="+", db_index=False)
    principal = models.CharField(max_length=120, db_collation="C")
    call = models.CharField(max_length=600, db_collation="C", help_text="Method and path.")
    key = models.CharField(max_length=255, db_collation="C")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the body, compared by value.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "principal", "call", "key"], name="remembered_answer_once")
        ]

    def __str__(self) -> str:
        return f"{self.call} {self.key}"


class RateBucket(models.Model):
    """A token bucket for one credential. The table is UNLOGGED: it may be lost, it must be fast."""

    key = models.CharField(max_length=160, primary_key=True, db_collation="C")
    tokens = models.FloatField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Counter(models.Model):
    """A gapless number series of one factory (MO/2026, NCR-2026-0417): taken under a row lock, kept only on commit."""

    factory = models.ForeignKey("kernel.Factory", on_delete=models.CASCADE, related_name="+", db_index=False)
    series = models.CharField(max_length=60, db_collation="C")
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factory", "series"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"

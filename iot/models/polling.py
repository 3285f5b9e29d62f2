"""What is polled: buses, the values read from them, and the shards that share the work among pollers."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from factoryos.kernel.ids import uuid7
from iot.registers import Encoding

SHORTEST_PERIOD_S, LONGEST_PERIOD_S = 0.05, 3600.0


class PollShard(models.Model):
    """A share of all connections, polled by one poller at a time: the one whose fence is the newest."""

    lease_owner = models.CharField(max_length=120, null=True, blank=True, db_collation="C")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(
        default=0, help_text="Grows with every lease; an older one may write nothing."
    )
    polled_at = models.DateTimeField(
        null=True, blank=True, help_text="When a poller last said that it is at work here."
    )

    def __str__(self) -> str:
        return f"Shard {self.pk}"


class Connection(models.Model):
    """One bus: a host and port, a serial line or a control, with the driver that speaks to it."""

    class Health(models.TextChoices):
        UNKNOWN = "unknown", "Not polled yet"
        OK = "ok", "Answers"
        FAILING = "failing", "Does not answer"
        PROBING = "probing", "Given up for now, tried again from time to time"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="connections", db_index=False)
    code = models.CharField(max_length=40, db_collation="C")
    driver = models.CharField(max_length=20, db_collation="C", help_text="A name of iot.drivers.registry.")
    address = models.JSONField(default=dict, help_text="The driver's own settings, such as host and port.")
    bus = models.CharField(max_length=300, db_collation="C", editable=False, help_text="What two must not share.")
    poll_every_s = models.FloatField(
        default=1.0, validators=[MinValueValidator(SHORTEST_PERIOD_S), MaxValueValidator(LONGEST_PERIOD_S)]
    )
    active = models.BooleanField(default=True)
    shard = models.ForeignKey(PollShard, on_delete=models.PROTECT, related_name="connections")
    health = models.CharField(max_length=8, choices=Health, default=Health.UNKNOWN, db_collation="C")
    health_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True, default="")
    version = models.PositiveIntegerField(default=1, help_text="Grows when it or one of its points is changed.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("factory", Lower("code"), name="connection_code_once"),
            models.UniqueConstraint(fields=["factory", "bus"], condition=Q(active=True), name="connection_bus_once"),
            models.CheckConstraint(
                condition=Q(poll_every_s__gte=SHORTEST_PERIOD_S, poll_every_s__lte=LONGEST_PERIOD_S),
                name="connection_period_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.driver})"


class CounterPoint(models.Model):
    """One value of a machine on a bus: a counter, or what the machine does."""

    class Role(models.TextChoices):
        GOOD = "good", "Good pieces"
        REJECT = "reject", "Rejected pieces"
        TOTAL = "total", "All pieces; what is not rejected is good"
        STATE = "state", "What the machine does"

    class Order(models.TextChoices):
        BIG = "big", "Big end first"
        LITTLE = "little", "Little end first"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="points")
    machine = models.ForeignKey("manufacturing.Machine", on_delete=models.PROTECT, related_name="points")
    role = models.CharField(max_length=6, choices=Role, db_collation="C")
    where = models.JSONField(default=dict, help_text="In the driver's own terms, such as unit, table and address.")
    encoding = models.CharField(
        max_length=6, choices=[(item.value, item.value) for item in Encoding], default=Encoding.U32.value
    )
    word_order = models.CharField(max_length=6, choices=Order, default=Order.BIG)
    byte_order = models.CharField(max_length=6, choices=Order, default=Order.BIG)
    modulus = models.DecimalField(
        max_digits=20, decimal_places=0, null=True, blank=True, help_text="Where it begins again; none: by its width."
    )
    scale = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(1), help_text="Pieces a count.")
    decimals = models.PositiveSmallIntegerField(default=0, help_text="Of the pieces that are booked, 0 to 6.")
    max_rate = models.FloatField(default=10.0, help_text="Counts a second that the machine can make at most.")
    states = models.JSONField(
        default=dict, blank=True, help_text="What a raw value means, such as {\"2\": \"down\"}; else 0 idle, others running."
    )  # fmt: skip
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "role"], condition=Q(active=True), name="point_role_once_a_machine"
            ),
            models.CheckConstraint(condition=Q(scale__gt=0, max_rate__gt=0), name="point_rates_positive"),
            models.CheckConstraint(
                condition=Q(modulus__isnull=True) | Q(modulus__gte=2), name="point_modulus_sensible"
            ),
            models.CheckConstraint(condition=Q(decimals__lte=6), name="point_decimals_few"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.machine_id}"


class CounterBaseline(models.Model):
    """Where a counter was last believed to stand, and what it has counted that is not yet a whole piece."""

    point = models.OneToOneField(CounterPoint, primary_key=True, on_delete=models.PROTECT, related_name="baseline")
    raw = models.DecimalField(max_digits=20, decimal_places=0, null=True, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0, help_text="Grows when it begins again.")
    seq = models.PositiveBigIntegerField(default=0, help_text="Of its last event.")
    doubted = models.DecimalField(
        max_digits=20, decimal_places=0, null=True, blank=True, help_text="A reading that one more must confirm."
    )
    doubted_at = models.DateTimeField(null=True, blank=True)
    carry = models.DecimalField(
        max_digits=27, decimal_places=15, default=0, help_text="Pieces counted, not yet booked."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(raw__isnull=True, at__isnull=True) | Q(raw__isnull=False, at__isnull=False),
                name="baseline_raw_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(doubted__isnull=True, doubted_at__isnull=True)
                | Q(doubted__isnull=False, doubted_at__isnull=False),
                name="baseline_doubt_with_instant",
            ),
            models.CheckConstraint(condition=Q(carry__gte=0), name="baseline_carry_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.raw} at {self.at}"


class CountEvent(models.Model):
    """What one reading of a counter changed. Append-only; with its sequence number a reading can change it only once.

    `pieces` are booked: on the order of `entry`, or without one in the machine's unassigned bucket. `flagged` are not:
    a person decides about them (CountReview).
    """

    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    machine = models.ForeignKey("manufacturing.Machine", on_delete=models.PROTECT, related_name="+", db_index=False)
    point = models.ForeignKey(CounterPoint, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=12, db_collation="C", help_text="A word of iot.counting.Kind.")
    raw = models.DecimalField(max_digits=20, decimal_places=0)
    previous = models.DecimalField(max_digits=20, decimal_places=0, null=True, blank=True)
    epoch = models.PositiveIntegerField()
    pieces = models.DecimalField(max_digits=27, decimal_places=15, default=0)
    flagged = models.DecimalField(max_digits=27, decimal_places=15, default=0)
    at = models.DateTimeField(help_text="When it was sampled.")
    entry = models.ForeignKey(
        "orders.QuantityEntry", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    booked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["point", "seq"], name="count_event_once"),
            models.CheckConstraint(condition=Q(pieces__gte=0, flagged__gte=0), name="count_event_not_negative"),
        ]
        indexes = [
            models.Index(fields=["machine", "-id"], name="count_event_of_machine"),
            models.Index(
                fields=["machine", "at"], name="count_event_unassigned", condition=Q(entry__isnull=True, pieces__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pieces:+}"


class CountReview(models.Model):
    """Pieces about which a person decides: a jump nobody can explain, a reset, a count by hand beside a counter."""

    class Kind(models.TextChoices):
        SUSPECT = "suspect", "More than the machine can make"
        RESET = "reset", "The counter was set back"
        FAILED = "failed", "Could not be booked"
        BESIDE = "beside", "Counted by hand beside a counter"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        BOOKED = "booked", "Booked"
        DISMISSED = "dismissed", "Dismissed"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    machine = models.ForeignKey("manufacturing.Machine", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind, db_collation="C")
    event = models.OneToOneField(CountEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="review")
    entry = models.OneToOneField(
        "orders.QuantityEntry", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="The count by hand that is doubted.",
    )  # fmt: skip
    pieces = models.DecimalField(max_digits=27, decimal_places=15, help_text="That are in question.")
    text = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN, db_collation="C")
    decided_by_id = models.CharField(max_length=80, null=True, blank=True)
    decided_by_name = models.CharField(max_length=150, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_entry = models.ForeignKey(
        "orders.QuantityEntry", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=False, entry__isnull=True) | Q(event__isnull=True, entry__isnull=False),
                name="review_of_event_or_entry",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="review_decided_iff_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["factory", "state", "-id"], name="review_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.pieces}"

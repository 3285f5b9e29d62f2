"""Production orders and their lines."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Now, Reverse, Upper

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import QuantityField
from orders.models.life import OrderLife
from orders.states import State

# Rush before standard before hold, whatever the words' alphabet says.
RANK = Case(
    When(priority="rush", then=Value(0)),
    When(priority="standard", then=Value(1)),
    default=Value(2),
    output_field=models.SmallIntegerField(),
)


class ProductionOrder(OrderLife):
    """One order to make something. Totals are projections of the quantity ledger; `chain_head` of the history."""

    class Priority(models.TextChoices):
        RUSH = "rush", "Rush"
        STANDARD = "standard", "Standard"
        HOLD = "hold", "Hold"

    class OverProduction(models.TextChoices):
        STRICT = "strict", "Never more than ordered"
        TOLERANCE = "tolerance", "Up to a percentage more"
        UNLIMITED = "unlimited", "Any amount"

    class Layer(models.TextChoices):
        FIRST = "first", "The parts that the BOM names"
        LEAVES = "leaves", "What those are made of, down to what is bought"

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="orders", db_index=False)
    reference = models.CharField(max_length=512, db_collation="C")
    origin = models.CharField(max_length=20, db_collation="C", help_text="The face it was made through.")
    item = models.ForeignKey(
        "manufacturing.Item", null=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The first line's item.",
    )  # fmt: skip
    method = models.ForeignKey(
        "manufacturing.Method", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    layer = models.CharField(
        max_length=10, choices=Layer, default=Layer.FIRST, db_default=Layer.FIRST, db_collation="C",
        help_text="Which parts of its products are reserved and used. Kits are always replaced by theirs.",
    )  # fmt: skip
    customer_order = models.ForeignKey(
        "orders.CustomerOrder", null=True, blank=True, on_delete=models.PROTECT, related_name="production_orders",
        db_index=False,
    )  # fmt: skip
    owner = models.ForeignKey(
        "kernel.User", null=True, blank=True, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    customer_name = models.CharField(
        max_length=200, null=True, blank=True, db_collation="C", help_text="Whom it is made for, as people call them."
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.STANDARD, db_collation="C")
    batch_number = models.CharField(max_length=64, null=True, blank=True, db_collation="C")
    notes = models.TextField(null=True, blank=True)
    over_production = models.CharField(max_length=10, choices=OverProduction, default=OverProduction.UNLIMITED)
    tolerance_percent = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)

    quantity_target = QuantityField(default=0)
    quantity_good = QuantityField(default=0, db_default=0)
    quantity_rejected = QuantityField(default=0, db_default=0)
    quantity_final = QuantityField(null=True, blank=True)

    planned_start = models.DateTimeField(null=True, blank=True)
    planned_end = models.DateTimeField(null=True, blank=True)
    actual_start = models.DateTimeField(null=True, blank=True)
    actual_end = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=40, null=True, blank=True, db_collation="C")
    pause_text = models.CharField(max_length=500, null=True, blank=True)
    shipment = models.JSONField(null=True, blank=True)
    awaited = models.BooleanField(
        default=False, db_default=False, editable=False,
        help_text="Something stated of it waits for what happens to it next: that is told (orders.ingest.awaited).",
    )  # fmt: skip

    created_by_id = models.CharField(max_length=80)
    created_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    chain_head = models.CharField(max_length=64, default="", editable=False)
    sealed_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factory", "reference"], name="order_reference_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="order_state_known"),
            models.CheckConstraint(condition=Q(layer__in=["first", "leaves"]), name="order_layer_known"),
            models.CheckConstraint(condition=Q(priority__in=["rush", "standard", "hold"]), name="order_priority_known"),
            models.CheckConstraint(
                condition=Q(quantity_target__gte=0, quantity_good__gte=0, quantity_rejected__gte=0),
                name="order_totals_not_negative",
            ),
            # Finished facts are there if and only if the order is finished.
            models.CheckConstraint(
                condition=Q(state__in=[State.COMPLETED, State.VERIFIED, State.CLOSED], actual_end__isnull=False)
                | Q(state=State.CANCELLED)
                | (
                    ~Q(state__in=[State.COMPLETED, State.VERIFIED, State.CLOSED, State.CANCELLED])
                    & Q(actual_end__isnull=True)
                ),
                name="order_end_iff_finished",
            ),
            models.CheckConstraint(
                condition=Q(state=State.VERIFIED, quantity_final__isnull=False)
                | Q(state=State.CLOSED)
                | (~Q(state__in=[State.VERIFIED, State.CLOSED]) & Q(quantity_final__isnull=True)),
                name="order_final_iff_verified",
            ),
            models.CheckConstraint(
                condition=Q(state=State.PAUSED, pause_reason__isnull=False)
                | (~Q(state=State.PAUSED) & Q(pause_reason__isnull=True)),
                name="order_pause_reason_iff_paused",
            ),
            models.CheckConstraint(
                condition=Q(shipment__isnull=True) | Q(state=State.CLOSED), name="order_shipment_iff_closed"
            ),
            models.CheckConstraint(
                condition=Q(over_production="tolerance", tolerance_percent__isnull=False)
                | (~Q(over_production="tolerance") & Q(tolerance_percent__isnull=True)),
                name="order_tolerance_iff_policy",
            ),
        ]
        indexes = [
            models.Index(fields=["factory", "-id"], name="order_newest"),
            models.Index(fields=["factory", "state", "-id"], name="order_by_state"),
            models.Index(fields=["factory", "item", "-id"], name="order_by_item"),
            models.Index(
                fields=["factory", "batch_number", "-id"],
                name="order_by_batch",
                condition=Q(batch_number__isnull=False),
            ),
            models.Index("factory", Coalesce("planned_start", "created_at"), name="order_by_day"),
            models.Index(
                fields=["customer_order", "-id"],
                name="order_by_customer_order",
                condition=Q(customer_order__isnull=False),
            ),
            models.Index(fields=["owner", "-id"], name="order_by_owner", condition=Q(owner__isnull=False)),
            # Pages by planned start: what has one (the days asked for, or all of them), and what has none.
            models.Index(fields=["factory", "planned_start", "id"], name="order_by_start"),
            # The console's orders: by due date, by last change, by rank; and its search.
            models.Index(fields=["factory", "planned_end", "id"], name="order_by_due"),
            models.Index(fields=["factory", "updated_at", "id"], name="order_by_change"),
            models.Index("factory", RANK, "id", name="order_by_rank"),
            models.Index("factory", Reverse("reference"), name="order_by_reference_end"),
            models.Index("factory", Upper("customer_name"), "id", name="order_by_customer"),
            # Days of making and finishing follow the order of the rows on disk, so that a few pages' limits find them
            # and a change of an order costs nothing here.
            BrinIndex(
                fields=["created_at", "actual_end"], name="order_by_days", autosummarize=True, pages_per_range=32
            ),
            # The seal's question: whose history grew since it was last sealed.
            models.Index(fields=["id"], name="order_unsealed", condition=~Q(version=F("sealed_version"))),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def quantity_produced(self) -> object:
        """Good and rejected pieces together."""
        return self.quantity_good + self.quantity_rejected


class OrderLine(models.Model):
    """What one order makes of one item or variant. Most orders have one line."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    order = models.ForeignKey(ProductionOrder, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+")
    bom_version = models.ForeignKey(
        "manufacturing.BomVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="order_lines",
        help_text="The BOM as it was when the order was made; its components are the order's own.",
    )  # fmt: skip
    variant = models.CharField(max_length=40, null=True, blank=True, help_text="Such as a garment's size.")
    sort = models.PositiveSmallIntegerField(default=0)
    target = QuantityField()
    good = QuantityField(default=0, db_default=0)
    rejected = QuantityField(default=0, db_default=0)
    imported_good = QuantityField(
        default=0,
        db_default=0,
        help_text="Of the good ones those that were made elsewhere: they never were in our stock.",
    )
    imported_rejected = QuantityField(default=0, db_default=0, help_text="The same of the rejected ones.")

    class Meta:
        ordering = ["sort", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "sort"], name="line_sort_once"),
            models.CheckConstraint(condition=Q(target__gt=0), name="line_target_positive"),
            models.CheckConstraint(condition=Q(good__gte=0, rejected__gte=0), name="line_totals_not_negative"),
            models.CheckConstraint(
                condition=Q(imported_good__gte=0, imported_good__lte=models.F("good"))
                & Q(imported_rejected__gte=0, imported_rejected__lte=models.F("rejected")),
                name="line_imported_is_a_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} × {self.item_id}"

"""Stock: where things lie, in which lots, how much of it is promised, and every movement that made it so."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import EntryQuantityField, QuantityField, shortest

MAIN = "main"  # the location that is meant when none is named


class StockLocation(models.Model):
    """A place where stock lies. Every factory has `main`."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="stock_locations")
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factory", "code"], name="stock_location_code_once")]

    def __str__(self) -> str:
        return self.name


class Lot(models.Model):
    """Pieces of one item that share their making: a lot of many, or one piece with its serial number."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="lots", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="lots", db_index=False)
    code = models.CharField(max_length=100, db_collation="C", help_text="The lot or serial number.")
    serial = models.BooleanField(default=False, help_text="One piece with this serial number.")
    best_before = models.DateTimeField(null=True, blank=True)
    barcode = models.CharField(
        max_length=100, null=True, blank=True, db_collation="C", help_text="What is printed on it, if not the number."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "code"], name="lot_code_once")]
        indexes = [models.Index(fields=["factory", "code"], name="lot_by_code")]

    def __str__(self) -> str:
        return self.code


class StockBalance(models.Model):
    """How much of an item lies in one place, of one lot or of none. Rows stay when they are empty.

    A projection: `on_hand` is the sum of the moves, `reserved` the sum of the open reservations (verify_ledgers).
    """

    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="balances", db_index=False)
    lot = models.ForeignKey(
        Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="+", db_index=False)
    on_hand = QuantityField(default=0, db_default=0)
    reserved = QuantityField(default=0, db_default=0)
    # A column and not a condition of the index: it seldom changes, so that most updates of a balance touch no index.
    has_free = models.GeneratedField(
        expression=Q(on_hand__gt=F("reserved")),  # type: ignore[arg-type]  # the stubs know no conditions here
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "lot", "location"], nulls_distinct=False, name="balance_once"),
            # Whatever the code believes: nothing is promised twice, and nothing is taken that is not there.
            models.CheckConstraint(condition=Q(reserved__gte=0), name="balance_reserved_not_negative"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="balance_reserved_on_hand"),
        ]
        indexes = [
            models.Index(fields=["factory", "id"], name="balance_of_factory"),
            models.Index(fields=["lot"], name="balance_of_lot", condition=Q(lot__isnull=False)),
            # lock_balances(free_of_items=…): rows stay when they are empty, and a serial number is a row of its own.
            models.Index(fields=["item"], name="balance_free", condition=Q(has_free=True)),
        ]

    def __str__(self) -> str:
        return f"{shortest(self.on_hand)} on hand, {shortest(self.reserved)} reserved"


class StockMove(models.Model):
    """One movement of stock, signed. Triggers refuse UPDATE, DELETE and TRUNCATE; a correction is a move of its own."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Received"
        PRODUCTION = "production", "Made by an order, or taken back as miscounted"
        CONSUMPTION = "consumption", "Used by an order as its BOM says"
        OVER_CONSUMPTION = "over_consumption", "Used by an order beyond its BOM, and recorded as such"
        RETURN = "return", "Given back by an order that had used it"
        ADJUSTMENT = "adjustment", "Counted anew"
        SHIPMENT = "shipment", "Shipped"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="+", db_index=False)
    balance = models.ForeignKey(StockBalance, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=20, choices=Kind, db_collation="C")
    quantity = EntryQuantityField()
    order = models.ForeignKey(
        "orders.ProductionOrder", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    component = models.ForeignKey(
        "orders.OrderComponent", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    entry = models.ForeignKey(
        "orders.QuantityEntry", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The report that booked it.",
    )  # fmt: skip
    run = models.ForeignKey(
        "orders.QuantityEntry", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The report whose pieces it concerns: the same, or an earlier one that is corrected.",
    )  # fmt: skip
    purchase_line = models.ForeignKey(
        "manufacturing.PurchaseOrderLine", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False, help_text="What had been ordered and came in.",
    )  # fmt: skip
    reason = models.CharField(max_length=500, null=True, blank=True)
    reference = models.CharField(max_length=200, null=True, blank=True, help_text="Such as a delivery note.")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=150)
    face = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="move_changes_something"),
            models.CheckConstraint(
                condition=Q(kind__in=["production", "adjustment"])
                | Q(kind__in=["receipt", "return"], quantity__gt=0)
                | Q(kind__in=["consumption", "over_consumption", "shipment"], quantity__lt=0),
                name="move_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(purchase_line__isnull=True) | Q(kind="receipt"), name="move_of_purchase_is_receipt"
            ),
        ]
        indexes = [
            models.Index(fields=["factory", "-id"], name="move_newest"),
            models.Index(fields=["order", "id"], name="move_of_order", condition=Q(order__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {shortest(self.quantity)}"


class Reservation(models.Model):
    """Stock that is promised to one component of an order. Gone when it is used or released."""

    component = models.ForeignKey(
        "orders.OrderComponent", on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    balance = models.ForeignKey(StockBalance, on_delete=models.PROTECT, related_name="reservations")
    quantity = QuantityField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["component", "balance"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        ]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} reserved"


class Shortage(models.Model):
    """What an order would have reserved but could not. When such stock arrives, those who wait are served in order."""

    component = models.OneToOneField(
        "orders.OrderComponent", on_delete=models.PROTECT, related_name="shortage", primary_key=True
    )
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="shortage_positive")]

    def __str__(self) -> str:
        return f"{shortest(self.quantity)} short"

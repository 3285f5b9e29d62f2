"""Bills of materials: what an item is made of, in versions that are never changed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import QuantityField, shortest


class Bom(models.Model):
    """One way of composing an item. What it says lies in its versions; `version` is the number of the current one."""

    class Type(models.TextChoices):
        MANUFACTURE = "manufacture", "Made here"
        PHANTOM = "phantom", "Kit, replaced by its parts"
        SUBCONTRACT = "subcontract", "Made by a subcontractor"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="boms", db_index=False)
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="boms", db_index=False)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=Type, default=Type.MANUFACTURE, db_collation="C")
    version = models.PositiveIntegerField(default=1)
    default = models.BooleanField(default=False, help_text="Taken by every face that names no BOM, and in explosions.")
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(default=True), name="bom_default_once"),
            models.CheckConstraint(condition=Q(default=False) | Q(retired_at__isnull=True), name="bom_default_in_use"),
            models.CheckConstraint(
                condition=Q(type__in=["manufacture", "phantom", "subcontract"]), name="bom_type_known"
            ),
        ]
        indexes = [
            models.Index(fields=["factory", "-id"], name="bom_newest", condition=Q(retired_at__isnull=True)),
            models.Index(fields=["item", "id"], name="bom_of_item"),
        ]

    def __str__(self) -> str:
        return self.name


class BomVersion(models.Model):
    """What a BOM said from some moment on. Orders keep the version they were made with; triggers refuse any change."""

    bom = models.ForeignKey(Bom, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=Bom.Type, db_collation="C")
    quantity = QuantityField(default=1, help_text="The batch that the components' amounts are for.")
    uom = models.CharField(max_length=40, blank=True, help_text="The unit's name as it was given.")
    change_reason = models.CharField(max_length=500, blank=True)
    made_by_id = models.CharField(max_length=80)
    made_by_name = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bom", "number"], name="bom_version_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="bom_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"


class BomComponent(models.Model):
    """A line of a BOM's version: so much of an item for one batch."""

    version = models.ForeignKey(BomVersion, on_delete=models.PROTECT, related_name="components", db_index=False)
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(help_text="Up to six decimals, whatever the item's unit allows.")
    uom = models.CharField(max_length=40, blank=True, help_text="The unit's name as it was given.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="bom_position_once"),
            models.UniqueConstraint(fields=["version", "item"], name="bom_component_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="bom_component_positive"),
        ]

    def __str__(self) -> str:
        return f"Line {self.position}: {shortest(self.quantity)}"


class BomOperation(models.Model):
    """A step on the floor that a BOM's version names. `workcenter` is the text as given, linked where it is a place."""

    version = models.ForeignKey(BomVersion, on_delete=models.PROTECT, related_name="operations", db_index=False)
    sequence = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    workcenter = models.CharField(max_length=200, blank=True)
    work_area = models.ForeignKey(
        "manufacturing.WorkArea", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    duration_minutes = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["version", "sequence"], name="bom_operation_once")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"

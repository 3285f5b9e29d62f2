"""Methods (routings): how an item is made, operation by operation."""

from django.db import models
from django.db.models.functions import Lower, Now

from factoryos.kernel.ids import uuid7


class Method(models.Model):
    """One way of making an item. At most one of an item's methods is its default."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.PROTECT, related_name="methods")
    item = models.ForeignKey("manufacturing.Item", on_delete=models.PROTECT, related_name="methods")
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=200)
    default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("factory", Lower("code"), name="method_code_once"),
            models.UniqueConstraint(fields=["item"], condition=models.Q(default=True), name="method_default_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Operation(models.Model):
    """A step of a method. `workcenter` is the text as given; a work area or machine is linked where one was named."""

    method = models.ForeignKey(Method, on_delete=models.CASCADE, related_name="operations")
    sequence = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    workcenter = models.CharField(max_length=200, blank=True)
    work_area = models.ForeignKey(
        "manufacturing.WorkArea", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    machine = models.ForeignKey(
        "manufacturing.Machine", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    duration_minutes = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "sequence"], name="operation_sequence_once")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"

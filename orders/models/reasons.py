"""Why production pauses: the codes that the interruptions report counts by."""

from django.db import models


class PauseReason(models.Model):
    """A reason with a stable code. Rows without a factory are the standard ones that every factory has."""

    factory = models.ForeignKey("kernel.Factory", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40, db_collation="C")
    label = models.CharField(max_length=100)
    sort = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["sort", "code"]
        constraints = [
            models.UniqueConstraint(fields=["factory", "code"], nulls_distinct=False, name="pause_reason_code_once")
        ]

    def __str__(self) -> str:
        return self.label

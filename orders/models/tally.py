"""How many orders a factory has in each state, known without counting them."""

from django.db import models


class OrderTally(models.Model):
    """A share of a count: the number of orders in (factory, state) is the sum of its rows.

    A trigger keeps it. It adds to whichever row is free (SKIP LOCKED) and makes a new one when none is, so that two
    orders made at once never wait for each other's count; a single row would queue them all.
    """

    factory = models.ForeignKey("kernel.Factory", on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=20, db_collation="C")
    orders = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["factory", "state"], name="tally_lookup")]

    def __str__(self) -> str:
        return f"{self.state}: {self.orders:+}"

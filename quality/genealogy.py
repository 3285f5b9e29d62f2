"""Reading genealogy: what went into a lot, and what came out of one. Run by run, as the ledger knows it."""

from decimal import Decimal
from typing import NamedTuple

from quality.models import Consumption, Output


class Link(NamedTuple):
    """So much of an item, of a lot or of none that is known, in one run (a quantity entry) of an order."""

    run_id: int
    order_id: int
    item_id: int
    lot_id: int | None
    quantity: Decimal


_COLUMNS = ("run_id", "order_id", "item_id", "lot_id", "quantity")


def inputs_of(lot_id: int, *, factory_id: int) -> list[Link]:
    """What the runs used that made pieces of this lot, run by run. A run that made several lots shows all it used."""
    runs = Output.objects.filter(lot_id=lot_id, factory_id=factory_id, quantity__gt=0).values("run_id")
    used = Consumption.objects.filter(run_id__in=runs, factory_id=factory_id, quantity__gt=0)
    return [Link(*row) for row in used.order_by("run_id", "item_id", "lot_id").values_list(*_COLUMNS)]


def outputs_of(lot_id: int, *, factory_id: int) -> list[Link]:
    """What the runs made that used something of this lot, run by run. What was taken back is no part of it."""
    runs = Consumption.objects.filter(lot_id=lot_id, factory_id=factory_id, quantity__gt=0).values("run_id")
    made = Output.objects.filter(run_id__in=runs, factory_id=factory_id, quantity__gt=0)
    return [Link(*row) for row in made.order_by("run_id", "item_id", "lot_id").values_list(*_COLUMNS)]

"""When an order will be finished, as far as anybody can say, and what that is judged by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from factoryos.kernel.quantities import shortest
from orders.sheet import Sheet
from orders.states import DONE, ENDED, RUNNING, State

FARTHEST = timedelta(days=3650)  # a pace that needs longer tells nothing


@dataclass(frozen=True, slots=True)
class Forecast:
    """An instant, or None where nothing can be said; `basis` says why in either case."""

    at: datetime | None
    basis: str


def forecast(order: Sheet, *, now: datetime) -> Forecast:
    """The finish of `order`: what was, else the pace since the actual start (pauses included), else the plan."""
    if order.state in DONE:
        return Forecast(order.actual_end, "finished")
    if order.state in ENDED:
        return Forecast(None, "cancelled")
    if order.holds:
        return Forecast(None, "on hold")
    if order.state in RUNNING and order.good >= order.target:
        return Forecast(now, "the target is reached")
    if order.state == State.IN_PRODUCTION and order.actual_start and order.actual_start < now and order.good > 0:
        return _by_pace(order, since=order.actual_start, now=now)
    if order.state == State.PAUSED:
        return Forecast(None, "paused")
    if order.planned_end is None:
        return Forecast(None, "no pace and no planned end yet")
    if order.planned_end <= now:
        return Forecast(None, "no pace yet, and the planned end has passed")
    return Forecast(order.planned_end, "as planned")


def _by_pace(order: Sheet, *, since: datetime, now: datetime) -> Forecast:
    elapsed = Decimal((now - since).total_seconds())
    needed = (order.target - order.good) * elapsed / order.good
    if needed > Decimal(FARTHEST.total_seconds()):
        return Forecast(None, "at the pace so far it would take years")
    pace = order.good * 3600 / elapsed
    pace = pace.quantize(Decimal("0.1") if pace < 100 else Decimal(1))  # nobody believes a tenth of many
    unit = f" {order.unit}" if order.unit else ""
    return Forecast(now + timedelta(seconds=float(needed)), f"at {shortest(pace)}{unit} an hour since the start")

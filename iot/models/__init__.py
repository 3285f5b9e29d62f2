"""Tables of iot."""

from iot.models.andon import AndonCall
from iot.models.polling import (
    Connection,
    CounterBaseline,
    CounterPoint,
    CountEvent,
    CountReview,
    PollShard,
)
from iot.models.states import Downtime, MachineStateInterval, PlannedDowntime, Shift
from iot.models.telemetry import TelemetrySample

__all__ = [
    "AndonCall",
    "Connection",
    "CountEvent",
    "CountReview",
    "CounterBaseline",
    "CounterPoint",
    "Downtime",
    "MachineStateInterval",
    "PlannedDowntime",
    "PollShard",
    "Shift",
    "TelemetrySample",
]

"""Tables of iot."""

from iot.models.andon import AndonCall
from iot.models.states import Downtime, MachineStateInterval, PlannedDowntime, Shift
from iot.models.telemetry import TelemetrySample

__all__ = ["AndonCall", "Downtime", "MachineStateInterval", "PlannedDowntime", "Shift", "TelemetrySample"]

"""The polling engine: many buses on one event loop, each read on time, none at the cost of another.

It knows no database. Buses go in (`Engine.set_buses`); samples and changes of health come out through two callbacks.
"""

from iot.engine.engine import Engine
from iot.engine.health import Health, HealthChange
from iot.engine.stats import Stats

__all__ = ["Engine", "Health", "HealthChange", "Stats"]

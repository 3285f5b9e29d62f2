"""Pages of machines: what is polled and what was counted, when the factory works, and what machines told."""

from factoryos.supervision.iot import at_work, connections, counts, points, shifts

__all__ = ["at_work", "connections", "counts", "points", "shifts"]

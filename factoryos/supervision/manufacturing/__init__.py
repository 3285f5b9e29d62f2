"""Pages of manufacturing: what is set up once, what things are made of, and what lies in stock."""

from factoryos.supervision.manufacturing import boms, catalogue, stock

__all__ = ["boms", "catalogue", "stock"]

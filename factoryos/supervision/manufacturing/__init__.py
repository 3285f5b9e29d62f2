"""Pages of manufacturing: what is set up once, what things are made of, what is bought, and what lies in stock."""

from factoryos.supervision.manufacturing import boms, catalogue, images, items, purchasing, stock

__all__ = ["boms", "catalogue", "images", "items", "purchasing", "stock"]

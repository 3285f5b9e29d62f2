"""Tables of manufacturing."""

from manufacturing.models.items import Item
from manufacturing.models.methods import Method, Operation
from manufacturing.models.places import Machine, WorkArea

__all__ = ["Item", "Machine", "Method", "Operation", "WorkArea"]

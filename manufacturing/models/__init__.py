"""Tables of manufacturing."""

from manufacturing.models.boms import Bom, BomComponent, BomOperation, BomVersion
from manufacturing.models.items import Item
from manufacturing.models.methods import Method, Operation
from manufacturing.models.places import Machine, WorkArea
from manufacturing.models.stock import (
    MAIN,
    Lot,
    Reservation,
    Shortage,
    StockBalance,
    StockLocation,
    StockMove,
)

__all__ = [
    "MAIN",
    "Bom",
    "BomComponent",
    "BomOperation",
    "BomVersion",
    "Item",
    "Lot",
    "Machine",
    "Method",
    "Operation",
    "Reservation",
    "Shortage",
    "StockBalance",
    "StockLocation",
    "StockMove",
    "WorkArea",
]

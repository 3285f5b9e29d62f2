"""Tables of manufacturing."""

from manufacturing.models.boms import Bom, BomComponent, BomOperation, BomVersion
from manufacturing.models.items import Item, ItemImage
from manufacturing.models.methods import Method, Operation
from manufacturing.models.places import Machine, WorkArea
from manufacturing.models.purchasing import PurchaseOrder, PurchaseOrderLine, Supplier
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
    "ItemImage",
    "Lot",
    "Machine",
    "Method",
    "Operation",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Reservation",
    "Shortage",
    "StockBalance",
    "StockLocation",
    "StockMove",
    "Supplier",
    "WorkArea",
]

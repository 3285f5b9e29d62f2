"""Tables of the core."""

from orders.models.assignment import Assignment, WorkOrder
from orders.models.component import OrderComponent
from orders.models.customer_order import CustomerOrder, CustomerOrderRow
from orders.models.facts import OrderFacts
from orders.models.history import OrderEvent, Seal, SealLeaf
from orders.models.ingest import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from orders.models.ledger import QuantityEntry
from orders.models.note import Note
from orders.models.order import OrderLine, ProductionOrder
from orders.models.reasons import PauseReason
from orders.models.tally import OrderTally

__all__ = [
    "Assignment",
    "CustomerOrder",
    "CustomerOrderRow",
    "IngestFailedRow",
    "IngestHead",
    "IngestRequest",
    "ManufacturingOrderVersion",
    "Note",
    "OrderComponent",
    "OrderEvent",
    "OrderFacts",
    "OrderLine",
    "OrderTally",
    "PauseReason",
    "ProductionOrder",
    "QuantityEntry",
    "Seal",
    "SealLeaf",
    "WorkOrder",
]

"""Who may do what in which table of the admin. A table that is not here fails the build."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

from factoryos.kernel.models import (
    ApiKey,
    Counter,
    Factory,
    Membership,
    OutboxMessage,
    RateBucket,
    RememberedAnswer,
    User,
    UserToken,
)
from iot.models import (
    AndonCall,
    Connection,
    CounterBaseline,
    CounterPoint,
    CountEvent,
    CountReview,
    Downtime,
    MachineStateInterval,
    PlannedDowntime,
    PollShard,
    Shift,
    TelemetrySample,
)
from manufacturing.models import (
    Bom,
    BomComponent,
    BomOperation,
    BomVersion,
    Item,
    ItemImage,
    Lot,
    Machine,
    Method,
    Operation,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    Shortage,
    StockBalance,
    StockLocation,
    StockMove,
    Supplier,
    WorkArea,
)
from orders.models import (
    Assignment,
    CustomerOrder,
    CustomerOrderRow,
    IngestFailedRow,
    IngestHead,
    IngestRequest,
    Note,
    OrderComponent,
    OrderEvent,
    OrderFacts,
    OrderLine,
    OrderTally,
    PauseReason,
    ProductionOrder,
    QuantityEntry,
    Seal,
    SealLeaf,
    WorkOrder,
)
from quality.models import Consumption, Hold, Output, Verification

BulkOperation, BulkRow, Preferences, SavedView = (
    apps.get_model("ops", name) for name in ("BulkOperation", "BulkRow", "Preferences", "SavedView")
)


@dataclass(frozen=True)
class Rights:
    """Whose the table is, and what a supervisor, or a keeper alone, may do in it."""

    supervisors: bool
    writes: str = ""  # of add, change, delete; by supervisors
    keepers: str = ""  # by keepers


_MASTER = Rights(True, "add change delete", "add change delete")
_SHOWN, _KEEPERS = Rights(True), Rights(False)

RIGHTS: dict[type[Model], Rights] = {
    Factory: Rights(True, "change", "add change"),
    User: Rights(True, "", "add change"),
    Membership: _MASTER,
    ApiKey: Rights(True, "add change", "add change"),
    PauseReason: Rights(True, "add change", "add change"),
    Item: _MASTER, WorkArea: _MASTER, Machine: _MASTER, Method: _MASTER, Operation: _SHOWN,
    StockLocation: Rights(True, "add change", "add change"),
    Bom: _SHOWN, BomVersion: _SHOWN, BomComponent: _SHOWN, BomOperation: _SHOWN, Lot: _SHOWN, StockBalance: _SHOWN,
    StockMove: _SHOWN, Reservation: _SHOWN, Shortage: _SHOWN, OrderComponent: _SHOWN, Consumption: _SHOWN, Output: _SHOWN,
    MachineStateInterval: _SHOWN, Downtime: _SHOWN, PlannedDowntime: _SHOWN, Shift: _MASTER, AndonCall: _SHOWN,
    TelemetrySample: _SHOWN, Connection: Rights(True, "add change", "add change"),
    CounterPoint: Rights(True, "add change", "add change"), CounterBaseline: _SHOWN, CountEvent: _SHOWN,
    CountReview: _SHOWN, PollShard: _KEEPERS,
    SavedView: Rights(True, "delete", "delete"),
    ProductionOrder: _SHOWN, OrderLine: _SHOWN, Assignment: _SHOWN, WorkOrder: _SHOWN, OrderEvent: _SHOWN,
    QuantityEntry: _SHOWN, Note: _SHOWN, OrderTally: _SHOWN, Hold: _SHOWN, Verification: _SHOWN, BulkOperation: _SHOWN,
    BulkRow: _SHOWN, Supplier: _MASTER, PurchaseOrder: Rights(True, "add", "add"), PurchaseOrderLine: _SHOWN,
    ItemImage: _SHOWN, CustomerOrder: _SHOWN, CustomerOrderRow: _SHOWN, OrderFacts: _SHOWN,
    IngestHead: _SHOWN, IngestFailedRow: _SHOWN, IngestRequest: _KEEPERS,
    UserToken: _SHOWN, OutboxMessage: _KEEPERS, RememberedAnswer: _KEEPERS, RateBucket: _KEEPERS, Counter: _KEEPERS,
    Seal: _KEEPERS, SealLeaf: _KEEPERS, Preferences: _KEEPERS,
}  # fmt: skip

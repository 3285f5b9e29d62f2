"""What callers hand to the verbs: small typed values, checked for shape by the face, for sense by the verb."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from manufacturing.models import BomVersion, Item, Machine, WorkArea


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to be made: what, how many pieces or units of it, and by which BOM (none: the item's default one)."""

    item: Item
    target: Decimal
    variant: str | None = None
    bom_version: BomVersion | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of an order's quantity given to one machine, or to a work area; without a quantity, all of it."""

    quantity: Decimal | None = None
    machine: Machine | None = None
    work_area: WorkArea | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How much more than the target may be made: strict, tolerance (with a percentage) or unlimited."""

    name: str = "unlimited"
    tolerance_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Pieces counted, signed. A negative number makes it a correction."""

    good: Decimal
    rejected: Decimal

    @property
    def produced(self) -> Decimal:
        return self.good + self.rejected

    @property
    def is_correction(self) -> bool:
        return self.good < 0 or self.rejected < 0 or self.produced < 0


@dataclass(frozen=True, slots=True)
class ConsumedLot:
    """A component lot that a reporter names as used, and how much of it. In a traced run `lot_id` 0 says that the item
    has no lot of that number, for the verb to refuse in its turn.
    """

    item_id: int
    item_uuid: UUID
    sku: str
    lot_id: int
    lot_number: str
    quantity: Decimal

    def told(self) -> dict[str, Any]:
        """As the ledger's entry keeps it and the faces show it."""
        return {"productId": self.item_uuid, "sku": self.sku, "lotNumber": self.lot_number, "quantity": self.quantity}


@dataclass(frozen=True, slots=True)
class PartUse:
    """What a reporter says that a run used of one component: how much in all (None: what the BOM says), and which lots.

    The lots named are part of the total, which is never less than their sum.
    """

    item_id: int
    total: Decimal | None = None
    lots: tuple[ConsumedLot, ...] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """A run told exactly: what is named is taken exactly, or the whole report is refused.

    `limited`: over all runs no component's use passes what the ordered amount takes.
    """

    parts: tuple[PartUse, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """Where good pieces go: into a lot, or each under its serial number; else into stock that has no lots."""

    lot_number: str | None = None
    serial_numbers: tuple[str, ...] = ()
    best_before: datetime | None = None
    barcode: str | None = None  # of the lot, or of the one serial number


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known of a report: where, when, into which lot, from which component lots."""

    line_id: int | None = None
    machine_id: int | None = None
    work_order_id: int | None = None
    lot_number: str | None = None
    serial_numbers: tuple[str, ...] = ()
    consumed_lots: tuple[ConsumedLot, ...] = ()
    best_before: datetime | None = None
    barcode: str | None = None
    serial_label: str | None = None  # told of pieces that are not kept by number
    occurred_at: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class LineCount:
    """The verified split of one line."""

    line_id: int
    good: Decimal
    rejected: Decimal


@dataclass(frozen=True, slots=True)
class Warned:
    """Something worth saying that refuses nothing: a code, a sentence and the facts."""

    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)

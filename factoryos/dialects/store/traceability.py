"""One traced run of an article: what is sent as the core's words for it, and the core's refusals as places in what was sent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import Values, invalid
from factoryos.dialects.store import naming
from factoryos.dialects.store.states import Command, follow, path_of, require_open
from factoryos.dialects.store.wording import placed
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Item
from manufacturing.problems import LotMissing, LotShort
from orders import actions
from orders.materials.ahead import ReportAhead, writing
from orders.models import OrderLine, ProductionOrder
from orders.problems import NotAPart, OverLimit, SerialsIncomplete
from orders.specs import Circumstances, ConsumedLot, Count, Made, PartUse, Traced

_PARTS = "partTraceability"
_ONE = Decimal(1)


def book(order: ProductionOrder, article_id: str, values: Values, *, waste: Decimal, by: Actor) -> None:
    """Book one run on top of what a line of a locked order has; the first one starts production.

    `article_id` is the rest of the path. Problems: NotOpen; NotFound (no such line); Invalid; whatever refuses the run.
    """
    require_open(order)
    line = naming.line_in_path(order, article_id)
    count = Count(values.get("amount") or ZERO, waste)
    _require_sense(line, values, count=count)
    parts = _Parts(values.get("part_traceability") or [])
    traced = Traced(parts.read(by=by), limited=bool(values.get("limit_part_amounts")))
    where = _circumstances(order, line, values)
    made = Made(where.lot_number, where.serial_numbers, where.best_before, where.barcode)
    ahead = ReportAhead(line, count.good, made, [lot.lot_id for part in traced.parts for lot in part.lots])
    with writing(order, by=by, verbs=[*path_of(Command.BOOK, order), "report"], report=ahead):
        follow(Command.BOOK, order, by=by)
        with parts.in_place():
            actions.report(order_id=order.pk, by=by, count=count, where=where, traced=traced)


def _require_sense(line: OrderLine, values: Values, *, count: Count) -> None:
    if values.get("article_id") not in (None, line.item.sku):
        raise invalid([Fault("articleId", "articleId must be that of the path")])
    if not count.produced:
        raise invalid([Fault("amount", "amount and waste must not both be 0")])
    if line.item.tracking != Item.Tracking.SERIAL:
        return
    serial = values.get("serial")
    if count.good and not serial:
        raise invalid([Fault("serial", "serial should not be empty, as the article is kept by serial")])
    if (count.good or serial) and count.good != _ONE:
        raise invalid([Fault("amount", "amount must be 1 for one serial")])


def _circumstances(order: ProductionOrder, line: OrderLine, values: Values) -> Circumstances:
    """Where the good units go: under their serial, or into their batch; a serial of what has none is a label of the run."""
    batch, serial = values.get("batch") or None, values.get("serial") or None
    best_before, barcode = values.get("best_before"), values.get("barcode") or None
    tracking = line.item.tracking
    numbered = tracking == Item.Tracking.SERIAL and serial is not None
    if batch is None and not numbered and (tracking == Item.Tracking.LOT or best_before or barcode):
        batch = naming.default_batch(order)
    return Circumstances(
        line_id=line.pk,
        lot_number=batch,
        serial_numbers=(serial,) if numbered and serial else (),
        serial_label=None if numbered else serial,
        best_before=best_before,
        barcode=barcode,
    )


@dataclass(slots=True)
class _Parts:
    """partTraceability as it is sent, and what of it the core may refuse by item or by lot."""

    rows: Sequence[Values]
    place_of_part: dict[int, str] = field(default_factory=dict)
    place_of_lot: dict[tuple[int, str], str] = field(default_factory=dict)

    @exactly()
    def read(self, *, by: Actor) -> tuple[PartUse, ...]:
        """What was used of each part. Problems: Invalid (unknown, or named twice); LotMissing, in its place."""
        self._require_once()
        items = naming.articles(
            {row["article_id"]: f"{_PARTS}.{place}.articleId" for place, row in enumerate(self.rows)}, by=by
        )
        by_item = [(items[row["article_id"]], row) for row in self.rows]
        batches = {item.pk: [batch["batch_id"] for batch in row.get("batches") or []] for item, row in by_item}
        serials = {item.pk: _serials(row) for item, row in by_item}
        known_batches = naming.batches_of(batches, serial=False)
        known_serials = naming.batches_of(serials, serial=True)
        uses = []
        for place, (item, row) in enumerate(by_item):
            at = self.place_of_part[item.pk] = f"{_PARTS}[{place}]"
            lots = self._batches(item, row, at=at, known=known_batches) + self._serials(
                item, row, at=at, known=known_serials
            )
            uses.append(PartUse(item_id=item.pk, total=row.get("amount"), lots=tuple(lots)))
        return tuple(uses)

    def _require_once(self) -> None:
        """A part, and a serial of it, is told of in one place: two could contradict each other."""
        seen: set[str] = set()
        for place, row in enumerate(self.rows):
            if row["article_id"] in seen:
                raise invalid([Fault(f"{_PARTS}.{place}.articleId", f"{_PARTS}.{place}.articleId is named twice")])
            seen.add(row["article_id"])
            told: set[str] = set()
            for number, serial in enumerate(row.get("serial") or []):
                if serial in told:
                    at = f"{_PARTS}.{place}.serial.{number}"
                    raise invalid([Fault(at, f"{at} is named twice")])
                told |= {serial} if serial else set()

    def _batches(self, item: Item, row: Values, *, at: str, known: dict[tuple[int, str], int]) -> list[ConsumedLot]:
        """What is named of each batch; the same one in several rows is one, with their sum."""
        amounts: dict[str, Decimal] = {}
        for number, batch in enumerate(row.get("batches") or []):
            code, amount = batch["batch_id"], batch["amount"]
            if (item.pk, code) not in known:
                raise _missing(item, code, wanted=amount, at=f"{at}.batches[{number}].batchId")
            self.place_of_lot[item.pk, code] = f"{at}.batches[{number}].amount"
            amounts[code] = amounts.get(code, ZERO) + amount
        return [_lot(item, code, known[item.pk, code], amount) for code, amount in amounts.items() if amount]

    def _serials(self, item: Item, row: Values, *, at: str, known: dict[tuple[int, str], int]) -> list[ConsumedLot]:
        lots = []
        for number, code in enumerate(row.get("serial") or []):
            if code is None:
                continue
            place = self.place_of_lot[item.pk, code] = f"{at}.serial[{number}]"
            if (item.pk, code) not in known:
                raise _missing(item, code, wanted=_ONE, at=place)
            lots.append(_lot(item, code, known[item.pk, code], _ONE))
        return lots

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Tell what the run is refused for with the place that named it."""
        try:
            yield
        except (LotMissing, LotShort) as problem:
            raise placed(problem, self._of_lot(problem.data)) from None
        except NotAPart as problem:
            raise placed(problem, self._of_part(problem.data, "articleId")) from None
        except SerialsIncomplete as problem:
            raise placed(problem, self._of_part(problem.data, "serial")) from None
        except OverLimit as problem:
            raise placed(problem, self._of_part(problem.data, "amount")) from None

    def _of_lot(self, data: Any) -> str:
        return self.place_of_lot.get((data["item_id"], data["lot"])) or self._of_part(data, "batches")

    def _of_part(self, data: Any, name: str) -> str:
        place = self.place_of_part.get(data["item_id"])
        return f"{place}.{name}" if place else _PARTS


def _serials(row: Values) -> list[str]:
    return [serial for serial in row.get("serial") or [] if serial is not None]


def _lot(item: Item, code: str, lot_id: int, quantity: Decimal) -> ConsumedLot:
    return ConsumedLot(
        item_id=item.pk, item_uuid=item.uuid, sku=item.sku, lot_id=lot_id, lot_number=code, quantity=quantity
    )


def _missing(item: Item, code: str, *, wanted: Decimal, at: str) -> LotMissing:
    return placed(LotMissing(item_id=item.pk, sku=item.sku, lot=code, wanted=wanted), at)

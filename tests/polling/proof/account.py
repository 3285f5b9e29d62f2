"""The account of what presses made: every piece booked, flagged, or not a whole piece yet; asked after every step."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from iot.models import CounterBaseline, CountEvent, CountReview
from orders.models import QuantityEntry
from orders.proof_of_history import Counted, first_fault
from orders.proof_of_ledgers import faults
from tests.polling.proof.lines import Line, Role
from tests.polling.proof.pollers import BASE, SECOND

ZERO = Decimal(0)


class Wrong(AssertionError):
    """A piece was lost or invented."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Pieces, of all presses together. `lost` went with the counters that were set back. `digest` is of all events."""

    made: Decimal
    booked: Decimal
    unassigned: Decimal
    flagged: Decimal
    unfinished: Decimal
    lost: Decimal
    digest: str

    def told(self) -> dict[str, str]:
        pieces = {
            "pieces made": self.made, "booked on orders": self.booked, "without an order": self.unassigned,
            "flagged for a person": self.flagged, "not yet a whole piece": self.unfinished,
            "gone with a counter set back": self.lost,
        }  # fmt: skip
        return {
            name: f"{number:,f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:,f}"
            for name, number in pieces.items()
        } | {"digest": self.digest}


class Account:
    """What the counter ledger says of each point, brought up to date by reading what is new in it."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._last = 0
        self._digest = hashlib.sha256()
        self.booked: dict[int, Decimal] = defaultdict(Decimal)
        self.unassigned: dict[int, Decimal] = defaultdict(Decimal)
        self.flagged: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)  # by machine: when (ns), pieces
        self._flagged: dict[int, Decimal] = defaultdict(Decimal)  # by point
        self.kinds: dict[str, int] = defaultdict(int)

    @property
    def digest(self) -> str:
        """Of all that the counter ledger says so far."""
        return self._digest.hexdigest()[:16]

    def require_nothing_invented(self) -> None:
        """Read what is new. Problem: Wrong, where more was booked than made."""
        columns = ("pk", "machine_id", "point_id", "kind", "raw", "pieces", "flagged", "at", "entry_id")
        for pk, machine, point, kind, raw, pieces, flagged, at, entry in (
            CountEvent.objects.filter(pk__gt=self._last).order_by("pk").values_list(*columns)
        ):  # fmt: skip
            self._last = pk
            self.kinds[kind] += 1
            self.booked[point] += pieces
            self._flagged[point] += flagged
            if entry is None:
                self.unassigned[point] += pieces
            if flagged:
                self.flagged[machine].append((round((at - BASE).total_seconds() * SECOND), flagged))
            self._digest.update(f"{kind} {raw} {pieces.normalize()} {flagged.normalize()} {at} {not entry};".encode())
        for line in self._lines:
            for role, true in line.true().items():
                if self.booked[line.points[role]] > true * line.make.scale:
                    raise Wrong(
                        f"{line.make.name}: {self.booked[line.points[role]]} {role} booked, {true} cycles were made"
                    )

    def require_nothing_lost(self) -> Sums:
        """The whole account at the end. Problem: Wrong, with all that is."""
        self.require_nothing_invented()
        carry = dict(CounterBaseline.objects.values_list("point_id", "carry"))
        wrong, made, lost = [], ZERO, ZERO
        for line in self._lines:
            for role, true in line.true().items():
                point = line.points[role]
                told = self.booked[point] + self._flagged[point] + carry[point]
                missing = true * line.make.scale - told
                if missing and not line.make.forgets:
                    wrong.append(f"{line.make.name}: of {true} cycles ({role}) {missing} pieces are missing")
                if role != Role.REJECT and carry[point] >= 1:
                    wrong.append(f"{line.make.name}: {carry[point]} pieces wait and should not")
                if self._tells_pieces(line, role):
                    made, lost = made + true * line.make.scale, lost + missing
        producing = [
            line.points[role] for line in self._lines for role in line.points if self._tells_pieces(line, role)
        ]
        sums = Sums(
            made, sum((self.booked[point] - self.unassigned[point] for point in producing), ZERO),
            sum((self.unassigned[point] for point in producing), ZERO),
            sum((self._flagged[point] for point in producing), ZERO),
            sum((carry[point] for point in producing), ZERO), lost, self.digest,
        )  # fmt: skip
        wrong += self._orders(sums)
        if wrong:
            raise Wrong("\n".join(wrong))
        return sums

    def _tells_pieces(self, line: Line, role: Role) -> bool:
        """Where a press counts all pieces, its rejects are among them."""
        return role == Role.TOTAL or Role.TOTAL not in line.points

    def _orders(self, sums: Sums) -> list[str]:
        """What orders, ledgers, history and reviews say to it."""
        wrong = []
        entries = QuantityEntry.objects.aggregate(
            good=Sum("good", default=ZERO), rejected=Sum("rejected", default=ZERO)
        )
        if entries["good"] + entries["rejected"] != sums.booked:
            wrong.append(f"orders have {entries['good'] + entries['rejected']}, the counters say {sums.booked}")
        told = CountReview.objects.aggregate(pieces=Sum("pieces", default=ZERO))["pieces"]
        if told != sum(self._flagged.values()):
            wrong.append(f"{told} pieces wait for a person, {sum(self._flagged.values())} were flagged")
        wrong += [str(fault) for fault in faults()]  # as `manage.py verify_ledgers` and `verify_history` do
        if (fault := first_fault(factory_id=None, counted=Counted())) is not None:
            wrong.append(str(fault))
        return wrong

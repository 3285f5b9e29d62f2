"""Orders that come and go on the presses, and what each press truly made in the runs of each."""

import random
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Sum

from orders import actions
from orders.models import OrderEvent, ProductionOrder, QuantityEntry
from tests.orders.stage import Stage
from tests.polling.proof.lines import Line
from tests.polling.proof.pollers import Instant, Mark


@dataclass(slots=True)
class _Boundary:
    """A run's beginning or end at an instant (ns), with the cycles made by then; whether a reading was made for it."""

    at: int
    made: int
    is_read: bool = False


@dataclass(slots=True)
class _Press:
    """A press and the order on it. `heard` are the true answers that were booked, each with the instant of that."""

    line: Line
    order: ProductionOrder | None = None
    runs: bool = False
    heard: list[tuple[Mark, int]] = field(default_factory=list)
    of_orders: dict[int, list[_Boundary]] = field(default_factory=dict)


class Floor:
    """`read_for` asks the pollers for a reading; the word of a start or stop does not always reach them."""

    def __init__(
        self, stage: Stage, lines: list[Line], *, chance: random.Random, now: Instant, tally: "Tally[str]",
        read_for: Callable[..., None],
    ) -> None:  # fmt: skip
        self._stage, self._chance, self._now, self._tally, self._read_for = stage, chance, now, tally, read_for
        self._presses = {line.machine_id: _Press(line) for line in lines}

    def heard(self, line: Line, mark: Mark) -> None:
        self._presses[line.machine_id].heard.append((mark, self._now()))

    def something_happens(self) -> None:
        """On one press an order starts, is paused, goes on or is completed."""
        press = self._chance.choice(list(self._presses.values()))
        machine = press.line.machine
        if press.order is None:
            order = self._stage.scheduled(10_000, on=[machine])
            self._bound(press, "start", lambda: self._stage.do(actions.start, order), order=order, runs=True)
        elif self._chance.random() < 0.25:
            order, runs = press.order, press.runs
            self._bound(press, "complete", lambda: self._stage.do(actions.complete, order), order=None, ends=runs)
        elif press.runs:
            order = press.order
            verb = lambda: self._stage.do(actions.pause, order, reason="tool_change")  # noqa: E731
            self._bound(press, "pause", verb, order=order, ends=True)
        else:
            order = press.order
            self._bound(press, "resume", lambda: self._stage.do(actions.resume, order), order=order, runs=True)

    def _bound(
        self, press: _Press, word: str, verb: Callable[[], ProductionOrder], *, order: ProductionOrder | None,
        runs: bool = False, ends: bool = False,
    ) -> None:  # fmt: skip
        done, instant = verb(), self._now.utc()
        self._tally[word] += 1
        press.order, press.runs = order, runs
        if not (runs or ends):
            return
        boundary = _Boundary(self._now(), press.line.produced())
        press.of_orders.setdefault(done.pk, []).append(boundary)
        self._now.wait(self._chance.uniform(0.02, 0.06))
        if self._chance.random() < 0.8:
            before = len(press.heard)
            self._read_for(press.line, instant)
            if len(press.heard) > before:
                boundary.is_read = word != "complete"  # which takes no pieces any more, whenever they were made
                self._tally["boundary read"] += 1

    def faults(self, flagged: dict[int, list[tuple[int, Decimal]]]) -> list[str]:
        """Orders that have not what the press made in their runs, within what the sampling cannot tell."""
        sums = QuantityEntry.objects.values("order_id").annotate(good=Sum("good"), rejected=Sum("rejected"))
        booked = {row["order_id"]: row["good"] + row["rejected"] for row in sums}
        found = []
        for press in self._presses.values():
            for order_id, boundaries in press.of_orders.items():
                has = booked.pop(order_id, Decimal(0))
                least, most = self._within(press, boundaries, flagged.get(press.line.machine_id, []))
                if not least <= has <= most:
                    found.append(f"order {order_id} on {press.line.make.name} has {has}, not {least} to {most}")
        return found + [f"order {order_id} has {has} and never ran" for order_id, has in booked.items() if has]

    def _within(
        self, press: _Press, boundaries: list[_Boundary], flagged: list[tuple[int, Decimal]]
    ) -> tuple[Decimal, Decimal]:
        made = sum(end.made - begin.made for begin, end in zip(boundaries[::2], boundaries[1::2], strict=False))
        if len(boundaries) % 2:
            made += press.line.produced() - boundaries[-1].made
        scale = press.line.make.scale
        slack = sum(self._slack(press, boundary) for boundary in boundaries) * scale + 1
        doubts = sum((pieces for at, pieces in flagged if at >= boundaries[0].at), Decimal(0))
        least = Decimal(0) if press.line.make.forgets else made * scale - slack - doubts
        return least, made * scale + slack

    def _slack(self, press: _Press, boundary: _Boundary) -> int:
        """Cycles near a boundary of which the readings do not say on which side of it they were made."""
        jitter = 2 + round(press.line.max_rate * 0.2)
        if boundary.is_read:
            return jitter
        before = max((mark.made for mark, booked_at in press.heard if booked_at < boundary.at), default=0)
        after = min((mark.made for mark, _ in press.heard if mark.at >= boundary.at), default=press.line.produced())
        return after - before + jitter

    def events(self) -> int:
        return OrderEvent.objects.count()

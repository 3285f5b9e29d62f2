"""One statement and the order that is to follow it: what was found, what has been done so far, and what stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO
from orders.bulk_history import Step, Story
from orders.models import OrderComponent, OrderLine, ProductionOrder, QuantityEntry
from orders.statements import Followed, Outcome, Statement

LONGEST_REASON = 500
IMPORTED = "ingested version"  # the reason that the history gives for what verbs want one for


class Waits(Exception):
    """Something must happen here before the order can go on. `elsewhere`: on another order, which tells nobody."""

    def __init__(self, reason: str, *, elsewhere: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.elsewhere = reason, elsewhere


class Contradicts(Exception):
    """The statement says what the order can no longer take: no further step of it makes sense."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Case:
    """A statement beside its order, as it was read under the order's lock; `story` grows with every step."""

    statement: Statement
    now: datetime
    story: Story
    kept: Mapping[str, Any] = field(default_factory=dict)  # what the face keeps of the order
    share: Decimal = ZERO  # good pieces that statements have booked so far
    entangled: bool = False  # machines, begun operations or reserved stock hang on it
    components: list[OrderComponent] = field(default_factory=list)  # of a new order
    facts: dict[str, Any] | None = None  # what the face is to keep, where that changed
    entry: QuantityEntry | None = None
    target: Decimal | None = None  # of the line, where it changed
    was_awaited: bool = False
    conflicts: list[str] = field(default_factory=list)
    waits_for: str | None = None
    look_again: bool = False
    booked: bool = False

    @property
    def order(self) -> ProductionOrder:
        return self.story.order

    @property
    def line(self) -> OrderLine:
        return self.story.line

    @property
    def by(self) -> Actor:
        return self.statement.by

    @property
    def is_new(self) -> bool:
        return self.story.state is None

    def add(self, step: Step) -> None:
        """A step that was made: the history says that it was the sender's, and not ours."""
        step.data["imported"] = True
        self.story.steps.append(step)

    def outcome(self) -> Outcome:
        """What became of it. Whoever waits is looked at again, and may find the conflict still there."""
        result = Followed.WAITING if self.waits_for else Followed.CONFLICT if self.conflicts else Followed.DONE
        return Outcome(
            head_id=self.statement.head_id, result=result, order_id=self.order.pk,
            reason=self._reason(), booked=self.booked, look_again=self.look_again,
        )  # fmt: skip

    def _reason(self) -> str | None:
        """What it waits for is not cut off by what is said before it: the next look asks for it."""
        told, waits = "; ".join(self.conflicts), self.waits_for or ""
        room = max(LONGEST_REASON - len(waits) - 2, 0) if waits else LONGEST_REASON
        return "; ".join(part for part in (told[:room], waits) if part)[:LONGEST_REASON] or None

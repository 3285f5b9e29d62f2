"""What would come of an action on a selection: counted by groups in one statement, judged by the table of life itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.ops.bulk.actions import Action
from orders.models import ProductionOrder
from orders.models.life import no_open_hold, verification_not_required
from orders.moves import table
from orders.states import ENDED, State

SAMPLES = 3  # orders shown of each group

# Orders alike in all that decides. A machine is "taken" when another order runs on one that this order is planned on.
_GROUPS = """
    SELECT state, held, priority, taken, count(*), (array_agg(ARRAY[uuid::text, reference] ORDER BY id))[1:%s]
    FROM (
        SELECT o.id, o.uuid, o.reference, o.state, o.open_holds > 0 AS held, o.priority, %s AND EXISTS (
            SELECT 1 FROM orders_assignment AS mine JOIN orders_assignment AS theirs
                ON theirs.machine_id = mine.machine_id AND theirs.active AND theirs.order_id <> o.id
            WHERE mine.order_id = o.id) AS taken
        FROM orders_productionorder AS o WHERE o.factory_id = %s AND o.id = ANY(%s)
    ) AS one
    GROUP BY state, held, priority, taken ORDER BY count(*) DESC, state
"""


class Sample(NamedTuple):
    uuid: UUID
    reference: str
    state: str
    held: bool


@dataclass(slots=True)
class Lot:
    """Orders for which the same is true. `why` is empty for those that can."""

    why: str
    skipped: bool
    count: int
    samples: list[Sample]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`reasons`: those that cannot or need not, the largest group first."""

    total: int
    can: int
    reasons: Sequence[Lot]
    samples: Sequence[Sample]

    @property
    def cannot(self) -> int:
        return self.total - self.can


def forecast(action: Action, ids: Sequence[int], *, by: Actor, parameters: Mapping[str, Any]) -> Forecast:
    """One query, whatever the number of orders. The verb decides again when it comes to it."""
    groups = _groups(ids, machines=action.takes_machines, by=by)
    return _judged(action, groups, by=by, parameters=parameters)


def forecasts(actions: Sequence[Action], ids: Sequence[int], *, by: Actor) -> list[tuple[Action, Forecast]]:
    """The same for several actions, from the same one query."""
    groups = _groups(ids, machines=False, by=by)
    return [(action, _judged(action, groups, by=by, parameters={})) for action in actions]


def _groups(ids: Sequence[int], *, machines: bool, by: Actor) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [SAMPLES, machines, by.factory.id, list(ids)])
        return cursor.fetchall()


def _judged(action: Action, groups: Sequence[tuple[Any, ...]], *, by: Actor, parameters: Mapping[str, Any]) -> Forecast:
    can: Lot = Lot("", False, 0, [])
    lots: dict[str, Lot] = {}
    for state, held, priority, taken, count, found in groups:
        why, skipped = _why_not(action, state=state, held=held, by=by)
        if not why and action.name == "priority" and priority == parameters.get("priority"):
            why, skipped = f"{ProductionOrder.Priority(priority).label.lower()} already", True
        if not why and taken:
            why = "on a machine that runs another order"
        lot = lots.setdefault(why, Lot(why, skipped, 0, [])) if why else can
        lot.count += count
        lot.samples += [Sample(UUID(uuid), reference, state, held) for uuid, reference in found]
    reasons = sorted(lots.values(), key=lambda lot: -lot.count)
    return Forecast(can.count + sum(lot.count for lot in reasons), can.count, reasons, can.samples)


def _why_not(action: Action, *, state: str, held: bool, by: Actor) -> tuple[str, bool]:
    """(what stands against it, whether there is merely nothing to do); ("", False) if nothing does."""
    if action.life is None:
        return "", False
    label, sources = State(state).label.lower(), table()[action.life]
    transition = sources.get(state)
    if transition is None:
        targets = {str(move.target) for move in sources.values() if move.target}
        if targets == {state}:
            return f"already {label}", True
        return (f"{label} and over" if state in ENDED else label), False
    order = ProductionOrder(state=state, open_holds=int(held))
    order.needs_verification = by.factory.requires_verification
    for condition in transition.conditions or []:
        if not condition(order):
            return _WORDS[condition], False
    return "", False


_WORDS: dict[Any, str] = {no_open_hold: "on hold", verification_not_required: "completed, not yet verified"}

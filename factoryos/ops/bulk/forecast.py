"""What would come of an action on a selection: counted by groups in one statement, judged by the table of life itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.ops.bulk.actions import Action
from orders.materials import outlook
from orders.models import ProductionOrder
from orders.models.life import no_open_hold, verification_not_required
from orders.moves import table
from orders.states import ENDED, State

SAMPLES = 3  # orders shown of each group

MOST_FORESEEN = 5000  # orders whose material is worked out beforehand; of more, each is asked when it is done
MOST_TOLD = 4  # sets of lacking components that are named apart
MOST_NAMED = 3  # components of a set that are named

_UNFORESEEN = "Whether there is material for so many orders shows when they are done."

# Orders alike in all that decides. A machine is "taken" when another order runs on one that this order is planned on;
# `lacks` says of which material there is too little for an order.
_GROUPS = """
    SELECT state, held, priority, taken, lacks, count(*), (array_agg(ARRAY[uuid::text, reference] ORDER BY id))[1:%s]
    FROM (
        SELECT o.id, o.uuid, o.reference, o.state, o.open_holds > 0 AS held, o.priority, %s AND EXISTS (
            SELECT 1 FROM orders_assignment AS mine JOIN orders_assignment AS theirs
                ON theirs.machine_id = mine.machine_id AND theirs.active AND theirs.order_id <> o.id
            WHERE mine.order_id = o.id) AS taken, coalesce(lacking.told, '') AS lacks
        FROM orders_productionorder AS o
        LEFT JOIN unnest(%s::bigint[], %s::text[]) AS lacking(order_id, told) ON lacking.order_id = o.id
        WHERE o.factory_id = %s AND o.id = ANY(%s)
    ) AS one
    GROUP BY state, held, priority, taken, lacks ORDER BY count(*) DESC, state
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
    """`reasons`: those that cannot or need not, the largest group first. `unforeseen` is what was not looked at."""

    total: int
    can: int
    reasons: Sequence[Lot]
    samples: Sequence[Sample]
    unforeseen: str = ""

    @property
    def cannot(self) -> int:
        return self.total - self.can


def forecast(action: Action, ids: Sequence[int], *, by: Actor, parameters: Mapping[str, Any]) -> Forecast:
    """Three queries at most, whatever the number of orders. The verb decides again when it comes to it."""
    lacks = _lacking(action, ids) if _takes_material(action, by=by) else {}
    groups = _groups(ids, machines=action.takes_machines, lacks=lacks, by=by)
    return _judged(action, groups, by=by, parameters=parameters)


def forecasts(actions: Sequence[Action], ids: Sequence[int], *, by: Actor) -> list[tuple[Action, Forecast]]:
    """The same for several actions, from the same queries."""
    needy = next((action for action in actions if _takes_material(action, by=by)), None)
    groups = _groups(ids, machines=False, lacks=_lacking(needy, ids) if needy else {}, by=by)
    return [(action, _judged(action, groups, by=by, parameters={})) for action in actions]


def _takes_material(action: Action, *, by: Actor) -> bool:
    """Whether the action is refused where material is lacking."""
    return action.life == "approve" or (action.life == "schedule" and by.factory.material_policy == "strict")


def _lacking(action: Action, ids: Sequence[int]) -> dict[int, str]:
    """What each order would lack if all took their material in turn: order → SKUs. Rare sets go by one word."""
    if len(ids) > MOST_FORESEEN:
        return {}
    found = outlook.lacking(ids, states=table()[str(action.life)])
    told = {order_id: _named(skus) for order_id, skus in found.items()}
    common = {text for text, _ in Counter(told.values()).most_common(MOST_TOLD)}
    return {order_id: text if text in common else "other material" for order_id, text in told.items()}


def _named(skus: Sequence[str]) -> str:
    more = len(skus) - MOST_NAMED
    return ", ".join(skus[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _groups(ids: Sequence[int], *, machines: bool, lacks: Mapping[int, str], by: Actor) -> list[tuple[Any, ...]]:
    values: list[Any] = [SAMPLES, machines, list(lacks), list(lacks.values()), by.factory.id, list(ids)]
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, values)
        return cursor.fetchall()


def _judged(action: Action, groups: Sequence[tuple[Any, ...]], *, by: Actor, parameters: Mapping[str, Any]) -> Forecast:
    can: Lot = Lot("", False, 0, [])
    lots: dict[str, Lot] = {}
    for state, held, priority, taken, lacks, count, found in groups:
        why, skipped = _why_not(action, state=state, held=held, by=by)
        if not why and action.name == "priority" and priority == parameters.get("priority"):
            why, skipped = f"{ProductionOrder.Priority(priority).label.lower()} already", True
        if not why and taken:
            why = "on a machine that runs another order"
        if not why and lacks and _takes_material(action, by=by):
            why = f"short of {lacks}"
        lot = lots.setdefault(why, Lot(why, skipped, 0, [])) if why else can
        lot.count += count
        lot.samples += [Sample(UUID(uuid), reference, state, held) for uuid, reference in found]
    reasons = sorted(lots.values(), key=lambda lot: -lot.count)
    total = can.count + sum(lot.count for lot in reasons)
    unforeseen = _UNFORESEEN if total > MOST_FORESEEN and _takes_material(action, by=by) else ""
    return Forecast(total, can.count, reasons, can.samples, unforeseen)


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

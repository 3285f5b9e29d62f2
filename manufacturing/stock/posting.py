"""The one writer of stock: moves, balances, reservations and genealogy links change together, in one statement each.

A posting is filled on locked balances and written once. It keeps the balances it was given up to date, so that whoever
picks next sees what the one before took.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from factoryos.kernel import clock, wakeup
from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import Balance
from quality import links

Kind = StockMove.Kind
Statement = tuple[str, list[Any]]  # sql and its values
ARRIVED = "stock.arrived"  # outbox topic: somebody waits for an item that has become free
_CHECKS = frozenset({"balance_reserved_on_hand", "balance_reserved_not_negative"})
_USED = frozenset({Kind.CONSUMPTION, Kind.OVER_CONSUMPTION, Kind.RETURN})


@dataclass(frozen=True, slots=True)
class _Move:
    balance: Balance
    kind: str
    quantity: Decimal
    component_id: int | None
    run_id: int | None  # None: the entry that the posting is written for
    uuid: UUID = field(default_factory=uuid7)


_MOVES = """
INSERT INTO manufacturing_stockmove (factory_id, order_id, entry_id, reason, reference, actor_kind, actor_id, actor_name,
    face, at, uuid, balance_id, kind, quantity, component_id, run_id)
SELECT %s, %s::bigint, %s::bigint, %s, %s, %s, %s, %s, %s, %s, move.*
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::numeric[], %s::bigint[], %s::bigint[]) AS move
"""
_BALANCES = """
UPDATE manufacturing_stockbalance AS balance
SET on_hand = balance.on_hand + change.on_hand, reserved = balance.reserved + change.reserved
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS change(id, on_hand, reserved) WHERE balance.id = change.id
"""
_RESERVE = """
INSERT INTO manufacturing_reservation (component_id, balance_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])
"""
_CHANGE_RESERVED = """
UPDATE manufacturing_reservation AS reservation SET quantity = change.quantity
FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS change(component_id, balance_id, quantity)
WHERE reservation.component_id = change.component_id AND reservation.balance_id = change.balance_id
"""
_RELEASE = """
DELETE FROM manufacturing_reservation AS reservation USING unnest(%s::bigint[], %s::bigint[]) AS gone(component, balance)
WHERE reservation.component_id = gone.component AND reservation.balance_id = gone.balance
"""
_ANNOUNCE = """
INSERT INTO kernel_outboxmessage (topic, factory_id, key, payload)
SELECT %s, %s, %s, %s WHERE EXISTS (SELECT 1 FROM manufacturing_shortage WHERE item_id = ANY(%s))
"""


class Posting:
    """What one verb or receipt does to stock. `held` are the reservations that there are, by (component, balance)."""

    def __init__(
        self,
        *,
        by: Actor,
        order_id: int | None = None,
        held: Mapping[tuple[int, int], Decimal] | None = None,
        reason: str | None = None,
        reference: str | None = None,
    ) -> None:
        self._by, self._order_id, self._reason, self._reference = by, order_id, reason, reference
        self._before = dict(held or {})
        self._held = dict(self._before)
        self._moves: list[_Move] = []
        self._touched: dict[int, tuple[Balance, Decimal, Decimal]] = {}

    def held(self, component_id: int, balance: Balance) -> Decimal:
        """How much of a balance is reserved for a component now."""
        return self._held.get((component_id, balance.id), ZERO)

    def reserve(self, component_id: int, balance: Balance, quantity: Decimal) -> None:
        """Promise so much of a balance to a component; a negative quantity gives it free."""
        self._touch(balance)
        key = (component_id, balance.id)
        self._held[key] = self._held.get(key, ZERO) + quantity
        balance.reserved += quantity

    def move(
        self,
        balance: Balance,
        kind: str,
        quantity: Decimal,
        *,
        component_id: int | None = None,
        run_id: int | None = None,
    ) -> None:
        """Add so much to a balance (negative: take it away). `run_id` names an earlier report that is corrected."""
        self._touch(balance)
        self._moves.append(_Move(balance, str(kind), quantity, component_id, run_id))
        balance.on_hand += quantity

    def _touch(self, balance: Balance) -> None:
        self._touched.setdefault(balance.id, (balance, balance.on_hand, balance.reserved))

    @exactly()
    def write(self, *, entry_id: int | None = None, alongside: Sequence[Statement] = ()) -> None:
        """Write it all in one statement; `entry_id` is the report it belongs to, `alongside` what else goes with it.

        Problem: StockShort, if the database says so.
        """
        statements = [*self._balance_statement(), *self._reservation_statements(), *self._announcement(), *alongside]
        if self._moves:
            statements.append((_MOVES, self._move_values(entry_id)))
        if entry_id is not None:
            statements += self._links(entry_id)
        if not statements:
            return
        parts = [f"part_{place} AS ({sql})" for place, (sql, _) in enumerate(statements)]
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH {', '.join(parts)} SELECT", [value for _, values in statements for value in values]
                )
        except IntegrityError as error:  # the constraint is the rule; whoever picked asked already
            if violated_constraint(error) not in _CHECKS:
                raise
            raise StockShort(sku="Stock", wanted=ZERO, available=ZERO) from error

    def write_and_read(self) -> list[StockMove]:
        """Write it all, and give the moves as they stand in the ledger."""
        self.write()
        moves = StockMove.objects.filter(uuid__in=[move.uuid for move in self._moves])
        return list(moves.select_related("balance__lot", "balance__location", "balance__item").order_by("id"))

    def _balance_statement(self) -> list[Statement]:
        changes = [
            (balance.id, balance.on_hand - on_hand, balance.reserved - reserved)
            for balance, on_hand, reserved in self._touched.values()
            if balance.on_hand != on_hand or balance.reserved != reserved
        ]
        return [(_BALANCES, _columns(changes))] if changes else []

    def _reservation_statements(self) -> list[Statement]:
        new: list[Any] = []
        changed: list[Any] = []
        gone: list[Any] = []
        for key, quantity in self._held.items():
            before = self._before.get(key, ZERO)
            if quantity == before:
                continue
            if quantity == 0:
                gone.append(key)
            else:
                (changed if before else new).append((*key, quantity))
        statements = ((_RESERVE, new), (_CHANGE_RESERVED, changed), (_RELEASE, gone))
        return [(sql, _columns(rows)) for sql, rows in statements if rows]

    def _announcement(self) -> list[Statement]:
        """Tell those who wait for it what has become free."""
        more: dict[int, Decimal] = defaultdict(Decimal)
        for balance, on_hand, reserved in self._touched.values():
            more[balance.item_id] += balance.free - (on_hand - reserved)
        items = sorted(item_id for item_id, free in more.items() if free > 0)
        if not items:
            return []
        transaction.on_commit(wakeup.ring)
        factory_id = self._by.factory.id
        return [(_ANNOUNCE, [ARRIVED, factory_id, f"stock-{factory_id}", Jsonb({"items": items}), items])]

    def _move_values(self, entry_id: int | None) -> list[Any]:
        by = self._by
        rows = [
            (move.uuid, move.balance.id, move.kind, move.quantity, move.component_id, move.run_id or entry_id)
            for move in self._moves
        ]
        return [
            by.factory.id, self._order_id, entry_id, self._reason, self._reference, by.kind, by.id, by.name, by.face,
            clock.now(), *_columns(rows),
        ]  # fmt: skip

    def _links(self, entry_id: int) -> list[Statement]:
        assert self._order_id is not None, "a report belongs to an order"
        used: dict[links.Key, Decimal] = defaultdict(Decimal)
        made: dict[links.Key, Decimal] = defaultdict(Decimal)
        for move in self._moves:
            key = (move.run_id or entry_id, move.balance.item_id, move.balance.lot_id)
            if move.kind in _USED:
                used[key] -= move.quantity
            elif move.kind == Kind.PRODUCTION:
                made[key] += move.quantity
        return links.statements(factory_id=self._by.factory.id, order_id=self._order_id, used=used, made=made)


def _columns(rows: list[Any]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)]

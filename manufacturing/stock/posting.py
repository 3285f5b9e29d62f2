"""The one writer of stock: moves, balances, reservations and genealogy links change together, in one statement each.

A posting is filled on locked balances and written once. It keeps the balances it was given up to date, so that whoever
picks next sees what the one before took.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from factoryos.kernel import clock, wakeup
from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import ZERO, exactly
from factoryos.kernel.rows import as_columns
from manufacturing.models import StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import Balance
from quality import links

Kind = StockMove.Kind
Statement = tuple[str, Sequence[Any]]  # sql and its values
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
INSERT INTO manufacturing_stockmove (at, factory_id, order_id, entry_id, reason, reference, actor_kind, actor_id,
    actor_name, face, purchase_line_id, uuid, balance_id, kind, quantity, component_id, run_id)
SELECT %s, move.* FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::bigint[], %s::text[], %s::numeric[], %s::bigint[],
    %s::bigint[]) AS move
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
SELECT %s, factory_id, 'stock-' || factory_id, jsonb_build_object('items', jsonb_agg(item_id ORDER BY item_id))
FROM unnest(%s::bigint[], %s::bigint[]) AS free(factory_id, item_id) GROUP BY factory_id
HAVING bool_or(EXISTS (SELECT FROM manufacturing_shortage AS shortage WHERE shortage.item_id = free.item_id))
"""


@dataclass(slots=True)
class _Change:
    """What a posting does to a balance."""

    balance: Balance
    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO


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
        purchase_line_id: int | None = None,
    ) -> None:
        self._by, self._order_id, self._reason, self._reference = by, order_id, reason, reference
        self._purchase_line_id = purchase_line_id
        self._before = dict(held or {})
        self._held = dict(self._before)
        self._moves: list[_Move] = []
        self._changes: dict[int, _Change] = {}

    def held(self, component_id: int, balance: Balance) -> Decimal:
        """How much of a balance is reserved for a component now."""
        return self._held.get((component_id, balance.id), ZERO)

    def reserve(self, component_id: int, balance: Balance, quantity: Decimal) -> None:
        """Promise so much of a balance to a component; a negative quantity gives it free."""
        self._change_of(balance).reserved += quantity
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
        self._change_of(balance).on_hand += quantity
        self._moves.append(_Move(balance, str(kind), quantity, component_id, run_id))
        balance.on_hand += quantity

    def _change_of(self, balance: Balance) -> _Change:
        return self._changes.setdefault(balance.id, _Change(balance))

    def reservations(self, component_id: int) -> dict[int, Decimal]:
        """What is reserved for a component now, by balance."""
        return {balance: quantity for (of, balance), quantity in self._held.items() if of == component_id and quantity}

    def write(self, *, entry_id: int | None = None, alongside: Sequence[Statement] = ()) -> None:
        """Write it all in one statement; `entry_id` is the report it belongs to, `alongside` what else goes with it.

        Problem: StockShort, if the database says so.
        """
        write_together([(self, entry_id)], alongside=alongside)

    def write_and_read(self) -> list[StockMove]:
        """Write it all, and give the moves as they stand in the ledger."""
        self.write()
        moves = StockMove.objects.filter(uuid__in=[move.uuid for move in self._moves])
        return list(moves.select_related("balance__lot", "balance__location", "balance__item").order_by("id"))

    def rows_of_moves(self, entry_id: int | None) -> list[tuple[Any, ...]]:
        """The moves as the ledger's columns want them, for the report `entry_id`."""
        by = self._by
        whose = (
            by.factory.id,
            self._order_id,
            entry_id,
            self._reason,
            self._reference,
            by.kind,
            by.id,
            by.name,
            by.face,
            self._purchase_line_id,
        )
        return [
            (*whose, move.uuid, move.balance.id, move.kind, move.quantity, move.component_id, move.run_id or entry_id)
            for move in self._moves
        ]

    def items_freed(self) -> set[tuple[int, int]]:
        """The items (with their factory) of which more is free afterwards."""
        more: dict[int, Decimal] = defaultdict(Decimal)
        for change in self._changes.values():
            more[change.balance.item_id] += change.on_hand - change.reserved
        return {(self._by.factory.id, item_id) for item_id, free in more.items() if free > 0}

    def add_links(self, entry_id: int, *, used: dict[links.Key, Decimal], made: dict[links.Key, Decimal]) -> None:
        """Add what the report `entry_id` used and made to the genealogy."""
        assert self._order_id is not None, "a report belongs to an order"
        for move in self._moves:
            balance = move.balance
            run_id = move.run_id or entry_id
            key = links.Key(self._by.factory.id, self._order_id, run_id, balance.item_id, balance.lot_id)
            if move.kind in _USED:
                used[key] -= move.quantity
            elif move.kind == Kind.PRODUCTION:
                made[key] += move.quantity

    @staticmethod
    def changes_of(postings: Iterable["Posting"]) -> list[tuple[int, Decimal, Decimal]]:
        """What several do to each balance together: (balance, on hand, reserved), where anything."""
        sums: dict[int, tuple[Decimal, Decimal]] = {}
        for posting in postings:
            for key, change in posting._changes.items():
                on_hand, reserved = sums.get(key, (ZERO, ZERO))
                sums[key] = on_hand + change.on_hand, reserved + change.reserved
        return [(key, *change) for key, change in sums.items() if any(change)]

    @staticmethod
    def reservations_of(postings: Iterable["Posting"]) -> tuple[list[Any], list[Any], list[Any]]:
        """What several leave reserved, each beginning where the one before it ended: new, changed and gone ones."""
        before: dict[tuple[int, int], Decimal] = {}
        after: dict[tuple[int, int], Decimal] = {}
        for posting in postings:
            for key, quantity in posting._before.items():
                before.setdefault(key, quantity)
            after |= posting._held
        new: list[Any] = []
        changed: list[Any] = []
        gone: list[Any] = []
        for key, quantity in after.items():
            had = before.get(key, ZERO)
            if quantity == had:
                continue
            if quantity == 0:
                gone.append(key)
            else:
                (changed if had else new).append((*key, quantity))
        return new, changed, gone


@exactly()
def write_together(postings: Sequence[tuple[Posting, int | None]], *, alongside: Sequence[Statement] = ()) -> None:
    """Write several postings, filled one after the other on the same balances, in one statement.

    Each comes with the report (a quantity entry) that it belongs to. Problem: StockShort, if the database says so.
    """
    statements = [*_stock_statements([posting for posting, _ in postings]), *alongside]
    if moves := [row for posting, entry_id in postings for row in posting.rows_of_moves(entry_id)]:
        statements.append((_MOVES, [clock.now(), *as_columns(moves)]))
    used: dict[links.Key, Decimal] = defaultdict(Decimal)
    made: dict[links.Key, Decimal] = defaultdict(Decimal)
    for posting, entry_id in postings:
        if entry_id is not None:
            posting.add_links(entry_id, used=used, made=made)
    statements += links.statements(used=used, made=made)
    if not statements:
        return
    parts = [f"part_{place} AS ({sql})" for place, (sql, _) in enumerate(statements)]
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {', '.join(parts)} SELECT", [value for _, values in statements for value in values])
    except IntegrityError as error:  # the constraint is the rule; whoever picked asked already
        if violated_constraint(error) not in _CHECKS:
            raise
        raise StockShort(sku="Stock", wanted=ZERO, available=ZERO) from error


def _stock_statements(postings: Sequence[Posting]) -> list[Statement]:
    """Balances, reservations, and the word to those who wait for what has become free."""
    statements: list[Statement] = []
    if changes := Posting.changes_of(postings):
        statements.append((_BALANCES, as_columns(changes)))
    kinds = zip((_RESERVE, _CHANGE_RESERVED, _RELEASE), Posting.reservations_of(postings), strict=True)
    statements += [(sql, as_columns(rows)) for sql, rows in kinds if rows]
    if freed := sorted(set().union(*(posting.items_freed() for posting in postings))):
        statements.append((_ANNOUNCE, [ARRIVED, *as_columns(freed)]))
        transaction.on_commit(wakeup.ring)
    return statements

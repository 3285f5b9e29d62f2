"""Picking: which lots are taken, first expired first out."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from manufacturing.stock.balances import Balance


def free_lots(balances: Iterable[Balance], *, item_id: int) -> list[Balance]:
    """The balances of an item that have something free, in the order in which they are to be used."""
    free = [balance for balance in balances if balance.item_id == item_id and balance.free > 0]
    return sorted(free, key=turn)


def turn(balance: Balance) -> tuple[bool, float, int, int]:
    """First expired, first out; what does not expire comes last, then the older lot."""
    expires = balance.best_before.timestamp() if balance.best_before else 0.0
    return (balance.best_before is None, expires, balance.lot_id or 0, balance.id)


def share_out(wanted: Decimal, over: Iterable[tuple[Balance, Decimal]]) -> Iterator[tuple[Balance, Decimal]]:
    """Spread `wanted` over (balance, available) pairs in their order, as far as they go."""
    for balance, available in over:
        if wanted <= 0:
            return
        part = min(wanted, available)
        if part > 0:
            wanted -= part
            yield balance, part

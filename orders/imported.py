"""Pieces that were made elsewhere and only stated here: they count, but they never were in our stock and took none of it.

A line's own pieces are all others. What a planning system states is imported; everything that is counted here is our own,
and what is taken away here was our own as long as the line has any.
"""

from decimal import Decimal

from factoryos.kernel.quantities import ZERO, exactly
from orders.models import OrderLine
from orders.specs import Count

Elsewhere = tuple[Decimal, Decimal]  # imported pieces: (good, rejected), signed


@exactly()
def split(line: OrderLine, count: Count) -> Elsewhere:
    """Which part of a count that was made here concerns imported pieces: (good, rejected), signed, not booked yet.

    What is added is our own. What is taken away takes own pieces first, then imported ones. Good pieces that turn out to
    be rejected (or the other way round) stay what they were, the own ones first. Never more than there are imported ones.
    """
    good = _taken(count.good, own=line.good - line.imported_good, imported=line.imported_good)
    rejected = _taken(count.rejected, own=line.rejected - line.imported_rejected, imported=line.imported_rejected)
    if count.good < 0 < count.rejected:
        rejected = _moved_over(count.rejected, taken=-count.good, imported=-good)
    elif count.rejected < 0 < count.good:
        good = _moved_over(count.good, taken=-count.rejected, imported=-rejected)
    return good, rejected


def _taken(change: Decimal, *, own: Decimal, imported: Decimal) -> Decimal:
    """The imported part of a change of one total, zero or negative."""
    beyond_own = max(-change - max(own, ZERO), ZERO)
    return -min(beyond_own, imported) + ZERO  # no negative zero


def _moved_over(added: Decimal, *, taken: Decimal, imported: Decimal) -> Decimal:
    """How many imported ones are among the pieces added to one total, when `taken` ones were taken from the other."""
    own = taken - imported
    return min(max(added - own, ZERO), imported)


@exactly()
def own_part(count: Count, imported: Elsewhere) -> Count:
    """What a count says of our own pieces: what stock is to follow."""
    good, rejected = imported
    return Count(count.good - good, count.rejected - rejected)


@exactly()
def own_produced(line: OrderLine) -> Decimal:
    """How many pieces of the line were made here, good and rejected: what used components."""
    produced: Decimal = line.good + line.rejected - line.imported_good - line.imported_rejected
    return produced

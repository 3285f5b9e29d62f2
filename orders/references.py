"""Order references: minted per factory from a series, or chosen by whoever makes the order."""

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.counters import next_gapless
from orders.models import ProductionOrder


def _year(by: Actor) -> int:
    """The year it is in the factory."""
    return clock.now().astimezone(by.factory.zone).year


def _series(*, by: Actor, prefix: str) -> str:
    return f"{prefix}-{_year(by)}"


def mint(*, by: Actor, prefix: str = "PO", digits: int = 6) -> str:
    """The next free `<prefix>-<year>-<digits>`, the year being the factory's. Waits for nobody; gaps may remain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT orders_mint_reference(%s, %s, %s)", [by.factory.id, _series(by=by, prefix=prefix), digits]
        )
        return str(cursor.fetchone()[0])


def mint_gapless(*, by: Actor, prefix: str = "MO", digits: int = 4) -> str:
    """The next `<prefix>/<year>/<digits>`, the year being the factory's; a rollback gives the number back.

    Whoever asks next waits until this transaction ends, so ask late. Numbers that somebody took by hand are passed over.
    """
    series = f"{prefix}/{_year(by)}"
    while True:
        number = next_gapless(factory_id=by.factory.id, series=series)
        reference = f"{series}/{number:0{digits}d}"
        if not ProductionOrder.objects.filter(factory_id=by.factory.id, reference=reference).exists():
            return reference


# From the number that would come next on, past every reference that somebody chose by hand.
_NEXT_FREE = """
WITH RECURSIVE candidate(number) AS (
    SELECT kernel_peek_number(%(factory)s, %(series)s)
    UNION ALL
    SELECT number + 1 FROM candidate WHERE EXISTS (
        SELECT FROM orders_productionorder WHERE factory_id = %(factory)s
            AND reference = %(series)s || '-' || lpad(number::text, greatest(%(digits)s, length(number::text)), '0'))
)
SELECT max(number) FROM candidate
"""


def peek(*, by: Actor, prefix: str = "PO", digits: int = 6) -> str:
    """What `mint` would give next if nobody else asked first: a reference that is free now. Reserves nothing."""
    series = _series(by=by, prefix=prefix)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_FREE, {"factory": by.factory.id, "series": series, "digits": digits})
        return f"{series}-{cursor.fetchone()[0]:0{digits}d}"

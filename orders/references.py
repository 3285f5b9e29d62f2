"""Order references: minted per factory from a series, or chosen by whoever makes the order."""

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.counters import peek_number


def _series(*, by: Actor, prefix: str) -> str:
    return f"{prefix}-{clock.now().astimezone(by.factory.zone).year}"


def mint(*, by: Actor, prefix: str = "PO", digits: int = 6) -> str:
    """The next free `<prefix>-<year>-<digits>`, the year being the factory's. Waits for nobody; gaps may remain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT orders_mint_reference(%s, %s, %s)", [by.factory.id, _series(by=by, prefix=prefix), digits]
        )
        return str(cursor.fetchone()[0])


def peek(*, by: Actor, prefix: str = "PO", digits: int = 6) -> str:
    """What `mint` would give next if nobody else asked first. Reserves nothing."""
    series = _series(by=by, prefix=prefix)
    return f"{series}-{peek_number(factory_id=by.factory.id, series=series):0{digits}d}"

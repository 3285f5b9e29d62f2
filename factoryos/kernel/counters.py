"""Number series of a factory: gapless ones under a row lock, and the ordinary ones from a PostgreSQL sequence."""

from django.db import connection

from factoryos.kernel.models import Counter


def next_gapless(*, factory_id: int, series: str) -> int:
    """The next number of a series without gaps. Holds the series until the transaction ends: a rollback gives it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {Counter._meta.db_table} AS counter (factory_id, series, last) VALUES (%s, %s, 1)
            ON CONFLICT (factory_id, series) DO UPDATE SET last = counter.last + 1 RETURNING last
            """,
            [factory_id, series],
        )
        return int(cursor.fetchone()[0])


def next_number(*, factory_id: int, series: str) -> int:
    """The next number of a series that may have gaps. Never waits: two orders made at once do not queue for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_next_number(%s, %s)", [factory_id, series])
        return int(cursor.fetchone()[0])


def peek_number(*, factory_id: int, series: str) -> int:
    """The number `next_number` would give if nobody else asked first. Reserves nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_peek_number(%s, %s)", [factory_id, series])
        return int(cursor.fetchone()[0])

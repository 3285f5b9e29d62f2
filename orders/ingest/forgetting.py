"""Rows that failed are kept for a month, for whoever looks after the sender; then they are forgotten."""

from datetime import timedelta

from django.db import connection

from factoryos.kernel import clock

KEPT_DAYS = 30
AT_A_TIME = 10_000  # rows a statement, so that none holds its locks for long


def forget_failed_rows(*, at_a_time: int = AT_A_TIME) -> int:
    """Delete the failed rows that were received more than KEPT_DAYS ago, oldest first; how many. Safe beside itself.

    Each statement is a transaction of its own, unless the caller has one.
    """
    before, forgotten = clock.now() - timedelta(days=KEPT_DAYS), 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                DELETE FROM orders_ingestfailedrow WHERE id IN (
                    SELECT id FROM orders_ingestfailedrow WHERE received_at < %s
                    ORDER BY received_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
                """,
                [before, at_a_time],
            )
            deleted: int = cursor.rowcount
        forgotten += deleted
        if deleted < at_a_time:
            return forgotten

"""A few places, over all workers, for work that would otherwise fill every one of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def free_slot(kind: int, *, of: int) -> Iterator[bool]:
    """Whether one `of` so many places was free; it is given back at the end, or when the session ends.

    `kind`: the first key of advisory locks that nobody else uses.
    """
    with connection.cursor() as cursor:
        for slot in range(of):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, slot])
            if cursor.fetchone()[0]:
                break
        else:
            yield False
            return
        try:
            yield True
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, slot])

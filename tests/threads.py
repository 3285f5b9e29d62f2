"""Doing the same thing many times at once, on real connections, all from the same instant."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(*works: Callable[[], T]) -> list[T | BaseException]:
    """Run each in a thread of its own, started together; what each gave or raised, in the same order."""
    barrier = threading.Barrier(len(works))
    outcomes: list[T | BaseException] = [RuntimeError("did not run")] * len(works)

    def run(number: int, work: Callable[[], T]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            outcomes[number] = work()
        except BaseException as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes

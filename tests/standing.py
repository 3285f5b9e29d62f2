"""Rows that every test of a file begins with: made once, and for each test as they were made.

A plant with one of everything takes a tenth of a second to make. Where hundreds of tests only ask about it, that is
most of their time.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.test import TestCase

T = TypeVar("T")


def made_for_a_file(blocker: Any, make: Callable[[], T]) -> Iterator[T]:
    """For a fixture of the module's scope, to `yield from`; `blocker` is `django_db_blocker`.

    A transaction around those of the tests, as Django itself has one around the tests of a class: a test may change what
    was made, and it is back for the next one. Python's objects are not taken back; a test that changes one makes its
    own. To the database, `now()` is when the test's file began.
    """
    with blocker.unblock():
        around = TestCase._enter_atomics()  # type: ignore[attr-defined]
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            TestCase._rollback_atomics(around)  # type: ignore[attr-defined]

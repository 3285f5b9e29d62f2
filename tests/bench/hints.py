"""Where the time of our own path goes: one call at a time in this process, statements and milliseconds apart."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from tests.bench.contest import STOCK_VERBS, VERBS, call_of, credential_for
from tests.bench.plant import Order, Plant, scheduled
from tests.bench.stockroom import Shelf

REPEATS = 40


class Clock:
    """Counts the statements of a call and the time they take, BEGIN and COMMIT left out."""

    def __init__(self) -> None:
        self.statements, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.statements += 1
            self.seconds += time.perf_counter() - began


@contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def measure(plant: Plant, shelf: Shelf) -> list[str]:
    """A line a verb: milliseconds of the quickest call, of them in SQL, and how many statements."""
    with _quiet(), override_settings(ALLOWED_HOSTS=["*"]):
        told = [(verb, _quickest(plant, verb, orders)) for verbs, orders in (
            (VERBS, scheduled(plant, REPEATS)), (STOCK_VERBS, shelf.drafts(REPEATS)),
        ) for verb in verbs]  # fmt: skip
    return [
        f"  {verb:10}{whole * 1000:6.2f} ms, {sql * 1000:5.2f} of them in {statements:.0f} statements"
        for verb, (whole, sql, statements) in told
    ]


def _quickest(plant: Plant, verb: str, orders: Sequence[Order]) -> tuple[float, float, int]:
    client = Client(headers={"Authorization": f"Bearer {credential_for(plant, verb)}"})
    calls = []
    for order in orders:
        path, body = call_of(plant, verb, order)
        clock, began = Clock(), time.perf_counter()
        with connection.execute_wrapper(clock):
            response = client.post(path, json.dumps(body), content_type="application/json")
        calls.append((time.perf_counter() - began, clock.seconds, clock.statements))
        assert response.status_code < 300, response.content
    return min(calls)

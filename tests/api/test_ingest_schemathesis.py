"""Whatever the description of the ingest API allows may be sent, and much that it forbids: every answer is a documented one.

Its first spelling is tried; the others are the same views (tests/dialects/ingest/test_routing.py).
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from factoryos.dialects.ingest.docs import INGEST_DESCRIPTION
from factoryos.dialects.ingest.urls import SPELLINGS
from factoryos.kernel.models import RateBucket
from tests.api.test_schemathesis import CHECKS, EXAMPLES, api, undone
from tests.dialects.ingest.feed import Feed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROWS = [row for row in INGEST_DESCRIPTION.operations if row.partition(" /")[2].startswith(SPELLINGS[0])]
TIME = "2025-01-12 18:00:00"


def plausible(value: Any, feed: Feed) -> Any:
    """`value` with this factory's location, and times that there are, wherever it names some."""
    if isinstance(value, list):
        return [plausible(inner, feed) for inner in value]
    if not isinstance(value, dict):
        return value
    known = {"location_id": feed.location, "updated_at": TIME, "from": TIME, "order_number": "MO-1"}
    return {name: known.get(name) or plausible(inner, feed) for name, inner in value.items()}


def test_three_calls_are_tried() -> None:
    assert len(ROWS) == 3


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("row", ROWS)
def test_every_answer_is_a_documented_one(row: str, mode: GenerationMode) -> None:
    feed = Feed()
    feed.post(feed.row(), feed.row(order_number="a/b"), 7)
    method, path = row.split()
    operation = api()[path][method]
    names: list[dict[str, str]] = [{"order_number": name} for name in ("MO-1", "a%2Fb", "NONE")]
    places = names if "{order_number}" in path else [{}]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        case=st.one_of([operation.as_strategy(mode, path_parameters=place) for place in places]), improved=st.booleans()
    )
    def every_answer(case: Any, improved: bool) -> None:
        if improved:
            case.body, case.query = plausible(case.body, feed), plausible(case.query, feed)
        RateBucket.objects.all().delete()
        with undone():
            case.call_and_validate(headers={"Authorization": feed.token}, checks=CHECKS)

    every_answer()

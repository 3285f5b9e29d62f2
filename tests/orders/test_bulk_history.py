"""The quick ways of writing many events give what the single ones give, whatever texts and numbers are in them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from factoryos.kernel.ids import uuid7
from factoryos.kernel.problems import Busy
from factoryos.kernel.rows import as_columns
from orders import lifecycle
from orders.bulk_columns import arrays, hash_of, json_of
from orders.bulk_history import Story, move_all
from orders.chain import HASHED, event_hash
from orders.models import ProductionOrder
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.truth import require_truth

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
instants = st.datetimes(timezones=st.just(UTC))


@settings(max_examples=300, deadline=None, database=None)
@given(st.dictionaries(texts, data, max_size=4), texts, st.none() | texts, instants, st.integers(1, 2**31 - 1))
def test_a_hash_is_the_chains_own(told: dict[str, Any], name: str, reason: str | None, at: datetime, seq: int) -> None:
    fields: dict[str, Any] = dict.fromkeys(HASHED)
    fields |= {"uuid": uuid7(), "order": uuid7(), "factory": 7, "seq": seq, "verb": "start", "moved": True,
               "actor_name": name, "reason": reason, "data": told, "at": at}  # fmt: skip
    hashed = at.isoformat(timespec="microseconds")
    for previous in (None, "ab" * 32):
        assert hash_of(fields, at=hashed, previous=previous) == event_hash(fields=fields, previous=previous)


def test_an_instant_of_another_zone_is_hashed_in_utc() -> None:
    fields: dict[str, Any] = dict.fromkeys(HASHED)
    fields["at"] = at = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    text = at.astimezone(UTC).isoformat(timespec="microseconds")
    assert hash_of(fields, at=text, previous=None) == event_hash(fields=fields, previous=None)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "behind"), [("draft", 0), ("scheduled", 1)])
def test_an_order_that_somebody_wrote_past_its_lock_is_written_by_nobody_else(state: str, behind: int) -> None:
    stage = Stage()
    order = stage.scheduled()
    before = everything()
    story = Story(order=order, line=order.lines.get(), state=state, version=order.version - behind)
    story.steps.append(lifecycle.step(order, "start", by=stage.by))
    with pytest.raises(Busy), transaction.atomic():
        move_all([story])
    assert everything() == before


@pytest.mark.django_db
def test_what_is_written_for_many_is_what_was_done_to_each() -> None:
    stage = Stage()
    orders = [stage.scheduled(), stage.running(on=[floor.a_machine(stage.factory)])]
    stories = [Story(one, one.lines.get(), str(one.state), one.version) for one in orders]
    for story, verb in zip(stories, ("start", "pause"), strict=True):
        changes = {"pause_reason": "other"} if verb == "pause" else {}
        story.steps.append(lifecycle.step(story.order, verb, by=stage.by, changes=changes, data={"x": "y"}))
    move_all(stories)
    found = [ProductionOrder.objects.get(pk=one.pk) for one in orders]
    assert [(one.state, one.version, one.chain_head) for one in found] == [
        (str(one.state), one.version, one.chain_head) for one in orders
    ]
    require_truth()


ROWS = [
    ("plain", 1, True, datetime(2026, 1, 1, tzinfo=UTC), UUID(int=5), json_of({"a": 'q"\\'})),
    ('with "quotes" and \\ and {braces}, and a comma', None, None, None, UUID(int=6), json_of({})),
    (None, 0, False, datetime(1, 1, 1, tzinfo=UTC), UUID(int=7), json_of({"é": [1, None]})),
    ("NULL", 2, True, datetime(2026, 1, 1, tzinfo=UTC), UUID(int=8), json_of({"x": "ø"})),
    ("", -3, True, None, UUID(int=8), json_of({"x": ""})),
    ("plain", 1, True, None, UUID(int=9), json_of({"x": True})),
]  # fmt: skip
KINDS = ("text", "bigint", "bool", "timestamptz", "uuid", "jsonb")


@pytest.mark.django_db
def test_the_database_reads_arrays_as_it_reads_the_kernels() -> None:
    query = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in KINDS)})"
    with connection.cursor() as cursor:
        cursor.execute(query, arrays(ROWS, KINDS))
        found = cursor.fetchall()
        cursor.execute(query, as_columns(ROWS))
        assert found == cursor.fetchall()
    assert [row[:5] for row in found] == [row[:5] for row in ROWS]
    assert [json.loads(row[5]) for row in found] == [json.loads(row[5]) for row in ROWS]

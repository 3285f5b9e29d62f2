"""The page of one statement: what it says, what changed from version to version, and what the order's own page tells of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import clock
from tests.ops.ingest.sender import REASON, Sender, words
from tests.ops.order_page.desk import Desk
from tests.ops.order_page.desk import words as order_words

pytestmark = pytest.mark.django_db


def test_versions_tell_what_changed_and_who_sent_them() -> None:
    sender = Sender()
    for at, facts in (
        ("2026-03-01 10:00:00", {"produced_units": 120}),
        ("2026-03-02 10:00:00", {"produced_units": 498, "status": "completed"}),
        ("2026-03-03 10:00:00", {"produced_units": 498, "status": "completed"}),
    ):
        head = sender.states(order_number="MO-1", updated_at=at, **facts)
    read = words(sender.get(f"/{head.pk}"))
    assert "Status in_progress → completed Produced 120 → 498" in read
    assert "Nothing but its time" in read
    assert "First version: 500 ordered, 120 produced, status “in_progress”" in read
    assert "498 of 500" in read
    assert read.count(" planner ") >= 3
    assert "2026-03-02 11:00 CET" in read  # the plant's clocks


def test_a_version_that_came_late_is_marked_as_history() -> None:
    sender = Sender()
    begun = clock.now() - timedelta(hours=2)
    sender.states(order_number="MO-1", updated_at="2026-03-03 10:00:00", produced_units=9, received_at=begun)
    head = sender.states(
        order_number="MO-1", updated_at="2026-03-02 10:00:00", produced_units=5, received_at=begun + timedelta(hours=1)
    )
    read = words(sender.get(f"/{head.pk}"))
    assert read.count("Came after a newer one: kept as history.") == 1
    assert "9 of 500" in read


def test_what_is_not_stated_says_so_and_a_second_of_difference_is_seen() -> None:
    sender = Sender()
    sender.states(
        order_number="MO-1", updated_at="2026-03-01 10:00:00", actual_start_date="2026-03-01 06:00:00", status=None
    )
    head = sender.states(
        order_number="MO-1", updated_at="2026-03-01 10:00:01", actual_start_date="2026-03-01 06:00:01", status=None
    )
    read = words(sender.get(f"/{head.pk}"))
    assert "Started 2026-03-01 07:00:00 → 2026-03-01 07:00:01" in read
    assert "not stated" in read


def test_fifty_versions_are_shown_of_any_number_at_the_same_cost() -> None:
    sender = Sender()
    head = sender.states(order_number="MO-1", updated_at="2026-03-01 10:00:00")
    path = f"/{head.pk}"

    def cost() -> int:
        sender.get(path)
        with CaptureQueriesContext(connection) as captured:
            sender.get(path)
        return len(captured)

    few = cost()
    for minute in range(1, 58):
        sender.states(order_number="MO-1", updated_at=f"2026-03-01 10:{minute:02}:00", produced_units=minute)
    assert cost() == few <= 12
    answer = sender.get(path)
    assert answer.content.decode().count('<small class="mono">') == 50
    assert "The newest 50 versions" in words(answer)
    assert "Produced 7 → 8" in words(answer)  # the last one shown is compared with the one that is not


def test_the_ends_of_the_calendar_are_shown() -> None:
    sender = Sender()
    head = sender.states(expected_start_date="0001-01-01 00:00:00", expected_end_date="9999-12-31 23:59:59")
    assert sender.get(f"/{head.pk}").status_code == 200


@pytest.mark.parametrize(
    ("state", "told"), [("conflict", True), ("waiting", True), ("failed", True), ("pending", False), ("done", False)]
)
def test_the_orders_page_says_when_it_does_not_follow(state: str, told: bool) -> None:
    desk = Desk("planner")
    sender = Sender(desk.factory)
    order = desk.running()
    head = sender.became(
        sender.states(order_number="MO-1", status="fertig"), state, reason=REASON if told else None, order=order
    )
    answer = desk.get(order)
    read = order_words(answer)
    assert ("The order is not as its planning system states it." in read) is told
    assert (REASON in read) is told
    assert f'href="/ops/ingest/{head.pk}"' in answer.content.decode()
    assert "LINE-7, says “fertig”" in read
    assert "2026-02-20" in read


def test_an_order_that_no_planning_system_knows_says_nothing_of_one() -> None:
    desk = Desk("planner")
    read = order_words(desk.get(desk.running()))
    assert "Planning system" not in read
    assert "Ordered on" not in read


def test_another_factorys_statement_is_not_shown_even_where_its_head_names_the_order() -> None:
    desk, there = Desk("planner"), Sender()
    order = desk.running()
    there.became(there.states(source_id="THEIRS"), "conflict", order=order)
    assert "THEIRS" not in order_words(desk.get(order))

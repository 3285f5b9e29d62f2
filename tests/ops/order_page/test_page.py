"""The page of an order: what stands on it, its parts, what it costs, and what it says of a hostile name."""

import gzip
import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.ops.order_page.happenings import source
from orders import actions
from orders.models import Note, OrderEvent, ProductionOrder
from orders.timeline import timeline
from tests import floor
from tests.ops.order_page.desk import Desk, words

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}


def a_long_life(desk: Desk, events: int) -> ProductionOrder:
    """A running order with so many events and half as many notes."""
    order = desk.running(100_000)
    for number in range(events - 3):
        desk.report(order, good=1)
        if number % 2:
            floor.done(actions.add_note, order_id=order.pk, by=desk.by, text=f"note {number}")
    return ProductionOrder.objects.get(pk=order.pk)


def cost(desk: Desk, path: str, **headers: str) -> int:
    desk.client.get(path, headers=headers)  # the session knows the factory from now on
    with CaptureQueriesContext(connection) as captured:
        assert desk.client.get(path, headers=headers).status_code == 200
    return len(captured)


def test_two_hundred_events_cost_no_more_queries_than_three_and_at_most_twelve() -> None:
    desk = Desk()
    short = desk.running()
    few = cost(desk, desk.path(short))
    desk.do(actions.complete, short)
    long = a_long_life(desk, 200)
    assert OrderEvent.objects.filter(order=long).count() == 200
    assert cost(desk, desk.path(long)) == few <= 12
    assert cost(desk, desk.path(desk.held(long))) <= 12
    for part, most in (("head", 6), ("quantities", 8), ("timeline", 8)):
        assert cost(desk, f"{desk.path(long)}?part={part}", **FRAGMENT) <= most


def test_a_page_of_two_hundred_events_is_small() -> None:
    desk = Desk()
    assert len(gzip.compress(desk.get(a_long_life(desk, 200)).content)) <= 25_000


@pytest.mark.parametrize("part", ["head", "quantities", "timeline"])
def test_a_part_comes_alone_and_is_not_sent_again_when_nothing_changed(part: str) -> None:
    desk = Desk()
    order = desk.scheduled()
    path = f"{desk.path(order)}?part={part}"
    first = desk.client.get(path, headers=FRAGMENT)
    assert "<html" not in first.content.decode()
    assert "HX-Request" in first["Vary"]
    same = desk.client.get(path, headers={**FRAGMENT, "If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    desk.do(actions.hold, order, reason="odd colour")
    if part != "quantities":
        assert desk.client.get(path, headers={**FRAGMENT, "If-None-Match": first["ETag"]}).status_code == 200


def test_a_part_opened_as_a_page_is_the_whole_page() -> None:
    desk = Desk()
    assert "<html" in desk.client.get(f"{desk.path(desk.draft())}?part=head").content.decode()


def test_every_live_part_names_the_order_and_an_address_that_answers() -> None:
    desk = Desk()
    order = desk.draft()
    page = desk.client.get(f"{desk.path(order)}?notes=1&all=1").content.decode()
    parts = re.findall(r'data-live="orders" data-live-id="([^"]+)" data-live-url="([^"]+)"', page)
    assert [uuid for uuid, _ in parts] == [str(order.uuid)] * 3
    for _, url in parts:
        assert desk.client.get(html.unescape(url), headers=FRAGMENT).status_code == 200


def test_the_title_and_the_head_name_the_order_its_state_and_its_dates() -> None:
    desk = Desk()
    order = desk.running(200, batch_number="B-7", customer_name="Lemonade & Sons", priority="rush")
    desk.report(order, good=50, rejected=2)
    shown = desk.get(order)
    assert f"<title>{order.reference} · FactoryOS</title>" in shown.content.decode()
    told = words(shown)
    for text in (
        "In production",
        "Rush",
        "Lemonade & Sons",
        "B-7",
        "50/200 pcs",
        "25 %",
        "Forecast finish",
        "an hour since",
    ):
        assert text in told, text


def test_the_ledger_adds_up_to_what_is_shown_and_marks_corrections() -> None:
    desk = Desk()
    order = desk.running(10, 20)
    first, second = order.lines.all()
    desk.report(order, good=5, line_id=first.pk, lot_number="L1")
    desk.report(order, good=4, rejected=1, line_id=second.pk)
    desk.report(order, good=-2, line_id=first.pk, reason="miscounted")
    shown = desk.get(order)
    told = words(shown)
    assert "Sum 7 1" in told and "Together 30 7 1" in told
    assert "−2 0" in told and "Correction : miscounted" in told and "lot L1" in told


def test_a_long_ledger_is_shown_in_part_with_the_whole_sum_until_all_is_asked_for() -> None:
    desk = Desk()
    order = a_long_life(desk, 40)
    shown = words(desk.get(order))
    assert "Sum 37 0" in shown and "Show 17 more entries" in shown
    everything = desk.client.get(f"{desk.path(order)}?all=1").content.decode()
    assert everything.count('id="entry-') == 37


def test_the_timeline_is_one_list_newest_first_and_goes_on_without_gap_or_repetition() -> None:
    desk = Desk()
    order = a_long_life(desk, 130)
    seen: list[Any] = []
    before: str | None = ""
    pages = 0
    while before is not None:
        page = timeline(order.pk, before=before, limit=50)
        seen += page.entries
        before, pages = page.older, pages + 1
    assert pages == 4
    assert [event.seq for event in seen if isinstance(event, OrderEvent)] == list(range(130, 0, -1))
    notes = [note.pk for note in seen if isinstance(note, Note)]
    assert notes == sorted(notes, reverse=True) and len(notes) == 63
    assert [entry.at for entry in seen] == sorted((entry.at for entry in seen), reverse=True)


def test_a_host_whose_clock_runs_behind_does_not_turn_events_around() -> None:
    desk = Desk()
    order = desk.scheduled()
    late = clock.now() - timedelta(hours=2)
    clock.use(lambda: late)
    try:
        desk.do(actions.start, order)
    finally:
        clock.use(None)
    seqs = [event.seq for event in timeline(order.pk).entries if isinstance(event, OrderEvent)]
    assert seqs == [3, 2, 1]


def test_older_entries_are_linked_and_notes_alone_are_a_filter_in_the_address() -> None:
    desk = Desk()
    order = a_long_life(desk, 80)
    first = desk.get(order).content.decode()
    assert 'rel="next"' in first and "?before=" in first
    notes = desk.client.get(f"{desk.path(order)}?notes=1").content.decode()
    assert notes.count('id="note-') == 38 + 1 and 'id="event-' not in notes  # and the field to write one


@pytest.mark.parametrize("before", ["x", "-1", "9-9-9", "1" * 40, "99999999999-1", "1-", "٣-٣"])
def test_a_bent_place_in_the_timeline_begins_anew(before: str) -> None:
    desk = Desk()
    order = desk.draft()
    assert 'id="event-1"' in desk.client.get(f"{desk.path(order)}", {"before": before}).content.decode()


def test_an_entry_tells_who_what_old_new_why_when_and_from_where() -> None:
    desk = Desk(time_zone="Asia/Kuala_Lumpur")
    order = desk.draft(batch_number="A")
    by = floor.an_actor(desk.factory, "planner")
    at = datetime(2026, 3, 2, 22, tzinfo=UTC)
    desk.do(actions.amend, order, by=by, changes={"batch_number": None, "priority": "rush", "planned_end": at})
    desk.send(ProductionOrder.objects.get(pk=order.pk), "cancel", reason="wrong colour", sure="on")
    told = words(desk.get(order))
    assert "planner changed details" in told
    assert "Batch A → –" in told and "Priority Standard → Rush" in told
    assert "Planned end – → 2026-03-03 06:00 +08" in told
    assert "cancelled the order: Draft → Cancelled" in told and "Why: wrong colour" in told
    assert "· console" in told and "· API (factory)" in told


@pytest.mark.parametrize(
    ("kind", "face", "credential", "told"),
    [("user", "console", "session", "console"), ("device", "iot", "device", "machine"),
     ("system", "printshop", "webhook", "webhook"),
     ("system", "", "schedule", "schedule"), ("api_key", "erp", "api_key", "API (erp)"), ("user", "", "jwt", "API")],
)  # fmt: skip
def test_the_source_is_one_of_five(kind: str, face: str, credential: str, told: str) -> None:
    assert source(kind=kind, face=face, credential=credential) == told


def test_a_bulk_operation_is_linked_from_event_and_note() -> None:
    desk = Desk()
    order, operation = desk.draft(), uuid7()
    by = replace(desk.by, operation=operation)
    desk.do(actions.amend, order, by=by, changes={"priority": "rush"})
    floor.done(actions.add_note, order_id=order.pk, by=by, text="all of them")
    assert desk.get(order).content.decode().count(f'href="/ops/operations/{operation}"') == 2


def test_a_hostile_text_is_only_text() -> None:
    desk = Desk()
    evil = "<script>alert(1)</script>"
    item = floor.an_item(desk.factory, sku=f"{evil}", name=evil)
    order = desk.draft(5, item=item, customer_name=evil, batch_number=evil, notes=evil, reference=f"{evil}{'x' * 400}")
    floor.done(actions.add_note, order_id=order.pk, by=desk.by, text=evil)
    desk.do(actions.hold, order, reason=evil)
    for path in (desk.path(order), desk.path(order, "amend"), desk.path(order, "schedule"), desk.path(order, "cancel")):
        assert b"<script>alert" not in desk.client.get(path).content


def test_a_page_holds_no_script_style_or_handler_of_its_own() -> None:
    desk = Desk()
    order = desk.running()
    for path in (desk.path(order), desk.path(order, "pause"), desk.path(order, "schedule"), "/ops/orders/new"):
        page = desk.client.get(path).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), path


def test_whoever_has_no_role_sees_no_form_to_write_or_move() -> None:
    desk = Desk("viewer")
    page = desk.get(desk.draft()).content.decode()
    assert "/notes" not in page.replace("?notes", "") and "<textarea" not in page
    assert "There is nothing here for you to do" in page


def test_amounts_are_shown_in_shortest_notation() -> None:
    desk = Desk()
    order = desk.running(10, item=floor.an_item(desk.factory, unit="kg", unit_decimals=3))
    desk.report(order, good="2.500")
    assert "2.5/10 kg" in words(desk.get(order))
    assert Decimal("2.5") == ProductionOrder.objects.get(pk=order.pk).quantity_good

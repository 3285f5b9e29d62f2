"""Writing a note on the page: whom it is for, sent once, edited for minutes, never lost."""

from datetime import timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from orders.models import Note, ProductionOrder
from tests.ops.order_page.desk import Desk, words

pytestmark = pytest.mark.django_db


def write(desk: Desk, order: ProductionOrder, *, key: str = "k", **values: Any) -> Any:
    return desk.client.post(desk.path(order, "notes"), {"key": key, "audience": "internal", **values})


def test_a_note_is_written_once_and_shown_with_its_audience() -> None:
    desk = Desk()
    order = desk.draft()
    for _ in range(2):
        sent = write(desk, order, text="Your caps\r\nare being made.", audience="customer")
        note = Note.objects.get()
        assert (sent.status_code, sent["Location"]) == (303, f"{desk.path(order)}#note-{note.uuid}")
    assert note.text == "Your caps\nare being made."
    write(desk, order, key="other", text="Between us")
    page = desk.get(order)
    assert "To customer Your caps" in words(page) and "Internal Between us" in words(page)
    assert page.content.decode().count("to-customer") == 1
    assert ProductionOrder.objects.get(pk=order.pk).version == order.version


def test_who_may_not_write_to_the_customer_is_not_offered_it_and_cannot() -> None:
    desk = Desk("technician")
    order = desk.draft()
    assert 'value="customer"' not in desk.get(order).content.decode()
    assert write(desk, order, text="hello", audience="customer").status_code == 422
    assert not Note.objects.exists()
    assert write(desk, order, key="k2", text="hello").status_code == 303


def test_a_viewer_writes_nothing() -> None:
    desk = Desk("viewer")
    order = desk.draft()
    assert write(desk, order, text="hello").status_code in (403, 422)
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\x00b"])
def test_a_text_that_cannot_be_kept_comes_back_in_the_form(text: str) -> None:
    desk = Desk()
    refused = write(desk, desk.draft(), text=text)
    assert (refused.status_code, "<textarea" in refused.content.decode()) == (422, True)
    assert not Note.objects.exists()


def test_ones_own_note_can_be_edited_for_five_minutes_and_is_marked() -> None:
    desk = Desk()
    order = desk.draft()
    write(desk, order, text="frist")
    note = Note.objects.get()
    path = desk.path(order, f"notes/{note.uuid}")
    assert path in desk.get(order).content.decode()
    assert "frist" in desk.client.get(path).content.decode()
    assert desk.client.post(path, {"key": "e", "text": "first"}).status_code == 303
    told = words(desk.get(order))
    assert "Internal first" in told and "edited" in told and "First written: frist" in told
    later = clock.now() + timedelta(minutes=6)
    clock.use(lambda: later)
    try:
        assert path not in desk.get(order).content.decode()
        assert desk.client.get(path).status_code == 409
        assert desk.client.post(path, {"key": "f", "text": "late"}).status_code == 409
    finally:
        clock.use(None)
    assert Note.objects.get().text == "first"


def test_somebody_elses_note_is_read_only_and_another_orders_is_missing() -> None:
    desk = Desk()
    order, other = desk.draft(), desk.draft()
    write(desk, order, text="mine")
    note = Note.objects.get()
    desk.client = desk.signed_in("planner")
    assert str(note.uuid) in desk.get(order).content.decode()
    assert desk.path(order, f"notes/{note.uuid}") not in desk.get(order).content.decode()
    assert desk.client.post(desk.path(order, f"notes/{note.uuid}"), {"key": "x", "text": "theirs"}).status_code == 409
    assert desk.client.get(desk.path(other, f"notes/{note.uuid}")).status_code == 404


def test_a_closed_order_can_still_be_talked_about() -> None:
    desk = Desk()
    order = desk.draft()
    desk.send(order, "cancel", reason="r", sure="on")
    assert write(desk, order, text="The customer called again.").status_code == 303

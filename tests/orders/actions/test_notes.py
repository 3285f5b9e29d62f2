"""Notes: who may say what to whom, the few minutes in which an author may put it right, and that nothing is deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.problems import Invalid, NotFound, RoleMissing
from orders import actions
from orders.actions.edit_note import EDITABLE_FOR
from orders.models import Note, ProductionOrder
from orders.problems import NoteSettled
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture(autouse=True)
def _clock_of_its_own() -> Iterator[None]:
    yield
    clock.use(None)


def said(stage: Stage, order: ProductionOrder, text: str = "Resin is late", *, by: Any = None, **more: Any) -> Note:
    return floor.done(actions.add_note, order_id=order.pk, by=by or stage.by, text=text, **more)


def edited(stage: Stage, note: Note, text: str, *, by: Any = None) -> Note:
    return floor.done(
        actions.edit_note, order_id=note.order_id, note_uuid=note.uuid, by=by or stage.by, text=text
    )  # fmt: skip


def test_a_note_keeps_who_said_it_to_whom_and_changes_nothing_of_the_order(stage: Stage) -> None:
    order = stage.draft()
    before = {name: value for name, value in everything().items() if name != "kernel_outboxmessage"}
    note = said(stage, order, "  Resin is late\n", audience="customer")
    assert (note.text, note.audience, note.actor_name, note.face) == ("Resin is late", "customer", "admin", "factory")
    assert {name: value for name, value in everything().items() if name != "kernel_outboxmessage"} == before


def test_a_note_is_announced_with_the_orders_present_version(stage: Stage) -> None:
    order = stage.scheduled()
    said(stage, order)
    message = OutboxMessage.objects.latest("id")
    assert (message.topic, message.key) == ("order.noted", str(order.uuid))
    assert (message.payload["version"], message.payload["verb"]) == (order.version, "note")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001, "a\x00b", "\x1b[0m"])
def test_a_note_says_something_and_not_too_much(stage: Stage, text: str) -> None:
    order = stage.draft()
    with pytest.raises(Invalid):
        said(stage, order, text)
    assert not Note.objects.exists()


def test_another_factorys_order_is_as_missing_as_none(stage: Stage) -> None:
    stranger = floor.an_actor(floor.a_factory())
    order = stage.draft()
    for order_id in (order.pk, 10**15):
        with pytest.raises(NotFound):
            floor.done(actions.add_note, order_id=order_id, by=stranger, text="hello")


def test_the_author_may_edit_and_the_first_text_is_kept_through_every_edit(stage: Stage) -> None:
    clock.use(lambda: NOON)
    note = said(stage, stage.draft(), "frist")
    Note.objects.filter(pk=note.pk).update(at=NOON)
    edited(stage, note, "first")
    again = edited(stage, note, "first of all")
    assert (again.text, again.first_text, again.edited_at) == ("first of all", "frist", NOON)


def test_an_edit_that_changes_nothing_is_not_marked(stage: Stage) -> None:
    note = said(stage, stage.draft(), "same")
    assert edited(stage, note, " same ").edited_at is None


@pytest.mark.parametrize(("late", "allowed"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_editing_ends_with_the_fifth_minute(stage: Stage, late: timedelta, allowed: bool) -> None:
    note = said(stage, stage.draft(), "first")
    Note.objects.filter(pk=note.pk).update(at=NOON)
    clock.use(lambda: NOON + EDITABLE_FOR + late)
    if allowed:
        assert edited(stage, note, "second").text == "second"
    else:
        with pytest.raises(NoteSettled):
            edited(stage, note, "second")
        assert Note.objects.get(pk=note.pk).text == "first"


def test_nobody_edits_what_somebody_else_said(stage: Stage) -> None:
    note = said(stage, stage.draft())
    with pytest.raises(NoteSettled):
        edited(stage, note, "something else", by=floor.an_actor(stage.factory, "planner"))
    assert Note.objects.get(pk=note.pk).edited_at is None


def test_who_lost_the_role_cannot_edit_either(stage: Stage) -> None:
    planner = floor.an_actor(stage.factory, "planner")
    note = said(stage, stage.draft(), by=planner, audience="customer")
    demoted = type(planner)(
        kind=planner.kind, id=planner.id, name=planner.name, factory=planner.factory, roles=frozenset({"technician"})
    )
    with pytest.raises(RoleMissing):
        edited(stage, note, "changed", by=demoted)


def test_a_note_is_found_only_on_its_own_order(stage: Stage) -> None:
    note, other = said(stage, stage.draft()), stage.draft()
    for order_id, uuid in ((other.pk, note.uuid), (note.order_id, uuid7())):
        with pytest.raises(NotFound):
            floor.done(actions.edit_note, order_id=order_id, note_uuid=uuid, by=stage.by, text="x")


def test_the_database_refuses_to_delete_a_note(stage: Stage) -> None:
    note = said(stage, stage.draft())
    with pytest.raises(DatabaseError), transaction.atomic():
        Note.objects.filter(pk=note.pk).delete()
    assert Note.objects.filter(pk=note.pk).exists()


def test_a_note_of_a_bulk_operation_names_it(stage: Stage) -> None:
    operation = uuid7()
    by = type(stage.by)(
        kind="user", id="u", name="n", factory=stage.factory.tenant(), roles=frozenset({"admin"}), operation=operation
    )  # fmt: skip
    assert said(stage, stage.draft(), by=by).operation == operation

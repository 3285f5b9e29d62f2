"""A form that was opened before somebody else changed the order: what they did is told, nothing of theirs is lost."""

from datetime import UTC, datetime

import pytest

from orders import actions
from tests import floor
from tests.evidence import everything
from tests.ops.order_page.desk import Desk, now, words
from tests.ops.order_page.typing_in import filled, shown_values

pytestmark = pytest.mark.django_db


def test_somebody_who_was_quicker_is_named_with_what_they_did_and_mine_can_be_applied_on_top() -> None:
    desk = Desk()
    order = desk.draft(batch_number="A")
    ben = floor.an_actor(desk.factory, "planner")
    floor.done(actions.amend, order_id=order.pk, by=ben, changes={"batch_number": "B"})
    before = everything()
    stale = desk.send(order, "amend", priority="standard", batch_number="C")
    assert stale.status_code == 409
    told = words(stale)
    assert "planner changed details" in told and "Batch: A → B" in told
    assert "Apply mine anyway" in told and "Keep theirs" in told
    assert 'value="C"' in stale.content.decode()
    assert everything() == before
    assert desk.send(now(order), "amend", priority="standard", batch_number="C").status_code == 303
    assert now(order).batch_number == "C"


@pytest.mark.parametrize("verb", ["amend", "schedule"])
def test_what_i_left_alone_keeps_what_somebody_else_made_of_it(verb: str) -> None:
    desk = Desk(time_zone="Europe/Berlin")
    order = desk.draft(batch_number="A", notes="one\ntwo")
    seen = shown_values(desk.get(order, verb).content.decode())
    start = datetime(2026, 5, 4, 6, tzinfo=UTC)
    desk.do(actions.amend, order, changes={"batch_number": "B", "notes": "three", "planned_start": start})
    mine = {"customer_name": "Mine"} if verb == "amend" else {"machine_0": str(desk.machine.pk)}
    stale = desk.send(order, verb, **{**seen, **mine, "version": str(order.version)})
    assert stale.status_code == 409
    again = shown_values(stale.content.decode())
    assert again["planned_start"] == "2026-05-04T08:00" and again | mine == again
    assert desk.send(order, verb, **again).status_code == 303
    done = now(order)
    assert (done.batch_number, done.notes, done.planned_start) == ("B", "three", start)
    assert (done.customer_name == "Mine") == (verb == "amend")


def test_a_stale_step_that_is_not_legal_any_more_offers_nothing_to_apply() -> None:
    desk = Desk()
    order = desk.running()
    desk.do(actions.complete, order)
    stale = desk.send(order, "pause", reason="tool_change")
    assert (stale.status_code, now(order).state) == (409, "completed")
    assert "completed production" in words(stale)
    assert "Apply mine anyway" not in words(stale)


def test_pieces_counted_meanwhile_stop_no_pause_but_do_stop_a_sign_off() -> None:
    desk = Desk()
    order = desk.running(10)
    desk.report(order, good=3)
    assert desk.send(order, "pause", reason="shift_end").status_code == 303
    order = desk.do(actions.complete, order)
    assert desk.send(order, "verify", version=order.version - 2, **filled(desk, "verify", order)).status_code == 409


def test_a_report_adds_to_whatever_was_counted_meanwhile() -> None:
    desk = Desk()
    order = desk.running()
    desk.report(order, good=3)
    assert desk.send(order, "report", good="4").status_code == 303
    assert now(order).quantity_good == 7


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99999999999999999999", "1.5"])
def test_a_bent_version_is_refused(version: str) -> None:
    desk = Desk()
    order = desk.draft()
    assert desk.send(order, "submit", version=version).status_code == 422
    assert now(order).state == "draft"


def test_a_version_of_the_future_is_stale() -> None:
    desk = Desk()
    order = desk.draft()
    assert desk.send(order, "submit", version=order.version + 1).status_code == 409

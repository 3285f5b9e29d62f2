"""An order on a machine that counts by itself: what its page, its timeline and its forms say."""

from zoneinfo import ZoneInfo

import pytest

from factoryos.kernel import clock
from factoryos.ops.order_page.happenings import of_event
from manufacturing.models import Machine
from orders import actions, timeline
from orders.models import OrderEvent, ProductionOrder
from tests import floor
from tests.counted import counted
from tests.evidence import everything
from tests.ops.order_page.desk import Desk, now, verbs, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.machine.code, desk.machine.name, desk.machine.counted = "PRESS-01", "Cap press", True
    desk.machine.save()
    return desk


def test_what_a_machine_counted_is_told_as_its_own_doing(desk: Desk) -> None:
    order = desk.running()
    counted(order, desk.machine, good=12, rejected=3)
    told = words(desk.get(order))
    assert "PRESS-01 counted 12 good and 3 rejected" in told and "· machine" in told
    assert "+12 +3 PRESS-01 counted" in told  # the ledger
    assert "Cap press, machine" not in told


def test_what_a_person_counted_is_told_as_before(desk: Desk) -> None:
    order = desk.running()
    desk.report(order, good=5)
    told = words(desk.get(order))
    assert "admin reported +5 good" in told and "admin, API (factory), PRESS-01" in told


def test_the_page_says_in_words_which_machines_count_by_themselves(desk: Desk) -> None:
    lathe = floor.a_machine(desk.factory, code="LATHE")
    for on, said in (([desk.machine], True), ([lathe], False)):
        order = desk.scheduled(on=on)
        told = words(desk.get(order))
        assert ("PRESS-01 counts by itself" in told) == said
        assert ("(counts by itself)" in told) == said
    third = floor.a_machine(desk.factory, code="PRESS-02", counted=True)
    told = words(desk.get(desk.scheduled(900, on=[desk.machine, lathe, third])))
    assert "PRESS-01 and PRESS-02 count by themselves" in told


def test_an_order_whose_life_is_over_counts_no_more(desk: Desk) -> None:
    assert "PRESS-01 counts by itself" not in words(desk.get(desk.completed()))


def test_who_reports_beside_a_counter_is_warned_and_not_refused(desk: Desk) -> None:
    order = desk.running()
    assert "PRESS-01 counts by itself. What is reported here is added to its own count" in words(
        desk.get(order, "report")
    )
    before = everything()
    again = desk.send(order, "report", good="", rejected="")
    assert (again.status_code, everything() == before) == (422, True)
    assert "PRESS-01 counts by itself." in words(again)
    assert desk.send(order, "report", good="4", rejected="").status_code == 303
    assert now(order).quantity_good == 4
    Machine.objects.update(counted=False)
    assert "counts by itself" not in words(desk.get(order, "report"))


def test_a_count_by_hand_beside_a_counter_is_marked_in_the_timeline(desk: Desk) -> None:
    event = OrderEvent(verb="report", actor_kind="user", actor_name="Tan", to_state="in_production", at=clock.now())
    for data, said in (({"good": "5"}, []), ({"good": "5", "besideCounter": True}, ["By hand"])):
        event.data = data
        assert [change.label for change in of_event(event, zone=ZoneInfo("UTC")).changes] == said


def test_what_a_machine_counts_time_after_time_is_one_line(desk: Desk) -> None:
    order = desk.running()
    a_shift_of(desk, order, 3)
    counted(order, desk.machine, rejected=2)
    floor.done(actions.add_note, order_id=order.pk, by=desk.by, text="new resin")
    desk.report(order, good=7)
    a_shift_of(desk, order, 2)
    told = words(desk.get(order))
    lines = [
        "PRESS-01 counted 2 good",
        "admin reported +7 good",
        "admin noted",
        "PRESS-01 counted 3 good and 2 rejected",
    ]
    places = [told.index(line) for line in lines]
    assert places == sorted(places)
    assert "Counts 4 since" in told and "Counts 2 since" in told
    assert told.count("PRESS-01 counted 3 good") == 1 and "PRESS-01 counted 1 good" not in told


def test_machines_that_count_in_turns_have_a_line_each(desk: Desk) -> None:
    other = floor.a_machine(desk.factory, code="PRESS-02")
    order = desk.running(on=[desk.machine, other])
    for _ in range(3):
        counted(order, desk.machine, good=1)
        counted(order, other, good=2)
    told = words(desk.get(order))
    assert told.index("PRESS-02 counted 6 good") < told.index("PRESS-01 counted 3 good")
    assert told.count(" counted ") == 2 + 6  # and each in the ledger


def test_every_event_is_told_once_over_all_pages_however_long_a_machine_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "_EVENTS", timeline._EVENTS.replace("LIMIT 2000", "LIMIT 4"))
    other = floor.a_machine(desk.factory, code="PRESS-02")
    order = desk.running(on=[desk.machine, other])
    for pieces in (1, 3, 6):
        for _ in range(pieces):
            counted(order, desk.machine, good=1)
            counted(order, other, good=1)
        desk.report(order, good=100)
    good, events, before = 0, 0, ""
    while page := timeline.timeline(order.pk, before=before, limit=2):
        for entry in page.entries:
            events += entry.times if isinstance(entry, timeline.Counts) else 1
            good += int(entry.good if isinstance(entry, timeline.Counts) else entry.data.get("good", 0))  # type: ignore[union-attr]
        if page.older is None:
            break
        before = page.older
    assert (good, events) == (320, OrderEvent.objects.filter(order=order).count())


# --- what a machine counts meanwhile is in nobody's way --------------------------------------------------------------


def a_shift_of(desk: Desk, order: ProductionOrder, counts: int) -> None:
    for _ in range(counts):
        counted(order, desk.machine, good=1)


def test_a_machine_that_counts_meanwhile_hides_nothing_that_a_person_did(desk: Desk) -> None:
    order = desk.running()
    a_shift_of(desk, order, 21)
    ben = floor.an_actor(desk.factory, "planner")
    floor.done(actions.amend, order_id=order.pk, by=ben, changes={"batch_number": "B"})
    a_shift_of(desk, order, 6)
    stale = desk.send(order, "amend", priority="standard", batch_number="C")
    assert stale.status_code == 409
    assert "planner changed details" in words(stale) and "counted 1 good" not in words(stale)
    assert now(order).batch_number == "B"


def test_a_machine_that_counts_meanwhile_makes_no_form_outdated_but_the_one_that_signs_the_count(desk: Desk) -> None:
    order = desk.running()
    a_shift_of(desk, order, 2)
    assert desk.send(order, "pause", reason="tool_change").status_code == 303
    assert verbs(order)[-1] == "pause"

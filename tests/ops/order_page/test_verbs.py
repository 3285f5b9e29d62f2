"""Every verb through its form: done once, refused with its reason, never past a hold, a role or somebody else's change."""

from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from manufacturing.models import WorkArea
from orders import actions
from orders.models import Assignment, OrderEvent, OrderLine, ProductionOrder, QuantityEntry
from quality.models import Hold
from tests import floor
from tests.callers import a_member
from tests.evidence import everything
from tests.ops.order_page.desk import Desk, now, verbs, words

pytestmark = pytest.mark.django_db


def brought(desk: Desk, state: str) -> ProductionOrder:
    return {
        "draft": desk.draft, "submitted": lambda: desk.do(actions.submit, desk.draft()),
        "approved": lambda: desk.do(actions.approve, desk.draft()), "scheduled": desk.scheduled,
        "in_production": desk.running, "paused": desk.paused, "completed": lambda: desk.completed(10),
        "verified": lambda: verified(desk), "cancelled": lambda: desk.do(actions.cancel, desk.draft()),
    }[state]()  # fmt: skip


def verified(desk: Desk) -> ProductionOrder:
    order = desk.completed(10)
    desk.verify(order, good=9, rejected=1)
    return now(order)


def filled(desk: Desk, verb: str, order: ProductionOrder) -> dict[str, Any]:
    """What a person types for each verb."""
    line = OrderLine.objects.get(order=order)
    hold = Hold.objects.filter(order=order, released_at=None).first()
    return {
        "schedule": {"machine_0": desk.machine.pk, "planned_start": "2026-05-04T08:00", "planned_end": "2026-05-04T16:00"},
        "report": {"good": "7", "rejected": "1"},
        "pause": {"reason": "tool_change", "notes": "worn"},
        "verify": {f"good_{line.pk}": "8", f"rejected_{line.pk}": "2", "final": "10"},
        "rework": {"reason": "burrs"},
        "close": {"carrier": "DHL", "quantity": "9", "shipped_at": "2026-05-04T17:00"},
        "cancel": {"reason": "not wanted", "sure": "on"},
        "adjust_quantity": {"target": "1500", "reason": "they asked"},
        "amend": {"priority": "rush", "batch_number": "B-1"},
        "hold": {"reason": "odd colour"},
        "release_hold": {"hold": str(hold.uuid) if hold else "", "notes": "fine"},
    }.get(verb, {})  # fmt: skip


# verb → (a state it is legal in, the state after, a state it is not legal in, a role that may not)
CASES = {
    "submit": ("draft", "submitted", "approved", "technician"),
    "approve": ("submitted", "approved", "scheduled", "qa"),
    "schedule": ("approved", "scheduled", "in_production", "operator"),
    "start": ("scheduled", "in_production", "draft", "qa"),
    "report": ("in_production", "in_production", "scheduled", "viewer"),
    "pause": ("in_production", "paused", "scheduled", "viewer"),
    "resume": ("paused", "in_production", "scheduled", "engineer"),
    "complete": ("in_production", "completed", "scheduled", "qa"),
    "verify": ("completed", "verified", "in_production", "planner"),
    "rework": ("completed", "in_production", "verified", "operator"),
    "close": ("verified", "closed", "completed", "technician"),
    "cancel": ("scheduled", "cancelled", "completed", "technician"),
    "adjust_quantity": ("scheduled", "scheduled", "cancelled", "operator"),
    "amend": ("draft", "draft", "cancelled", "technician"),
    "hold": ("draft", "draft", "cancelled", "planner"),
}


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_is_done_once_however_often_its_form_is_sent(verb: str) -> None:
    desk = Desk()
    before, after, _, _ = CASES[verb]
    order = brought(desk, before)
    assert desk.get(order, verb).status_code == 200
    values = filled(desk, verb, order)
    for _ in range(2):
        sent = desk.send(order, verb, key="pressed-twice", **values)
        assert (sent.status_code, sent["Location"]) == (303, desk.path(order)), words(sent)
    assert (now(order).state, now(order).version) == (after, order.version + 1)
    event = OrderEvent.objects.filter(order=order).latest("seq")
    assert (event.verb, event.face, event.credential) == (verb, "console", "session")
    assert order.reference in words(desk.client.get(sent["Location"]))


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_out_of_turn_is_told_and_changes_nothing(verb: str) -> None:
    desk = Desk()
    order = brought(desk, CASES[verb][2])
    assert "Not possible now" in words(desk.get(order, verb))
    assert desk.get(order, verb).status_code == 409
    before = everything()
    refused = desk.send(order, verb, key="", **filled(desk, verb, order))
    assert refused.status_code == 409
    assert everything() == before


@pytest.mark.parametrize("verb", CASES)
def test_who_may_not_is_told_whom_to_ask_and_changes_nothing(verb: str) -> None:
    desk = Desk(CASES[verb][3])
    order = brought(desk, CASES[verb][0])
    asked = desk.get(order, verb)
    assert (asked.status_code, "ask a" in words(asked)) == (403, True)
    before = everything()
    refused = desk.send(order, verb, **filled(desk, verb, order))
    assert (refused.status_code, "ask a" in words(refused)) == (403, True)
    assert everything() == before


@pytest.mark.parametrize("verb", ["start", "report", "resume", "complete", "verify", "rework", "close"])
def test_an_open_hold_refuses_with_its_reason(verb: str) -> None:
    desk = Desk()
    order = desk.held(brought(desk, {"report": "paused", "complete": "paused"}.get(verb, CASES[verb][0])))
    assert "odd colour" in words(desk.get(order, verb))
    before = everything()
    refused = desk.send(order, verb, key="", **filled(desk, verb, order))
    assert refused.status_code == 409
    assert "odd colour" in words(refused)
    assert everything() == before


def test_a_hold_is_released_through_its_form_and_told_on_the_page() -> None:
    desk = Desk()
    order = desk.held(desk.scheduled())
    page = words(desk.get(order))
    assert "On hold" in page and "odd colour" in page and "placed by admin" in page
    values = filled(desk, "release_hold", order)
    for _ in range(2):
        assert desk.send(order, "release_hold", key="twice", **values).status_code == 303
    assert (now(order).open_holds, verbs(order)[-1]) == (0, "release_hold")
    assert verbs(order).count("release_hold") == 1


def test_a_hold_of_another_order_is_not_released_here() -> None:
    desk = Desk()
    order, other = desk.held(desk.draft()), desk.held(desk.draft())
    values = filled(desk, "release_hold", other)
    assert desk.send(order, "release_hold", **values).status_code == 404
    assert now(other).open_holds == now(order).open_holds == 1


def test_whoever_placed_a_hold_may_not_release_it_where_two_must() -> None:
    desk = Desk(two_person_release=True)
    order = desk.draft()
    desk.send(order, "hold", reason="odd colour")
    order = now(order)
    assert "another person must release" in words(desk.get(order))
    refused = desk.send(order, "release_hold", **filled(desk, "release_hold", order))
    assert (refused.status_code, now(order).open_holds) == (409, 1)
    other = desk.signed_in("qa")
    sent = desk.send(order, "release_hold", client=other, **filled(desk, "release_hold", order))
    assert (sent.status_code, now(order).open_holds) == (303, 0)


@pytest.mark.parametrize("verb", ["", "start", "notes", "traveler.pdf", "amend"])
def test_a_strangers_order_is_as_missing_as_none(verb: str) -> None:
    desk, stranger = Desk(), Desk()
    order = stranger.scheduled()
    there = desk.client.get(stranger.path(order, verb))
    nowhere = desk.client.get(f"/ops/orders/01890000-0000-7000-8000-000000000000{'/' + verb if verb else ''}")
    assert there.status_code == nowhere.status_code == 404
    assert words(there).split("Reference")[0] == words(nowhere).split("Reference")[0]
    if verb and "." not in verb:
        before = everything()
        assert desk.client.post(stranger.path(order, verb), {"version": 1, "text": "x"}).status_code == 404
        assert everything() == before


def test_an_order_of_ones_other_factory_opens_there() -> None:
    desk, second = Desk(), Desk()
    user = a_member(desk.factory, "planner")
    user.memberships.create(factory=second.factory, roles=["viewer"])
    desk.client.force_login(user)
    shown = desk.client.get(second.path(second.draft()))
    assert shown.status_code == 200
    assert "There is nothing here for you to do" in words(shown)


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


def shown_values(page: str) -> dict[str, str]:
    """What the form would send, as a browser reads it."""
    return {
        name: value for name, value in Fields.of(page).items() if name not in ("csrfmiddlewaretoken", "key", "factory")
    }


class Fields(HTMLParser):
    """The values of the fields of the one form in `main`."""

    @classmethod
    def of(cls, page: str) -> dict[str, str]:
        reader = cls()
        reader.feed(page[page.index("<main") : page.index("</main>")])
        return reader.found

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        name, value = had.get("name") or "", had.get("value") or ""
        if tag == "input" and name:
            self.found[name] = value
        elif tag in ("select", "textarea"):
            self.inside, self.found[name] = name, ""
        elif tag == "option" and "selected" in had:
            self.found[self.inside] = value
        self.fresh = tag == "textarea"

    def handle_data(self, data: str) -> None:
        if self.fresh:
            self.found[self.inside] = data.removeprefix("\n")
            self.fresh = False

    def handle_endtag(self, tag: str) -> None:
        self.fresh = False


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


def test_an_unknown_verb_is_no_page() -> None:
    desk = Desk()
    order = desk.draft()
    assert desk.get(order, "delete").status_code == 404
    assert desk.send(order, "create").status_code == 404


def test_a_busy_machine_is_named_with_the_order_that_runs_there() -> None:
    desk = Desk()
    running, waiting = desk.running(), desk.scheduled()
    assert f"{desk.machine.code} is running {running.reference}" in words(desk.get(waiting))
    refused = desk.send(waiting, "start")
    assert refused.status_code == 409
    assert f"{desk.machine.code} is already running {running.reference}" in words(refused)


def test_a_correction_needs_a_reason_and_takes_no_more_than_there_is() -> None:
    desk = Desk()
    order = desk.running()
    desk.report(order, good=5)
    assert desk.send(order, "report", good="-2").status_code == 422
    too_much = desk.send(order, "report", good="-6", reason="miscounted")
    assert (too_much.status_code, "more than was booked (5 good" in words(too_much)) == (409, True)
    assert desk.send(order, "report", good="-2", reason="miscounted").status_code == 303
    assert now(order).quantity_good == 3
    assert "Correction : miscounted" in words(desk.get(order))


@pytest.mark.parametrize("good", ["1e400", "NaN", "Infinity", "1,5", "1000000001", "0.5", "9" * 400, "٣", "-"])
def test_what_is_no_amount_is_told_beside_the_field(good: str) -> None:
    desk = Desk()
    order = desk.running()
    refused = desk.send(order, "report", good=good)
    assert refused.status_code == 422
    assert 'id="id_good_error"' in refused.content.decode()
    assert 'href="#id_good"' in refused.content.decode()
    assert not QuantityEntry.objects.exists()


def test_a_line_a_lot_and_a_machine_are_asked_where_they_matter() -> None:
    desk = Desk()
    item = floor.an_item(desk.factory, tracking="lot")
    other = floor.a_machine(desk.factory)
    order = desk.running(10, 20, item=item, on=[desk.machine, other])
    unsaid = desk.send(order, "report", good="1")
    assert (unsaid.status_code, 'id="id_line_error"' in unsaid.content.decode()) == (422, True)
    line = OrderLine.objects.filter(order=order).last()
    assert desk.send(order, "report", good="1", line=line.pk, machine=other.pk, lot="L7").status_code == 303
    entry = QuantityEntry.objects.get()
    assert (entry.line_id, entry.machine_id, entry.lot_number) == (line.pk, other.pk, "L7")


def test_serial_numbers_are_one_for_each_good_piece() -> None:
    desk = Desk()
    order = desk.running(10, item=floor.an_item(desk.factory, tracking="serial"))
    short = desk.send(order, "report", good="2", serial_numbers="S1")
    assert (short.status_code, "one serial number for each good piece" in words(short)) == (422, True)
    assert desk.send(order, "report", good="2", serial_numbers="S1\r\nS1").status_code == 422
    assert desk.send(order, "report", good="2", serial_numbers="S1\r\nS2\r\n").status_code == 303
    assert QuantityEntry.objects.get().serial_numbers == ["S1", "S2"]


def test_a_sign_off_of_several_lines_books_the_difference_of_each() -> None:
    desk = Desk()
    order = desk.running(10, 20)
    first, second = OrderLine.objects.filter(order=order)
    desk.report(order, good=10, line_id=first.pk)
    order = desk.do(actions.complete, order)
    values = {
        f"good_{first.pk}": "9",
        f"rejected_{first.pk}": "1",
        f"good_{second.pk}": "2",
        f"rejected_{second.pk}": "0",
    }
    wrong = desk.send(order, "verify", final="13", **values)
    assert (wrong.status_code, "11 good and 1 rejected do not add up to 13" in words(wrong)) == (422, True)
    assert desk.send(order, "verify", final="12", **values).status_code == 303
    assert "good +1, rejected +1" in words(desk.get(order))
    assert sorted(QuantityEntry.objects.filter(source="verification").values_list("good", "rejected")) == [
        (-1, 1),
        (2, 0),
    ]


def test_over_production_is_refused_in_words() -> None:
    desk = Desk()
    order = desk.running(10)
    ProductionOrder.objects.filter(pk=order.pk).update(over_production="strict")
    refused = desk.send(order, "report", good="11")
    assert refused.status_code == 409
    assert "That would make 11 good pieces; at most 10 are allowed here." in words(refused)


def test_machines_share_equally_when_no_quantity_is_said_and_as_said_otherwise() -> None:
    desk = Desk()
    other = floor.a_machine(desk.factory)
    order = desk.draft(7)
    both = {"machine_0": desk.machine.pk, "machine_1": other.pk}
    assert desk.send(order, "schedule", **both).status_code == 303
    assert sorted(Assignment.objects.filter(order=order).values_list("quantity", flat=True)) == [3, 4]
    order = now(order)
    assert desk.send(order, "schedule", **both, quantity_0="5", quantity_1="1").status_code == 422
    assert desk.send(order, "schedule", **both, quantity_0="5").status_code == 422
    assert desk.send(order, "schedule", **both, quantity_0="5", quantity_1="2").status_code == 303
    twice = desk.send(now(order), "schedule", machine_0=other.pk, machine_1=other.pk)
    assert (twice.status_code, "Each machine once" in words(twice)) == (422, True)


def test_a_work_area_instead_of_machines_and_never_both() -> None:
    desk = Desk()
    area = WorkArea.objects.create(factory=desk.factory, code="HALL", name="Hall")
    order = desk.draft()
    assert desk.send(order, "schedule", machine_0=desk.machine.pk, work_area=area.pk).status_code == 422
    assert desk.send(order, "schedule").status_code == 422
    assert desk.send(order, "schedule", work_area=area.pk).status_code == 303
    assert Assignment.objects.get(order=order).work_area_id == area.pk


def test_another_factorys_machine_cannot_be_chosen() -> None:
    desk = Desk()
    order, foreign = desk.draft(), floor.a_machine(floor.a_factory())
    assert desk.send(order, "schedule", machine_0=foreign.pk).status_code == 422


def test_one_machine_more_adds_a_row_and_does_nothing_else() -> None:
    desk = Desk()
    order = desk.draft()
    rows = {f"machine_{row}": "" for row in range(3)}
    shown = desk.send(order, "schedule", more="1", **rows)
    assert (shown.status_code, 'name="machine_3"' in shown.content.decode()) == (200, True)
    assert now(order).version == order.version


def test_a_new_target_on_several_machines_is_previewed_with_a_proposal_and_then_said() -> None:
    desk = Desk()
    other = floor.a_machine(desk.factory)
    order = desk.scheduled(100, on=[desk.machine, other])
    shown = desk.send(order, "adjust_quantity", target="60", preview="1")
    assert shown.status_code == 200
    assert f"{other.code} : 50 → 30" in words(shown)
    assert shown_values(shown.content.decode())[f"on_{other.pk}"] == "30"
    asked = desk.send(order, "adjust_quantity", target="60", reason="less")
    assert (asked.status_code, "say how the new quantity is split" in words(asked)) == (422, True)
    said = {f"on_{desk.machine.pk}": "20", f"on_{other.pk}": "40"}
    assert desk.send(order, "adjust_quantity", target="60", reason="less", **said).status_code == 303
    assert now(order).quantity_target == 60


def test_the_present_target_is_no_new_one() -> None:
    desk = Desk()
    refused = desk.send(desk.draft(100), "adjust_quantity", target="100", reason="why not")
    assert (refused.status_code, "present target already" in words(refused)) == (422, True)


def test_cancelling_must_be_confirmed_by_name() -> None:
    desk = Desk()
    order = desk.draft()
    assert f"Give up {order.reference} for good" in words(desk.get(order, "cancel"))
    assert desk.send(order, "cancel", reason="no").status_code == 422
    assert now(order).state == "draft"


def test_other_as_a_reason_needs_words_that_are_kept() -> None:
    desk = Desk()
    order = desk.running()
    assert desk.send(order, "pause", reason="other").status_code == 422
    assert desk.send(order, "pause", reason="other", other="fire drill").status_code == 303
    assert (now(order).pause_reason, now(order).pause_text) == ("other", "fire drill")


def test_no_more_is_shipped_than_was_good_and_the_facts_are_kept() -> None:
    desk = Desk()
    order = verified(desk)
    refused = desk.send(order, "close", quantity="10")
    assert (refused.status_code, "No more can be shipped" in words(refused)) == (422, True)
    assert desk.send(order, "close", **filled(desk, "close", order)).status_code == 303
    assert now(order).shipment == {
        "carrier": "DHL", "quantity": "9", "shippedAt": "2026-05-04T17:00:00.000Z", "trackingNumber": None,
    }  # fmt: skip


# --- Planned times on both days on which the clock is set ---
@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-29T01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first is meant
        ("2026-10-25T03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_planned_times_are_the_plants_own(wall: str, instant: datetime) -> None:
    desk = Desk(time_zone="Europe/Berlin")
    order = desk.draft()
    assert desk.send(order, "amend", priority="standard", planned_start=wall).status_code == 303
    assert now(order).planned_start == instant
    assert f'value="{wall}"' in desk.get(order, "amend").content.decode()


def test_a_time_that_the_clock_skips_is_refused() -> None:
    desk = Desk(time_zone="Europe/Berlin")
    refused = desk.send(desk.draft(), "amend", priority="standard", planned_start="2026-03-29T02:30")
    assert (refused.status_code, "does not exist" in words(refused)) == (422, True)


@pytest.mark.parametrize("verb", ["amend", "schedule"])
def test_a_time_in_the_second_of_two_hours_stays_when_it_is_not_touched(verb: str) -> None:
    desk = Desk(time_zone="Europe/Berlin")
    later = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    order = desk.draft(planned_start=later)
    values = {"priority": "rush"} if verb == "amend" else {"machine_0": desk.machine.pk}
    assert desk.send(order, verb, planned_start="2026-10-25T02:30", **values).status_code == 303
    assert now(order).planned_start == later


@pytest.mark.parametrize(
    "wall", ["tomorrow", "2026-02-30T10:00", "99999-01-01T00:00", "1999-12-31T23:59", "2026-01-01T10:00:30"]
)
def test_what_is_no_time_is_refused(wall: str) -> None:
    desk = Desk()
    assert desk.send(desk.draft(), "amend", priority="standard", planned_end=wall).status_code == 422


def test_nothing_different_writes_no_event() -> None:
    desk = Desk()
    order = desk.draft(batch_number="B")
    sent = desk.send(order, "amend", priority="standard", batch_number="B")
    assert sent.status_code == 303
    assert verbs(order) == ["create"]
    assert "nothing was different" in words(desk.client.get(sent["Location"]))


def test_a_target_of_decimals_follows_the_unit() -> None:
    desk = Desk()
    order = desk.draft(10, item=floor.an_item(desk.factory, unit="kg", unit_decimals=2))
    assert desk.send(order, "adjust_quantity", target="2.555", reason="r").status_code == 422
    assert desk.send(order, "adjust_quantity", target="2.55", reason="r").status_code == 303
    assert now(order).quantity_target == Decimal("2.55")


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "line\nbreak", "x" * 501])
def test_text_that_cannot_be_kept_is_refused(text: str) -> None:
    desk = Desk()
    order = desk.draft()
    before = everything()
    assert desk.send(order, "hold", reason=text).status_code == 422
    assert everything() == before


def test_in_a_dialog_the_form_comes_alone_and_success_leads_to_the_whole_page() -> None:
    desk = Desk()
    order = desk.running()
    shown = desk.get(order, "pause", **{"HX-Request": "true"})
    assert "<html" not in shown.content.decode()
    wrong = desk.client.post(
        desk.path(order, "pause"), {"version": order.version, "key": "k1"}, headers={"HX-Request": "true"}
    )
    assert (wrong.status_code, "<html" in wrong.content.decode()) == (422, False)
    sent = desk.client.post(
        desk.path(order, "pause"), {"version": order.version, "key": "k2", "reason": "shift_end"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert (sent.status_code, sent["HX-Redirect"]) == (204, desk.path(order))

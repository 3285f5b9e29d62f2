"""Statements about orders that live here as well: adopted from other faces, held, on machines, with material set aside."""

from decimal import Decimal

import pytest

from factoryos.kernel.models import OutboxMessage
from manufacturing.models import Item, Reservation, Shortage, StockMove
from orders import actions
from orders.models import Assignment, IngestHead, OrderComponent, OrderEvent, ProductionOrder, WorkOrder
from orders.specs import NewLine, Policy
from orders.statements import Followed
from quality.models import Hold
from tests import floor, stores
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom
from tests.orders.truth import require_truth
from tests.stated import END, START, Sender, fresh, order_of

pytestmark = pytest.mark.django_db

DONE, WAITING, CONFLICT = Followed.DONE, Followed.WAITING, Followed.CONFLICT


@pytest.fixture
def stage() -> Stage:
    return Stage(requires_verification=False)


@pytest.fixture
def sender(stage: Stage) -> Sender:
    return Sender(stage.factory)


# --- which order ------------------------------------------------------------------------------------------------------
def test_an_order_of_another_face_is_adopted(stage: Stage, sender: Sender) -> None:
    order = stage.scheduled(100, reference="MO-1", policy=Policy("strict"))
    outcome = sender.say("MO-1", stage.item.sku, units=100, goal="in_production", made=40)
    found = fresh(order)
    assert (outcome.result, outcome.order_id, ProductionOrder.objects.count()) == (DONE, order.pk, 1)
    assert (found.state, found.quantity_good, found.origin, found.over_production) == (
        "in_production",
        40,
        "factory",
        "strict",
    )
    assert (found.planned_start, found.planned_end) == (START, END)
    assert Assignment.objects.get(order=order).active
    assert found.events.get(verb="start").data["machines"] == [stage.machine.code]
    require_truth()


def test_an_adopted_order_keeps_when_it_ran(stage: Stage, sender: Sender) -> None:
    order = stage.completed(100, reference="MO-1")
    sender.say("MO-1", stage.item.sku, units=100, goal="completed", actual_start=START, actual_end=END)
    found = fresh(order)
    assert (found.actual_start, found.actual_end) == (order.actual_start, order.actual_end)


@pytest.mark.parametrize("taken_by", ["another product", "two lines", "another head"])
def test_a_reference_that_is_taken_is_left_alone(taken_by: str, stage: Stage, sender: Sender) -> None:
    sku = "PROD-1"
    if taken_by == "another product":
        stage.draft(reference="MO-1")
    elif taken_by == "two lines":
        item = floor.an_item(stage.factory, sku=sku)
        stage.draft(1, 2, item=item, reference="MO-1")
    else:
        item = floor.an_item(stage.factory, sku=sku)
        order = stage.draft(1, item=item, reference="MO-1")
        IngestHead.objects.create(
            factory=stage.factory, order_number="X", product_id=sku, updated_at=START, content="0" * 32, order=order
        )
    outcome = sender.say("MO-1", sku)
    assert (outcome.result, order_of(outcome).reference) == (DONE, "MO-1/PROD-1")
    assert ProductionOrder.objects.count() == 2


def test_the_second_reference_is_adopted_by_the_same_rule_or_a_conflict(stage: Stage, sender: Sender) -> None:
    stage.draft(reference="MO-1")
    mine = stage.draft(500, reference=f"MO-1/{stage.item.sku}")
    other = floor.an_item(stage.factory, sku="OTHER")
    stage.draft(reference="MO-1/OTHER")
    IngestHead.objects.create(
        factory=stage.factory, order_number="Y", product_id="?", updated_at=START, content="0" * 32,
        order=ProductionOrder.objects.get(reference="MO-1"),
    )  # fmt: skip
    adopted, refused = sender.follow(sender.state("MO-1", stage.item.sku), sender.state("MO-1", other.sku))
    assert (adopted.result, adopted.order_id) == (DONE, mine.pk)
    assert (refused.result, refused.order_id) == (CONFLICT, None)
    assert refused.reason == "Other orders have the references MO-1 and MO-1/OTHER"


def test_two_products_under_one_number_are_two_orders_the_first_has_the_plain_reference(sender: Sender) -> None:
    outcomes = sender.follow(sender.state("MO-1", "PROD-2"), sender.state("MO-1", "PROD-1"))
    assert [order_of(one).reference for one in outcomes] == ["MO-1/PROD-2", "MO-1"]


def test_another_factorys_orders_items_and_references_are_none(stage: Stage, sender: Sender) -> None:
    other = Stage()
    theirs = other.draft(500, reference="MO-1")
    outcome = sender.say("MO-1", other.item.sku)
    assert (outcome.order_id != theirs.pk, order_of(outcome).reference) == (True, "MO-1")
    assert order_of(outcome).item.factory_id == stage.factory.pk
    # A link that names another factory's order is believed by nobody.
    statement = sender.state("MO-2", other.item.sku)
    stolen = type(statement)(
        **{name: getattr(statement, name) for name in statement.__slots__} | {"order_id": theirs.pk}
    )
    before = fresh(theirs).version
    assert sender.follow(stolen)[0].result == CONFLICT
    assert fresh(theirs).version == before


def test_known_items_are_used_and_unknown_ones_become_stubs_once(stage: Stage, sender: Sender) -> None:
    sender.follow(
        *(sender.state(f"MO-{n}", sku) for n, sku in enumerate([stage.item.sku, "NEW", "NEW", "new", "NEW "]))
    )
    stubs = Item.objects.filter(stub=True)
    assert sorted(stubs.values_list("sku", "name")) == [("NEW", "NEW"), ("NEW ", "NEW "), ("new", "new")]
    assert not Item.objects.get(pk=stage.item.pk).stub


# --- holds ------------------------------------------------------------------------------------------------------------
def test_an_open_hold_makes_it_wait_and_its_release_is_told(stage: Stage, sender: Sender) -> None:
    order = order_of(sender.say(goal="scheduled"))
    hold = stage.do(actions.hold, order, reason="odd colour")
    outcome = sender.say(goal="in_production", made=5, planned_start=END)
    found = fresh(order)
    assert (outcome.result, outcome.booked, outcome.look_again) == (WAITING, False, False)
    assert "odd colour" in str(outcome.reason)
    assert (found.state, found.awaited, found.planned_start) == ("scheduled", True, END)
    told = OutboxMessage.objects.filter(topic="order.awaited")
    assert not told.exists()
    floor.done(actions.release_hold, hold_id=Hold.objects.get(order=hold).uuid, by=stage.by)
    message = told.get()
    assert (message.key, message.payload, message.factory_id) == (
        str(order.uuid),
        {"order": order.pk},
        stage.factory.pk,
    )
    again = sender.say(goal="in_production", made=5, planned_start=END, again=True)
    found = fresh(order)
    assert (again.result, found.state, found.quantity_good, found.awaited) == (DONE, "in_production", 5, False)
    require_truth()


def test_cancelling_does_not_wait_for_a_hold(stage: Stage, sender: Sender) -> None:
    order = order_of(sender.say(goal="scheduled"))
    stage.do(actions.hold, order, reason="odd colour")
    assert (sender.say(goal="cancelled").result, fresh(order).state) == (DONE, "cancelled")


def test_a_hold_keeps_pieces_from_being_booked(stage: Stage, sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=5))
    stage.do(actions.hold, order, reason="odd colour")
    outcome = sender.say(goal="completed", made=9)
    assert (outcome.result, outcome.booked, fresh(order).state, fresh(order).quantity_good) == (
        WAITING,
        False,
        "paused",
        5,
    )


def test_machine_counts_on_an_awaited_order_are_told_to_whoever_waits(stage: Stage, sender: Sender) -> None:
    order = stage.running(100)
    other = stage.running(100, on=[floor.a_machine(stage.factory)])
    ProductionOrder.objects.filter(pk=order.pk).update(awaited=True)
    from tests.counted import a_count, booked

    booked(a_count(stage.machine, 1))
    booked(a_count(Assignment.objects.get(order=other).machine, 1))
    assert [message.key for message in OutboxMessage.objects.filter(topic="order.awaited")] == [str(order.uuid)]


# --- machines, operations, material -----------------------------------------------------------------------------------
def test_a_machine_that_runs_another_order_is_waited_for(stage: Stage, sender: Sender) -> None:
    running = stage.running(10)
    order = stage.scheduled(100, reference="MO-1")
    outcome = sender.say("MO-1", stage.item.sku, units=100, goal="completed", made=40)
    found = fresh(order)
    assert (outcome.result, outcome.look_again, outcome.booked) == (WAITING, True, False)
    assert running.reference in str(outcome.reason)
    assert (found.state, found.planned_start) == ("scheduled", START)
    stage.do(actions.complete, running)
    outcome = sender.say("MO-1", stage.item.sku, units=100, goal="completed", made=40, again=True)
    assert (outcome.result, fresh(order).state, fresh(order).quantity_good) == (DONE, "completed", 40)
    assert not Assignment.objects.filter(active=True).exists()
    require_truth()


def test_ending_frees_machines_ends_operations_and_gives_material_free() -> None:
    room = Storeroom(per_unit=2, stock=100, requires_verification=False)
    sender = Sender(room.factory)
    for verb in ("completed", "cancelled", "paused"):
        order = room.running(10, reference=f"MO-{verb}")
        WorkOrder.objects.create(order=order, sequence=9, name="Assembly", status="in_progress", started_at=START)
        assert Reservation.objects.filter(component__order=order).exists()
        outcome = sender.say(f"MO-{verb}", room.item.sku, units=10, goal=verb)
        assert (outcome.result, fresh(order).state) == (DONE, verb)
        assert not Assignment.objects.filter(order=order, active=True).exists()
        ended = verb != "paused"
        assert WorkOrder.objects.filter(order=order, status="done").exists() == ended
        assert Reservation.objects.filter(component__order=order).exists() != ended
    require_truth()


def test_a_new_target_is_shared_out_and_reserved_as_with_the_verb() -> None:
    room = Storeroom(per_unit=2, stock=100)
    sender = Sender(room.factory)
    order = room.scheduled(10, reference="MO-1")
    outcome = sender.say("MO-1", room.item.sku, units=15)
    assert (outcome.result, Assignment.objects.get(order=order).quantity, room.stock()) == (DONE, 15, (100, 30))
    assert fresh(order).events.get(verb="adjust_quantity").data["assignments"] == [
        {"on": room.machine.code, "quantity": "15"}
    ]
    split = room.scheduled(10, on=[room.machine, floor.a_machine(room.factory)], reference="MO-2")
    outcome = sender.say("MO-2", room.item.sku, units=15)
    assert (outcome.result, "split" in str(outcome.reason), fresh(split).quantity_target) == (CONFLICT, True, 10)
    require_truth()


def test_a_product_with_parts_reserves_and_uses_nothing() -> None:
    room = Storeroom(per_unit=2, stock=100, requires_verification=False)
    stores.a_bom(room.by, stepped := floor.an_item(room.factory), {room.part: 1}, "Cut", "Bend")
    sender = Sender(room.factory)
    before = StockMove.objects.count()
    states = [
        sender.state(f"MO-{n}", sku, goal="in_production", made=5)
        for n, sku in enumerate([room.item.sku, stepped.sku] * 2)
    ]
    outcomes = sender.follow(*states)
    assert {one.result for one in outcomes} == {DONE}
    assert OrderComponent.objects.count() == 4
    names = WorkOrder.objects.filter(order=outcomes[1].order_id).order_by("sequence").values_list("name", flat=True)
    assert list(names) == ["Cut", "Bend"]
    made = floor.done(actions.create, by=room.by, lines=[NewLine(stepped, Decimal(500))])
    columns = ("item_id", "position", "uom", "numerator", "denominator")
    assert list(OrderComponent.objects.filter(order=made).values_list(*columns)) == list(
        OrderComponent.objects.filter(order=outcomes[1].order_id).values_list(*columns)
    )
    floor.done(actions.begin_work, order_id=outcomes[1].order_id, sequence=1, by=room.by)
    assert sender.say("MO-1", stepped.sku, units=700, goal="in_production", made=5).result == DONE
    sender.say("MO-0", room.item.sku, units=700, goal="completed", made=8)
    assert (StockMove.objects.count(), room.stock()) == (before, (100, 0))
    assert not Reservation.objects.exists()
    assert not Shortage.objects.exists()
    require_truth()


def test_one_bom_beyond_counting_spoils_no_other() -> None:
    room = Storeroom(per_unit=10**6)
    sender = Sender(room.factory)
    bad, good = sender.follow(sender.state("MO-1", room.item.sku, units=10**12), sender.state("MO-2", "X"))
    assert (bad.result, bad.order_id, good.result) == (CONFLICT, None, DONE)
    require_truth()


# --- over-production --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("policy", "most"), [(Policy("strict"), 100), (Policy("tolerance", Decimal(10)), 110)])
def test_an_adopted_orders_policy_is_kept(policy: Policy, most: int, stage: Stage, sender: Sender) -> None:
    order = stage.running(100, reference="MO-1", policy=policy)
    say = {"units": 100, "goal": "completed"}
    outcome = sender.say("MO-1", stage.item.sku, made=most + 1, **say)
    found = fresh(order)
    assert (outcome.result, outcome.booked, found.state, found.quantity_good) == (CONFLICT, False, "in_production", 0)
    assert outcome.reason == f"{most + 1} produced units are more than the {most} allowed"
    assert found.events.order_by("-seq")[0].data["conflict"] == outcome.reason
    again = sender.say("MO-1", stage.item.sku, made=most + 1, again=True, **say)
    assert (again.result, fresh(order).version) == (CONFLICT, found.version)
    assert sender.say("MO-1", stage.item.sku, made=most, **say).result == DONE
    assert (fresh(order).state, fresh(order).quantity_good) == ("completed", most)
    require_truth()


def test_a_target_below_what_is_made_on_a_strict_order_is_a_conflict(stage: Stage, sender: Sender) -> None:
    order = stage.running(100, reference="MO-1", policy=Policy("strict"))
    stage.report(order, good=60)
    outcome = sender.say("MO-1", stage.item.sku, units=50, goal="in_production")
    assert (outcome.result, fresh(order).quantity_target) == (CONFLICT, 100)
    assert outcome.reason == "50 units are ordered, but 60 good ones are made already"


# --- trouble ----------------------------------------------------------------------------------------------------------
def test_whoever_may_not_has_nothing_followed(stage: Stage) -> None:
    viewer = Sender(stage.factory, "viewer")
    outcome = viewer.say()
    assert (outcome.result, outcome.order_id) == (CONFLICT, None)
    assert not OrderEvent.objects.exists()


def test_one_that_breaks_spoils_no_other(stage: Stage, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    from orders.actions.following import quantities

    write = quantities._write

    def broken(case: object, more: Decimal) -> None:
        if more == 13:
            raise ZeroDivisionError
        write(case, more)  # type: ignore[arg-type]

    monkeypatch.setattr(quantities, "_write", broken)
    statements = [sender.state(f"MO-{n}", goal="completed", made=12 + n) for n in range(3)]
    outcomes = sender.follow(*statements)
    assert [one.result for one in outcomes] == [DONE, Followed.FAILED, DONE]
    assert (outcomes[1].reason, outcomes[1].order_id) == ("ZeroDivisionError", None)
    assert ProductionOrder.objects.count() == 2
    require_truth()


def test_a_line_that_was_taken_away_is_a_conflict(stage: Stage, sender: Sender) -> None:
    order = order_of(sender.say("MO-1", stage.item.sku))
    other = floor.done(
        actions.add_line, order_id=order.pk, by=stage.by, line=NewLine(floor.an_item(stage.factory), Decimal(4))
    )
    assert other
    outcome = sender.say("MO-1", stage.item.sku, units=7, goal="in_production", made=3)
    found = fresh(order)
    assert (outcome.result, found.quantity_target, found.quantity_good) == (DONE, 11, 3)
    line = order.lines.exclude(item=stage.item).get()
    assert (line.target, line.good) == (4, 0)
    require_truth()
    second = order_of(sender.say("MO-2", stage.item.sku))
    floor.done(
        actions.add_line, order_id=second.pk, by=stage.by, line=NewLine(floor.an_item(stage.factory), Decimal(4))
    )
    floor.done(actions.remove_line, order_id=second.pk, by=stage.by, line_id=second.lines.get(item=stage.item).pk)
    assert sender.say("MO-2", stage.item.sku, goal="in_production").result == CONFLICT

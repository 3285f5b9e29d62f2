"""Lines, shifts and doubtful counts on their pages: through the verbs, told beside the field, one factory each."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages

from factoryos.kernel import clock
from factoryos.kernel.models import Membership
from factoryos.supervision.iot.shifts import days_of
from iot.models import Connection, CounterBaseline, CounterPoint, CountReview, Shift
from manufacturing.models import Machine
from orders.models import Assignment, ProductionOrder, QuantityEntry
from tests.supervision.world import World, keeper, page, signed_in, state_of_everything

pytestmark = pytest.mark.django_db


def line(factory: Any, **facts: Any) -> dict[str, Any]:
    made = {"code": "LINE-9", "driver": "modbus_tcp", "address": '{"host": "10.0.0.9"}', "poll_every_s": "1"}
    return {"factory": factory.pk, "active": "on", **made} | facts


def counter(connection: Connection, machine: Machine, **facts: Any) -> dict[str, Any]:
    made = {"role": "reject", "where": '{"address": 2}', "encoding": "u32", "word_order": "big", "byte_order": "big"}
    made |= {"modulus": "", "scale": "1", "decimals": "0", "max_rate": "10", "states": ""}
    return {"connection": connection.pk, "machine": machine.pk, **made} | facts


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_line_is_made_with_a_point_and_changed_and_retired_through_the_verbs() -> None:
    world = World()
    client, press = signed_in(world.supervisor()), world.plant.cnc1
    assert client.post(page(Connection, "add"), line(world.factory)).status_code == 302
    made = Connection.objects.get(code="LINE-9")
    assert (made.bus, made.version, made.factory) == ("10.0.0.9:502", 1, world.factory)
    assert client.post(page(CounterPoint, "add"), counter(made, press)).status_code == 302
    point = CounterPoint.objects.get(connection=made)
    assert CounterBaseline.objects.get(point=point).raw is None and Machine.objects.get(pk=press.pk).counted
    shown = client.get(page(Connection, "change", made.pk)).content.decode()
    assert "Rejected pieces" in shown and f"?connection={made.pk}" in shown
    changed = line(world.factory, address='{"host": "10.0.0.10"}')
    assert client.post(page(Connection, "change", made.pk), changed).status_code == 302
    made = Connection.objects.get(pk=made.pk)
    assert (made.bus, made.version) == ("10.0.0.10:502", 3)
    unchanged = client.post(page(Connection, "change", made.pk), changed)
    assert unchanged.status_code == 302 and Connection.objects.get(pk=made.pk).version == 3
    retire = {"action": "retire", "_selected_action": [made.pk]}
    before = state_of_everything()
    assert client.post(page(Connection, "changelist"), retire).status_code == 200
    assert state_of_everything() == before, "asking is not doing"
    answer = client.post(page(Connection, "changelist"), retire | {"confirmed": "yes"})
    assert told(answer) == ["LINE-9 (modbus_tcp): It is retired."]
    assert not Connection.objects.get(pk=made.pk).active and not CounterPoint.objects.get(pk=point.pk).active
    assert not Machine.objects.get(pk=press.pk).counted


WRONG_LINES: list[tuple[dict[str, Any], str]] = [
    ({"address": '{"hots": "x"}'}, "is no setting of a Modbus/TCP connection"),
    ({"address": "[" * 1000 + "]" * 1000}, "one flat object"),
    ({"address": "[" * 9000 + "]" * 9000}, "At most 2000 characters"),
    ({"address": "[1]"}, "must be an object"),
    ({"address": "{" + " " * 3000}, "At most 2000 characters"),
    ({"address": '{"host": "a\\u0000b"}'}, "code 0"),
    ({"address": '{"host": "x", "timeout": NaN}'}, "is no number"),
    ({"address": "host=10.0.0.5"}, "Enter a valid JSON"),
    ({"driver": "opc_ua"}, "not one of the available choices"),
    ({"poll_every_s": "0"}, "greater than or equal to 0.05"),
    ({"poll_every_s": "nan"}, "Enter a number"),
    ({"code": "a b"}, "A code has up to 40"),
]


def test_what_is_wrong_with_a_line_is_told_beside_its_field() -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    for form, why in WRONG_LINES:
        answer = client.post(page(Connection, "add"), line(world.factory, **form))
        assert answer.status_code == 200 and why in answer.content.decode(), form
    assert state_of_everything() == before


def test_what_is_taken_is_named_and_only_in_one_s_own_factory() -> None:
    here, there = World(), World()
    client, own = signed_in(here.supervisor()), here.things[Connection]
    assert isinstance(own, Connection)
    before = state_of_everything()
    for facts, why in (
        ({"code": own.code.lower()}, f"code {own.code.lower()} is already taken"),
        ({"address": f'{{"host": "{own.address["host"].upper()}"}}'}, f"is polled by {own.code} already"),
    ):
        assert why in client.post(page(Connection, "add"), line(here.factory, **facts)).content.decode()
    point = counter(own, here.plant.press, role="good")
    assert f"for good already, on {own.code}" in client.post(page(CounterPoint, "add"), point).content.decode()
    assert state_of_everything() == before
    theirs = there.things[Connection]
    assert isinstance(theirs, Connection)
    same = line(here.factory, code=theirs.code, address=f'{{"host": "{theirs.address["host"]}"}}')
    assert client.post(page(Connection, "add"), same).status_code == 302


def test_nothing_of_another_factory_is_taken_in_by_a_crafted_form() -> None:
    here, there = World(), World()
    own, theirs = here.things[Connection], there.things[Connection]
    assert isinstance(own, Connection) and isinstance(theirs, Connection)
    for user in (here.supervisor(), keeper()):
        client = signed_in(user)
        before = state_of_everything()
        crossed = [counter(own, there.plant.cnc1), counter(theirs, here.plant.cnc1)]
        for form in crossed:
            assert client.post(page(CounterPoint, "add"), form).status_code == 200
        moved = counter(own, there.plant.cnc1, role="good", where='{"address": 0}')
        assert client.post(page(CounterPoint, "change", here.things[CounterPoint].pk), moved).status_code == 200
        if not user.is_superuser:
            assert client.post(page(Connection, "add"), line(there.factory)).status_code == 200
            retire = {"action": "retire", "_selected_action": [theirs.pk], "confirmed": "yes"}
            assert "None of the chosen" in told(client.post(page(Connection, "changelist"), retire))[-1]
        assert state_of_everything() == before


WRONG_POINTS: list[tuple[dict[str, Any], str]] = [
    ({"where": "{}"}, "Address must be a whole number"),
    ({"where": '{"address": 0, "unit": 300}'}, "Unit must be a whole number"),
    ({"encoding": "bit", "where": '{"table": "coils", "address": 0}'}, "A single bit cannot count"),
    ({"modulus": "10"}, "may go round unseen"),
    ({"max_rate": "0"}, "greater than or equal to 0.0001"),
    ({"scale": "0"}, "more than 0 pieces"),
    ({"states": '{"1": "asleep"}', "role": "state"}, "A state is one of running, idle, down, no_data"),
]


def test_what_is_wrong_with_a_point_is_told_beside_its_field() -> None:
    world = World()
    client, own = signed_in(world.supervisor()), world.things[Connection]
    assert isinstance(own, Connection)
    before = state_of_everything()
    for form, why in WRONG_POINTS:
        answer = client.post(page(CounterPoint, "add"), counter(own, world.plant.press, **form))
        assert answer.status_code == 200 and why in answer.content.decode(), form
    assert state_of_everything() == before


def test_a_counter_that_is_read_elsewhere_is_a_new_point_and_one_is_led_to_it() -> None:
    world = World()
    client, own, old = signed_in(world.supervisor()), world.things[Connection], world.things[CounterPoint]
    assert isinstance(own, Connection) and isinstance(old, CounterPoint)
    form = counter(own, world.plant.press, role="good", where='{"address": 0}')
    slower = client.post(page(CounterPoint, "change", old.pk), form | {"max_rate": "5"})
    assert slower.status_code == 302 and CounterPoint.objects.get(connection=own).max_rate == 5.0
    answer = client.post(page(CounterPoint, "change", old.pk), form | {"where": '{"address": 64}', "max_rate": "5"})
    new = CounterPoint.objects.get(connection=own, active=True)
    assert answer.status_code == 302 and answer["Location"] == page(CounterPoint, "change", new.pk)
    assert "a new point begins to count" in told(answer)[-1]
    assert new.pk != old.pk and CounterBaseline.objects.get(point=old).raw == 9000
    kept = client.get(page(CounterPoint, "change", old.pk))
    assert kept.status_code == 200 and 'name="_save"' not in kept.content.decode()
    assert client.post(page(CounterPoint, "change", old.pk), form).status_code == 403
    retire = {"action": "retire", "_selected_action": [new.pk], "confirmed": "yes"}
    assert told(client.post(page(CounterPoint, "changelist"), retire))[-1].endswith(f"on {own.code}: It is retired.")
    assert not Machine.objects.get(pk=world.plant.press.pk).counted


def shift(factory: Any, **facts: Any) -> dict[str, Any]:
    return {"factory": factory.pk, "name": "Night", "weekdays": ["1", "16"], "starts": "22:00", "ends": "06:00"} | facts


def test_a_shift_is_made_changed_and_taken_away_by_its_days() -> None:
    world = World()
    client = signed_in(world.supervisor())
    assert client.post(page(Shift, "add"), shift(world.factory)).status_code == 302
    made = Shift.objects.get(name="Night")
    assert (days_of(made.weekdays), made.starts) == (["Monday", "Friday"], time(22))
    text = client.get(page(Shift, "change", made.pk)).content.decode()
    assert text.count("checked") == 2 and "Mon, Fri" in client.get(page(Shift, "changelist")).content.decode()
    assert client.post(page(Shift, "change", made.pk), shift(world.factory, weekdays=["64"])).status_code == 302
    assert days_of(Shift.objects.get(pk=made.pk).weekdays) == ["Sunday"]
    assert client.post(page(Shift, "delete", made.pk), {"post": "yes"}).status_code == 302
    assert not Shift.objects.filter(pk=made.pk).exists()


WRONG_SHIFTS: list[tuple[dict[str, Any], str]] = [
    ({"weekdays": []}, "required"),
    ({"weekdays": ["128"]}, "not one of the available choices"),
    ({"ends": "22:00"}, "ends at another time"),
    ({"valid_from": "2026-05-01", "valid_until": "2026-04-30"}, "lies before the first"),
    ({"valid_from": "9999-05-01"}, "between 2000 and 2199"),
    ({"name": "a\x07"}, "control characters"),
]


def test_what_is_wrong_with_a_shift_is_told_beside_its_field() -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    for form, why in WRONG_SHIFTS:
        answer = client.post(page(Shift, "add"), shift(world.factory, **form))
        assert answer.status_code == 200 and why in answer.content.decode(), form
    assert state_of_everything() == before


def decide(client: Any, verb: str, review: Any, **given: Any) -> Any:
    data = {"action": verb, "_selected_action": [review.pk], **given}
    return client.post(page(CountReview, "changelist"), data)


def a_running_order(world: World) -> ProductionOrder:
    order = ProductionOrder.objects.get(uuid=world.plant.order("in_production", machine="CNC-001").split("/")[1])
    Assignment.objects.filter(order=order).update(active_from=clock.now() - timedelta(hours=1))
    return order


def test_a_doubtful_count_is_booked_on_the_order_that_ran_then_or_on_the_one_that_is_named() -> None:
    world = World()
    order, review = a_running_order(world), world.things[CountReview]
    CountReview.objects.filter(pk=review.pk).update(machine=world.plant.cnc1)
    client = signed_in(world.supervisor())
    before = state_of_everything()
    asked = decide(client, "book", review)
    assert asked.status_code == 200 and f'value="{order.reference}"' in asked.content.decode()
    wrong = decide(
        client, "book", review, confirmed="yes", **{f"pieces_{review.pk}": "0", f"order_{review.pk}": "NONE"}
    )
    text = wrong.content.decode()
    assert wrong.status_code == 422 and "There is no order NONE." in text and "greater than or equal" in text
    assert state_of_everything() == before
    given = {f"pieces_{review.pk}": "40", f"order_{review.pk}": order.reference, "note": "seen on the belt"}
    answer = decide(client, "book", review, confirmed="yes", **given)
    assert told(answer)[-1] == "CNC-001, 8990 pieces: 40 pieces are booked."
    booked = CountReview.objects.get(pk=review.pk)
    assert (booked.state, booked.note, booked.decided_entry.good) == ("booked", "seen on the belt", Decimal(40))  # type: ignore[union-attr]
    again = decide(client, "book", review, confirmed="yes", **given)
    assert told(again)[-1].endswith("Nothing was changed.") and QuantityEntry.objects.filter(order=order).count() == 1


def test_a_doubtful_count_is_dismissed_with_a_reason_and_not_by_strangers_or_without_the_role() -> None:
    here, there = World(), World()
    review, user = here.things[CountReview], keeper()
    Membership.objects.create(user=user, factory=here.factory, roles=["viewer"])
    client, stranger = signed_in(here.supervisor()), signed_in(there.supervisor())
    before = state_of_everything()
    assert "None of the chosen" in told(decide(stranger, "dismiss", review, confirmed="yes"))[-1]
    assert "needs one of the roles" in told(decide(signed_in(user), "dismiss", review, confirmed="yes", note="n"))[-1]
    assert decide(client, "dismiss", review, confirmed="yes", note=" ").status_code == 422
    assert state_of_everything() == before
    answer = decide(client, "dismiss", review, confirmed="yes", note="a spike")
    assert told(answer)[-1] == "PRESS-01, 8990 pieces: It is dismissed."
    dismissed = CountReview.objects.get(pk=review.pk)
    assert (dismissed.state, dismissed.note, dismissed.decided_entry) == ("dismissed", "a spike", None)


def test_a_stranger_s_order_cannot_be_booked_on_nor_told_from_none() -> None:
    here, there = World(), World()
    theirs, review = a_running_order(there), here.things[CountReview]
    client = signed_in(here.supervisor())
    answers = [
        decide(client, "book", review, confirmed="yes", **{f"pieces_{review.pk}": "4", f"order_{review.pk}": reference})
        for reference in (theirs.reference, "NOBODYS")
    ]
    if not ProductionOrder.objects.filter(factory=here.factory, reference=theirs.reference).exists():
        texts = [answer.content.decode().replace(theirs.reference, "X").replace("NOBODYS", "X") for answer in answers]
        assert "There is no order X." in texts[0] and "There is no order X." in texts[1]
    assert not QuantityEntry.objects.filter(order=theirs).exists()

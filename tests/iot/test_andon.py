"""Calls for help: raised once a cause, answered, and louder while nobody comes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F

from factoryos.kernel import clock, outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.problems import NotFound, RoleMissing
from iot import andon
from iot.models import AndonCall
from manufacturing.models import Machine
from orders.problems import AlreadyDone
from tests.evidence import everything
from tests.floor import a_factory, a_machine, an_actor, done
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


class Clock:
    """What time the application believes it is; the database keeps its own."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        """Later, without waiting: what is to be done by then the database takes for due."""
        self.now += by
        due = OutboxMessage.objects.filter(done_at=None, available_at__lte=self.now)
        due.update(available_at=F("created_at"))


@pytest.fixture
def hands() -> Iterator[Clock]:
    held = Clock()
    clock.use(held)
    yield held
    clock.use(None)


@pytest.fixture
def machine() -> Machine:
    return a_machine(a_factory(), code="PRESS-01")


@pytest.fixture
def tan(machine: Machine) -> Actor:
    return an_actor(machine.factory, "technician")


def called(machine: Machine, *, reason: str = "tooling_change", **facts: Any) -> AndonCall:
    return done(andon.raise_call, machine=machine, reason=reason, by=an_actor(machine.factory), **facts).call


def announced() -> list[tuple[str, str]]:
    """State and priority of each announcement so far."""
    messages = OutboxMessage.objects.filter(topic=andon.CHANGED).order_by("id")
    return [(message.payload["state"], message.payload["priority"]) for message in messages]


def test_a_call_is_raised_and_announced(machine: Machine, tan: Actor, hands: Clock) -> None:
    raised = done(andon.raise_call, machine=machine, reason="Tooling", by=tan, priority="high", notes="Die 7")
    call = AndonCall.objects.get()
    assert raised.new and raised.call.pk == call.pk
    assert (call.reason, call.priority, call.notes, call.state, call.escalation) == (
        "Tooling",
        "high",
        "Die 7",
        "open",
        0,
    )
    assert (call.raised_by_name, call.raised_at, call.factory_id) == ("technician", hands.now, machine.factory_id)
    message = OutboxMessage.objects.get(topic=andon.CHANGED)
    assert (message.factory_id, message.key) == (machine.factory_id, str(call.uuid))
    assert message.payload == {
        "machineCode": "PRESS-01", "callId": str(call.uuid), "state": "open", "priority": "high",
        "at": hands.now.isoformat(),
    }  # fmt: skip


def test_the_same_cause_gives_the_open_call_back_and_tells_nobody_again(machine: Machine, tan: Actor) -> None:
    first = called(machine, reason="No material")
    for state in ("open", "acknowledged"):
        before = everything()
        again = done(andon.raise_call, machine=machine, reason="nO MATERIAL", by=tan, priority="critical")
        assert (again.new, again.call.pk, again.call.state) == (False, first.pk, state)
        assert everything() == before
        if state == "open":
            done(andon.acknowledge, call_id=first.uuid, by=tan)
    done(andon.resolve, call_id=first.uuid, by=tan)
    assert called(machine, reason="no material").pk != first.pk


def test_another_cause_and_another_machine_are_other_calls(machine: Machine) -> None:
    calls = {called(machine, reason="a").pk, called(machine, reason="b").pk}
    calls.add(called(a_machine(machine.factory), reason="a").pk)
    assert len(calls) == AndonCall.objects.count() == 3


def raised_at_once(machine: Machine, by: Actor) -> list[andon.Raised]:
    def press(reason: str) -> andon.Raised:
        return done(andon.raise_call, machine=machine, reason=reason, by=by)

    outcomes = at_once(*[lambda word=word: press(word) for word in ("Jam", "jam", "JAM", "jAM")])
    raised = [outcome for outcome in outcomes if isinstance(outcome, andon.Raised)]
    assert len(raised) == 4, outcomes
    return raised


def test_two_who_raise_the_same_at_once_have_raised_one_call(machine: Machine, tan: Actor) -> None:
    raised = raised_at_once(machine, tan)
    assert sorted(one.new for one in raised) == [False, False, False, True]
    assert {one.call.pk for one in raised} == {AndonCall.objects.get().pk}
    assert announced() == [("open", "medium")]


def test_control_without_the_index_there_are_several(machine: Machine, tan: Actor) -> None:
    index = next(one for one in AndonCall._meta.constraints if one.name == "andon_open_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(AndonCall, index)
    try:
        assert sum(one.new for one in raised_at_once(machine, tan)) > 1
    finally:
        AndonCall.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(AndonCall, index)


def test_a_call_is_acknowledged_and_resolved(machine: Machine, tan: Actor, hands: Clock) -> None:
    call = called(machine)
    acknowledged = done(andon.acknowledge, call_id=call.uuid, by=tan)
    assert (acknowledged.state, acknowledged.acknowledged_at, acknowledged.acknowledged_by_name) == (
        "acknowledged", hands.now, "technician",
    )  # fmt: skip
    hands.turn(MINUTE)
    resolved = done(andon.resolve, call_id=call.uuid, by=tan)
    assert (resolved.state, resolved.resolved_at) == ("resolved", hands.now)
    assert resolved.acknowledged_at == hands.now - MINUTE
    assert announced() == [("open", "medium"), ("acknowledged", "medium"), ("resolved", "medium")]


def test_what_was_done_is_refused_again(machine: Machine, tan: Actor) -> None:
    call = called(machine)
    done(andon.acknowledge, call_id=call.uuid, by=tan)
    for verb, goes_on in ((andon.acknowledge, andon.resolve), (andon.acknowledge, None), (andon.resolve, None)):
        before = everything()
        with pytest.raises(AlreadyDone):
            done(verb, call_id=call.uuid, by=tan)
        assert everything() == before
        if goes_on:
            done(goes_on, call_id=call.uuid, by=tan)


def test_an_open_call_may_be_resolved_at_once(machine: Machine, tan: Actor) -> None:
    call = done(andon.resolve, call_id=called(machine).uuid, by=tan)
    assert (call.state, call.acknowledged_at) == ("resolved", None)


@pytest.mark.parametrize("verb", [andon.acknowledge, andon.resolve])
def test_of_two_who_answer_at_once_one_was_first(machine: Machine, tan: Actor, verb: Any) -> None:
    call = called(machine)
    outcomes = at_once(*[lambda: done(verb, call_id=call.uuid, by=tan)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyDone", "AndonCall"]
    assert len(announced()) == 2


def test_a_viewer_calls_nobody_and_a_stranger_finds_nothing(machine: Machine) -> None:
    call = called(machine)
    before = everything()
    viewer, stranger = an_actor(machine.factory, "viewer"), an_actor(a_factory())
    with pytest.raises(RoleMissing):
        done(andon.raise_call, machine=machine, reason="x", by=viewer)
    for verb in (andon.acknowledge, andon.resolve):
        with pytest.raises(RoleMissing):
            done(verb, call_id=call.uuid, by=viewer)
        ids: list[UUID | None] = [call.uuid, uuid7(), None]
        for call_id in ids:
            with pytest.raises(NotFound, match="not_found"):
                done(verb, call_id=call_id, by=stranger)
    assert everything() == before


@pytest.mark.parametrize(("priority", "minutes"), [("critical", 2), ("high", 5), ("medium", 15), ("low", 60)])
def test_what_nobody_answers_grows_louder(machine: Machine, hands: Clock, priority: str, minutes: int) -> None:
    call = called(machine, priority=priority)
    for loudness in range(3):
        hands.turn(minutes * MINUTE - timedelta(seconds=1))
        outbox.relay()
        call.refresh_from_db()
        assert (call.escalation, len(announced())) == (loudness, loudness + 1)
        hands.turn(timedelta(seconds=1))
        outbox.relay()
        call.refresh_from_db()
        assert (call.escalation, len(announced())) == (loudness + 1, loudness + 2)
    assert OutboxMessage.objects.filter(topic=andon.ESCALATE, done_at=None).count() == 1


@pytest.mark.parametrize("verb", [andon.acknowledge, andon.resolve])
def test_what_somebody_answered_grows_no_louder(machine: Machine, tan: Actor, hands: Clock, verb: Any) -> None:
    call = called(machine, priority="critical")
    done(verb, call_id=call.uuid, by=tan)
    hands.turn(10 * MINUTE)
    outbox.relay()
    call.refresh_from_db()
    assert (call.escalation, len(announced())) == (0, 2)
    assert not OutboxMessage.objects.filter(done_at=None).exists()


def test_the_same_message_twice_makes_it_louder_once(machine: Machine, hands: Clock) -> None:
    call = called(machine, priority="critical")
    put = OutboxMessage.objects.get(topic=andon.ESCALATE)
    message = outbox.Message(put.pk, put.topic, put.factory_id, put.key, put.payload, 1, 1)
    done(andon.escalate, messages=[message, message])
    done(andon.escalate, messages=[message])
    call.refresh_from_db()
    assert (call.escalation, len(announced())) == (1, 2)
    assert OutboxMessage.objects.filter(topic=andon.ESCALATE).count() == 2


def test_a_call_is_not_announced_for_ever(machine: Machine, hands: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(andon, "LOUDEST", 2)
    call = called(machine, priority="critical")
    for _ in range(4):
        hands.turn(2 * MINUTE)
        outbox.relay()
    call.refresh_from_db()
    assert (call.escalation, call.state) == (2, "open")

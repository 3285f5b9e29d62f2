"""Andon: who calls for help at a machine, who has come, and what happens when nobody does.

A call is one row, and every change of it is announced. The same cause is open at a machine only once: the unique index
decides, so that two people who press at the same instant have raised one call. While a call is open a message waits in
the outbox for the instant at which somebody should have come.
"""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Lower

from factoryos.kernel import clock, outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import uuid7
from factoryos.kernel.locks import locked
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy, NotFound
from iot.models import AndonCall
from manufacturing.models import Machine
from orders.problems import AlreadyDone

State, Priority = AndonCall.State, AndonCall.Priority

CHANGED = "andon.changed"
ESCALATE = "andon.escalate"
PERMISSION = "andon"

# How long a call of each priority may stay unanswered before it is announced again, louder.
MINUTES: dict[str, int] = {Priority.CRITICAL: 2, Priority.HIGH: 5, Priority.MEDIUM: 15, Priority.LOW: 60}
LOUDEST = 1000  # a call that nobody has answered by then is not answered because it is announced once more

ACTIVE = (State.OPEN, State.ACKNOWLEDGED)
_TRIES = 5

Row = dict[str, Any]


class Raised(NamedTuple):
    """A call, and whether it was this one who raised it or it was open before."""

    call: AndonCall
    new: bool


def raise_call(*, machine: Machine, reason: str, by: Actor, priority: str = Priority.MEDIUM, notes: str = "") -> Raised:
    """Call for help at a machine. Where the same cause (ignoring case) is not resolved yet, that call is given back.

    Problems: RoleMissing; Busy (calls for the same cause come and go faster than this one can be raised).
    """
    authorise(by, PERMISSION)
    for _ in range(_TRIES):
        if call_id := _insert(machine=machine, reason=reason, by=by, priority=priority, notes=notes):
            call = _with_machine().get(pk=call_id)
            _announce(call)
            _escalate_later(call)
            return Raised(call, new=True)
        # Whoever holds the index has committed by now, so it is seen; unless it was resolved in between.
        if known := _unresolved(machine, reason=reason):
            return Raised(known, new=False)
    raise Busy()


def _insert(*, machine: Machine, reason: str, by: Actor, priority: str, notes: str) -> int | None:
    """The id of a new row; None where the index has the same cause already, however lately it was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO iot_andoncall (uuid, factory_id, machine_id, reason, priority, notes, state, escalation,
                raised_by_id, raised_by_name, raised_at)
            VALUES (%s, %s, %s, %s, %s, %s, 'open', 0, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
            """,
            [uuid7(), by.factory.id, machine.pk, reason, priority, notes, by.id, by.name, clock.now()],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _unresolved(machine: Machine, *, reason: str) -> AndonCall | None:
    """Folded as the index folds it: by the database, on both sides."""
    calls = _with_machine().filter(machine=machine, state__in=ACTIVE).alias(folded=Lower("reason"))
    return calls.filter(folded=Lower(Value(reason))).first()


def acknowledge(*, call_id: UUID | None, by: Actor) -> AndonCall:
    """Somebody is coming: the call is announced no louder. Problems: RoleMissing; NotFound; AlreadyDone."""
    call = _locked(call_id, by=by)
    if call.state != State.OPEN:
        raise AlreadyDone(thing=f"The call is {call.state}")
    call.state, call.acknowledged_at, call.acknowledged_by_name = State.ACKNOWLEDGED, clock.now(), by.name
    call.save(update_fields=["state", "acknowledged_at", "acknowledged_by_name"])
    _announce(call)
    return call


def resolve(*, call_id: UUID | None, by: Actor) -> AndonCall:
    """The cause is gone, whether or not anybody had said to come. Problems: RoleMissing; NotFound; AlreadyDone."""
    call = _locked(call_id, by=by)
    if call.state == State.RESOLVED:
        raise AlreadyDone(thing=f"The call is {call.state}")
    call.state, call.resolved_at, call.resolved_by_name = State.RESOLVED, clock.now(), by.name
    call.save(update_fields=["state", "resolved_at", "resolved_by_name"])
    _announce(call)
    return call


def _locked(call_id: UUID | None, *, by: Actor) -> AndonCall:
    authorise(by, PERMISSION)
    call = find_call(call_id, factory_id=by.factory.id)
    return locked(_with_machine(), ids=[call.pk]).get()


def find_call(call_id: UUID | None, *, factory_id: int) -> AndonCall:
    """The factory's call with this uuid. Problem: NotFound, for a stranger's call and for none alike."""
    call = AndonCall.objects.filter(factory_id=factory_id, uuid=call_id).first() if call_id else None
    if call is None:
        raise NotFound(thing="Andon call")
    return call


def calls_of(factory_id: int) -> QuerySet[AndonCall, Row]:
    """The factory's calls as rows, newest first, with `machine_uuid` and `machine_code`."""
    rows = AndonCall.objects.filter(factory_id=factory_id).order_by("-id")
    fields = [field.attname for field in AndonCall._meta.concrete_fields]
    return rows.values(*fields, machine_uuid=F("machine__uuid"), machine_code=F("machine__code"))


def _with_machine() -> QuerySet[AndonCall]:
    return AndonCall.objects.select_related("machine")


def _announce(call: AndonCall) -> None:
    payload = {
        "machineCode": call.machine.code,
        "callId": str(call.uuid),
        "state": str(call.state),
        "priority": str(call.priority),
        "at": clock.now().isoformat(),
    }
    outbox.put(topic=CHANGED, factory_id=call.factory_id, key=str(call.uuid), payload=payload)


def _escalate_later(call: AndonCall) -> None:
    """Each message names the escalation it was put at, and does nothing once the call is beyond it."""
    outbox.put(
        topic=ESCALATE,
        factory_id=call.factory_id,
        key=str(call.uuid),
        payload={"call": call.pk, "escalation": call.escalation},
        available_at=clock.now() + timedelta(minutes=MINUTES[call.priority]),
    )


@outbox.handler(ESCALATE)
def escalate(messages: list[outbox.Message]) -> None:
    """Announce again what is still open, and come back later. An answered call, or a message seen before, is left alone."""
    calls = {call.pk: call for call in locked(_with_machine(), ids={message.payload["call"] for message in messages})}
    for message in messages:
        call = calls.get(message.payload["call"])
        if call is None or call.state != State.OPEN or call.escalation != message.payload["escalation"]:
            continue
        call.escalation += 1
        call.save(update_fields=["escalation"])
        _announce(call)
        if call.escalation < LOUDEST:
            _escalate_later(call)

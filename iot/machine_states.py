"""What a machine does, as it is told: the stretches of its states, one after the other and without gaps."""

from datetime import datetime

from factoryos.kernel import clock, outbox
from factoryos.kernel.locks import lock_one
from factoryos.kernel.problems import NotFound
from iot.models import MachineStateInterval
from manufacturing.models import Machine

TOPIC = "machine.state"
State = MachineStateInterval.State


def report(*, machine: Machine, state: str, at: datetime) -> None:
    """The machine was in `state` at `at`. Told twice, or out of order, it changes nothing that was known better.

    What comes late only fills silence: it takes the place of `no_data` from its instant on, and of nothing else, for
    what was told of that time has been told by somebody. What is older than all that is known is passed over, and a
    time ahead of our clock is now: else one wrong clock would make everything after it late.
    Runs in the caller's transaction; locks the machine. Problem: NotFound, if the machine is gone.
    """
    locked = lock_one(Machine, row_id=machine.pk, factory_id=machine.factory_id)
    if locked is None:
        raise NotFound(thing="Machine")
    at = min(at, clock.now())
    present = MachineStateInterval.objects.filter(machine_id=locked.pk, ended_at__isnull=True).first()
    if present is not None and at < present.started_at:
        _fill_silence(locked, state=state, at=at)
    elif present is None or present.state != state:
        _follow(locked, present, state=state, at=at)


def _follow(machine: Machine, present: MachineStateInterval | None, *, state: str, at: datetime) -> None:
    """The next stretch begins. Two states told of one instant: the one that came later stands."""
    if present is None:
        MachineStateInterval.objects.create(machine=machine, state=state, started_at=at)
    elif present.started_at == at:
        _replace(present, state=state)
    else:
        present.ended_at = at
        present.save(update_fields=["ended_at"])
        MachineStateInterval.objects.create(machine=machine, state=state, started_at=at)
    if machine.state == state:
        return
    Machine.objects.filter(pk=machine.pk).update(state=state)
    payload = {"machineCode": machine.code, "state": state, "at": at.isoformat()}
    outbox.put(topic=TOPIC, factory_id=machine.factory_id, key=str(machine.uuid), payload=payload)


def _replace(present: MachineStateInterval, *, state: str) -> None:
    present.state = state
    present.started_at = _since(present, begin=present.started_at)
    present.save(update_fields=["state", "started_at"])


def _since(stretch: MachineStateInterval, *, begin: datetime) -> datetime:
    """When the stretch, which shall begin at `begin`, really began: one before it in the same state becomes part of it."""
    before = MachineStateInterval.objects.filter(
        machine_id=stretch.machine_id, state=stretch.state, ended_at=begin, started_at__lt=begin
    ).first()
    if before is None:
        return begin
    before.delete()
    return before.started_at


def _fill_silence(machine: Machine, *, state: str, at: datetime) -> None:
    of_machine = MachineStateInterval.objects.filter(machine_id=machine.pk)
    silence = of_machine.filter(state=State.NO_DATA, started_at__lte=at, ended_at__gt=at).first()
    if silence is None or silence.ended_at is None or state == State.NO_DATA:
        return
    stretch = of_machine.filter(started_at=silence.ended_at, state=state).first()  # the same, begun earlier than known
    if stretch is None:
        stretch = MachineStateInterval(machine=machine, state=state, ended_at=silence.ended_at)
    if silence.started_at == at:
        silence.delete()
    else:
        silence.ended_at = at
        silence.save(update_fields=["ended_at"])
    stretch.started_at = _since(stretch, begin=at)
    stretch.save()

"""What a machine does, as it is told: the stretches of its states, one after the other and without gaps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from factoryos.kernel import clock, outbox
from factoryos.kernel.locks import lock_one
from factoryos.kernel.problems import NotFound
from iot.models import MachineStateInterval
from manufacturing.models import Machine

TOPIC = "machine.state"
State = MachineStateInterval.State
Told = tuple[str, datetime]  # a state, and when the machine was in it


def report(*, machine: Machine, state: str, at: datetime) -> None:
    """The machine was in `state` at `at`. Problem: NotFound; see `report_all`."""
    report_all(machine=machine, told=[(state, at)])


def report_all(*, machine: Machine, told: Iterable[Told]) -> None:
    """What the machine was told to do at several instants. Told twice, or out of order, it changes nothing known better.

    What comes late only fills silence: it takes the place of `no_data` from its instant on, until the next that is told
    or known, and of nothing else, for what was told of that time has been told by somebody. What is older than all that
    is known is passed over, and a time ahead of our clock is now: else one wrong clock would make everything after it
    late.
    Each change is announced; many are written in as few statements as one.
    Runs in the caller's transaction; locks the machine. Problem: NotFound, if the machine is gone.
    """
    locked = lock_one(Machine, row_id=machine.pk, factory_id=machine.factory_id)
    if locked is None:
        raise NotFound(thing="Machine")
    now = clock.now()
    ordered = sorted(((state, min(at, now)) for state, at in told), key=lambda one: one[1])
    present = _present(locked)
    late = [one for one in ordered if present is not None and one[1] < present.started_at]
    if late:
        _fill_silences(locked, late)
        present = _present(locked)  # which may have begun earlier than was known
    _follow(locked, present, _stretches(ordered[len(late) :]))


def _present(machine: Machine) -> MachineStateInterval | None:
    return MachineStateInterval.objects.filter(machine_id=machine.pk, ended_at__isnull=True).first()


def _follow(machine: Machine, present: MachineStateInterval | None, told: Sequence[Told]) -> None:
    """The stretches that begin after the present one, in order; what is told of the present one's begin replaces it."""
    last, shown = present, machine.state
    begun: list[MachineStateInterval] = []
    changes: list[Told] = []
    for state, at in told:
        if last is not None and last.state == state:
            continue
        if last is not None and last.started_at == at:
            _replace(last, state=state)
        else:
            if last is not None:
                last.ended_at = at
            last = MachineStateInterval(machine=machine, state=state, started_at=at)
            begun.append(last)
        if state != shown:
            shown = state
            changes.append((state, at))
    if begun:
        if present is not None:
            present.save(update_fields=["ended_at"])
        MachineStateInterval.objects.bulk_create(begun)
    _announce(machine, changes)


def _announce(machine: Machine, changes: Sequence[Told]) -> None:
    if not changes:
        return
    Machine.objects.filter(pk=machine.pk).update(state=changes[-1][0])
    outbox.put_all(
        topic=TOPIC,
        factory_id=machine.factory_id,
        key=str(machine.uuid),
        payloads=[{"machineCode": machine.code, "state": state, "at": at.isoformat()} for state, at in changes],
    )


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


def _fill_silences(machine: Machine, late: Sequence[Told]) -> None:
    silences = MachineStateInterval.objects.filter(
        machine_id=machine.pk, state=State.NO_DATA, started_at__lte=late[-1][1], ended_at__gt=late[0][1]
    )
    for silence in silences.order_by("started_at"):
        within = [(state, at) for state, at in late if silence.started_at <= at < (silence.ended_at or at)]
        stretches = _stretches([(State.NO_DATA, silence.started_at), *within])
        if stretches != [(State.NO_DATA, silence.started_at)]:
            _fill(silence, stretches)


def _stretches(told: Sequence[Told]) -> list[Told]:
    """Where each stretch begins. Two states told of one instant: the later one stands."""
    latest = {at: state for state, at in told}
    before = [None, *latest.values()]
    return [(state, at) for (at, state), previous in zip(latest.items(), before, strict=False) if state != previous]


def _fill(silence: MachineStateInterval, stretches: Sequence[Told]) -> None:
    """Put these in the place of a silence; the last of them lasts until its end. What touches its like is joined to it."""
    assert silence.ended_at is not None, "the present stretch is followed, not filled"
    of_machine = MachineStateInterval.objects.filter(machine_id=silence.machine_id)
    following = of_machine.filter(started_at=silence.ended_at, state=stretches[-1][0]).first()
    filled = [
        MachineStateInterval(machine_id=silence.machine_id, state=state, started_at=at) for state, at in stretches
    ]
    for one, after in pairwise(filled):
        one.ended_at = after.started_at
    filled[-1].ended_at = silence.ended_at
    silence.delete()
    filled[0].started_at = _since(filled[0], begin=filled[0].started_at)
    if following is not None:
        following.started_at = filled.pop().started_at
        following.save(update_fields=["started_at"])
    MachineStateInterval.objects.bulk_create(filled)

"""Downtime: the times in which a machine could not work, as people log them. Two of one machine never overlap."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import lock_one
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from iot.models import Downtime
from iot.problems import Overlap
from manufacturing.models import Machine
from orders.problems import AlreadyDone

AHEAD = timedelta(minutes=5)  # how far the clock of whoever logs may be fast
Row = dict[str, Any]
_COLUMNS = (
    "id", "uuid", "category", "notes", "started_at", "ended_at", "raised_by_id", "raised_by_name", "created_at",
    "updated_at",
)  # fmt: skip
CHANGEABLE = frozenset({"started_at", "ended_at", "category", "notes"})


def downtimes_of(factory_id: int) -> QuerySet[Downtime, Row]:
    """A factory's downtimes as rows, newest first, with `machine_uuid` and `machine_code`."""
    rows = Downtime.objects.filter(factory_id=factory_id).order_by("-id")
    return rows.values(*_COLUMNS, machine_uuid=F("machine__uuid"), machine_code=F("machine__code"))


def raise_downtime(
    *,
    machine_id: int,
    by: Actor,
    started_at: datetime,
    ended_at: datetime | None = None,
    category: str = Downtime.Category.OTHER,
    notes: str = "",
) -> Downtime:
    """Log that a machine is down since `started_at`, or was until `ended_at`.

    Problems: RoleMissing, NotFound, Invalid (times), Overlap.
    """
    authorise(by, "log_downtime")
    machine = _lock_machine(machine_id, by=by)
    now = clock.now()
    downtime = Downtime(
        factory_id=by.factory.id,
        machine=machine,
        category=category,
        notes=notes,
        started_at=started_at,
        ended_at=ended_at,
        raised_by_id=by.id,
        raised_by_name=by.name,
        created_at=now,
        updated_at=now,
    )
    _require_sound_times(downtime)
    _require_alone(downtime, machine=machine)
    downtime.save(force_insert=True)
    return downtime


def end_downtime(*, downtime_id: int, by: Actor) -> Downtime:
    """The machine works again, as of now. Problems: RoleMissing, NotFound, AlreadyDone, Invalid (it has not begun)."""
    authorise(by, "log_downtime")
    downtime = _locked(downtime_id, by=by)
    if downtime.ended_at is not None:
        raise AlreadyDone(thing="This downtime was ended")
    return _change(downtime, changes={"ended_at": clock.now()})


def amend_downtime(*, downtime_id: int, by: Actor, changes: dict[str, Any]) -> Downtime:
    """Correct a downtime: its times (an end of None opens it again), category and notes.

    Problems: RoleMissing, NotFound, Invalid (times), Overlap.
    """
    authorise(by, "log_downtime")
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"a downtime has no {unknown} to amend")
    return _change(_locked(downtime_id, by=by), changes=changes)


def _lock_machine(machine_id: int, *, by: Actor) -> Machine:
    """The machine's row is what writers of its downtimes take turns at: of two who find the time free, one waits."""
    machine = lock_one(Machine, row_id=machine_id, factory_id=by.factory.id)
    if machine is None:
        raise NotFound(thing="Machine")
    return machine


def _locked(downtime_id: int, *, by: Actor) -> Downtime:
    """The downtime as it is once its machine is locked. It never changes its machine, and is never deleted."""
    found = Downtime.objects.filter(pk=downtime_id, factory_id=by.factory.id)
    machine_id = found.values_list("machine_id", flat=True).first()
    if machine_id is None:
        raise NotFound(thing="Downtime")
    machine = _lock_machine(machine_id, by=by)
    downtime = found.get()
    downtime.machine = machine
    return downtime


def _change(downtime: Downtime, *, changes: dict[str, Any]) -> Downtime:
    for column, value in changes.items():
        setattr(downtime, column, value)
    if not changes.keys().isdisjoint({"started_at", "ended_at"}):
        _require_sound_times(downtime)
        _require_alone(downtime, machine=downtime.machine)
    downtime.updated_at = clock.now()
    downtime.save(update_fields=[*changes, "updated_at"])
    return downtime


def _require_sound_times(downtime: Downtime) -> None:
    """Problem: Invalid."""
    if downtime.started_at > clock.now() + AHEAD:
        raise Invalid(messages=["startedAt must not be more than 5 minutes ahead"], field="started_at")
    if downtime.ended_at is not None and downtime.ended_at <= downtime.started_at:
        raise Invalid(messages=["endedAt must be after startedAt"], field="ended_at")


def _require_alone(downtime: Downtime, *, machine: Machine) -> None:
    """One may begin in the instant in which the other ends. Problem: Overlap, naming the first that is in the way."""
    others = Downtime.objects.filter(machine_id=machine.pk).exclude(pk=downtime.pk)
    others = others.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=downtime.started_at))
    if downtime.ended_at is not None:
        others = others.filter(started_at__lt=downtime.ended_at)
    if other := others.order_by("started_at").first():
        raise Overlap(machine=machine.code, started_at=other.started_at, ended_at=other.ended_at)

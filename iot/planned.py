"""Planned downtime: time that is no production time, of one machine or of the whole factory."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from iot.intervals import Interval, without
from iot.models import PlannedDowntime
from iot.shifts import production_time
from manufacturing.models import Machine

Row = dict[str, Any]
_COLUMNS = ("id", "uuid", "kind", "starts_at", "ends_at", "created_by_id", "created_by_name", "created_at")


def planned_time(machine: Machine, *, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Interval]:
    """When the machine is meant to produce in a period, in UTC: its factory's shifts without what is planned as down."""
    worked = production_time(factory_id=machine.factory_id, zone=zone, begin=begin, end=end)
    own_or_all = Q(machine_id=machine.pk) | Q(machine__isnull=True)
    planned = PlannedDowntime.objects.filter(own_or_all, factory_id=machine.factory_id)
    return without(worked, planned.filter(starts_at__lt=end, ends_at__gt=begin).values_list("starts_at", "ends_at"))


def planned_downtimes_of(factory_id: int) -> QuerySet[PlannedDowntime, Row]:
    """What a factory has planned as rows, newest first, with `machine_uuid` and `machine_code` (None: all machines)."""
    rows = PlannedDowntime.objects.filter(factory_id=factory_id).order_by("-id")
    return rows.values(*_COLUMNS, machine_uuid=F("machine__uuid"), machine_code=F("machine__code"))


def plan_downtime(
    *, by: Actor, kind: str, starts_at: datetime, ends_at: datetime, machine: Machine | None = None
) -> PlannedDowntime:
    """Plan a time without production: of this machine, or without one of the whole factory. Two may overlap.

    Problems: RoleMissing, Invalid (it ends before it starts).
    """
    authorise(by, "plan_downtime")
    if ends_at <= starts_at:
        raise Invalid(messages=["endsAt must be after startsAt"], field="ends_at")
    planned = PlannedDowntime(
        factory_id=by.factory.id,
        machine=machine,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by_id=by.id,
        created_by_name=by.name,
        created_at=clock.now(),
    )
    planned.save(force_insert=True)
    return planned


def withdraw_planned_downtime(*, planned_id: int, by: Actor) -> None:
    """Take a plan back, also one whose time is over: it was no downtime then. Problems: RoleMissing, NotFound."""
    authorise(by, "plan_downtime")
    deleted, _ = PlannedDowntime.objects.filter(factory_id=by.factory.id, pk=planned_id).delete()
    if not deleted:
        raise NotFound(thing="Planned downtime")

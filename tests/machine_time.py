"""Downtime of long ago, logged and planned, for tests that need some to be there."""

from datetime import UTC, datetime

from factoryos.kernel.actors import Actor
from iot.downtime import raise_downtime
from iot.models import Downtime, PlannedDowntime
from iot.planned import plan_downtime
from manufacturing.models import Machine
from tests.floor import done

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)


def a_downtime(by: Actor, machine: Machine) -> Downtime:
    return done(raise_downtime, machine_id=machine.pk, by=by, started_at=BEGIN, ended_at=END)


def a_plan(by: Actor) -> PlannedDowntime:
    """Of the whole factory."""
    return done(plan_downtime, by=by, kind="holiday", starts_at=BEGIN, ends_at=END)

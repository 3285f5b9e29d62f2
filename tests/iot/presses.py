"""A press of which is known what it did, by the minute after BEGIN."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from iot.models import Downtime, MachineStateInterval, PlannedDowntime
from iot.oee import Oee, oee
from manufacturing.models import Machine
from orders.models import QuantityEntry
from tests import floor

BEGIN = datetime(2026, 6, 1, 6, tzinfo=UTC)
NOW = datetime(2027, 1, 1, tzinfo=UTC)


class Press:
    def __init__(self, *, zone: str = "UTC", cycle: str | None = "2") -> None:
        self.factory = floor.a_factory(time_zone=zone)
        self.zone = ZoneInfo(zone)
        self.machine = floor.a_machine(self.factory, ideal_cycle_s=Decimal(cycle) if cycle else None)
        self.by = floor.an_actor(self.factory)
        self.order = floor.an_order(self.by, target=100_000)

    def was(self, state: str, begin: datetime, end: datetime | None) -> None:
        MachineStateInterval.objects.create(machine=self.machine, state=state, started_at=begin, ended_at=end)

    def down(self, begin: datetime, end: datetime | None, machine: Machine | None = None) -> None:
        Downtime.objects.create(
            factory=self.factory, machine=machine or self.machine, started_at=begin, ended_at=end, raised_by_id="x"
        )

    def planned(self, begin: datetime, end: datetime, machine: Machine | None = None) -> None:
        PlannedDowntime.objects.create(
            factory=self.factory, machine=machine, kind="break", starts_at=begin, ends_at=end, created_by_id="x"
        )

    def made(self, good: int, rejected: int, at: datetime, machine: Machine | None = None) -> None:
        QuantityEntry.objects.create(
            order=self.order, line=self.order.lines.get(), good=good, rejected=rejected, source="manual",
            machine=machine or self.machine, actor_kind="user", actor_id="x", face="factory", occurred_at=at,
        )  # fmt: skip

    def oee(self, begin: datetime = BEGIN, hours: float = 8) -> Oee:
        return oee(self.machine, zone=self.zone, begin=begin, end=begin + timedelta(hours=hours))


def after(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)

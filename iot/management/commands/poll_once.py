"""`manage.py poll_once`: every connection is read exactly once and what it says is booked. Safe beside running pollers."""

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max, Q, Sum

from iot.models import Connection, CounterPoint, CountEvent
from iot.poller import boundaries
from iot.poller.poller import Poller
from iot.poller.work import Once

NOT_ALL = 2


class Command(BaseCommand):
    help = (
        "Read every active connection once and book what its counters say. A poller that is at work there lets go for as "
        "long as that takes. Exit code 0: all was read and booked; 2: not all, the words say what; 1: nothing was done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", metavar="CODE", help="this one alone")
        parser.add_argument("--factory", metavar="SLUG", help="those of this factory alone")
        parser.add_argument(
            "--wait", type=float, default=15.0, metavar="SECONDS",
            help="how long a poller may take to let go (default: %(default)s; a dead one's lease ends after 10)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        connections = _chosen(options["connection"], options["factory"])
        events_before = CountEvent.objects.aggregate(last=Max("id"))["last"] or 0
        poller = Poller()
        try:
            once = poller.read_once(
                shard_ids={one.shard_id for one in connections},
                connection_ids={one.pk for one in connections},
                wait_s=options["wait"],
            )
        finally:
            poller.close()
            boundaries.say_that_shards_are_free()
        failures = sum(self._tell(one, once, events_before) for one in connections)
        if once.unbooked:
            raise CommandError(f"{once.unbooked} readings could not be booked in time.", returncode=NOT_ALL)
        if failures:
            raise CommandError(f"{failures} of {len(connections)} connections were not read whole.", returncode=NOT_ALL)

    def _tell(self, connection: Connection, once: Once, events_before: int) -> int:
        """Say what came of one connection; gives 1 where not all of it could be read, else 0."""
        name = f"{connection.factory.slug} {connection.code} ({connection.driver})"
        points = CounterPoint.objects.filter(connection=connection, active=True, machine__active=True)
        if connection.shard_id in once.missing:
            owner = connection.shard.lease_owner or "another poller"
            self.stdout.write(f"{name}: not read, {owner} polls it and did not let go.")
            return 1
        if not points:
            self.stdout.write(f"{name}: it has no points to read.")
            return 0
        readings, health = once.readings[connection.pk], once.health.get(connection.pk)
        self.stdout.write(f"{name}: {readings} of {len(points)} points read. {_pieces(connection, events_before)}")
        if health is None or (health.health == Connection.Health.OK and not health.errors):
            return 0 if readings == len(points) else 1
        names = {point.pk: f"{point.role} of {point.machine.code}" for point in points.select_related("machine")}
        for point_id, text in health.errors.items():
            self.stdout.write(f"  {names.get(point_id, point_id)}: {text}")
        if not health.errors:
            self.stdout.write(f"  {health.text}")
        return 1


def _chosen(code: str | None, factory: str | None) -> list[Connection]:
    """The active connections that are meant. Problem: CommandError."""
    meant = Q()
    if factory is not None:
        meant &= Q(factory__slug=factory)
    if code is not None:
        meant &= Q(code__iexact=code)
    found = list(Connection.objects.filter(meant).select_related("factory", "shard").order_by("factory_id", "code"))
    active = [one for one in found if one.active]
    if code is not None and len(active) > 1:
        raise CommandError(f"Several factories have a connection {code}: say which with --factory.")
    if not active:
        off = " that is switched on" if found else ""
        raise CommandError(
            f"There is no such connection{off}." if code or factory else "There is no connection to read."
        )
    return active


def _pieces(connection: Connection, events_before: int) -> str:
    """What was booked since, in words."""
    events = CountEvent.objects.filter(point__connection=connection, id__gt=events_before)
    sums = events.aggregate(
        booked=Sum("pieces", filter=Q(entry__isnull=False)),
        unassigned=Sum("pieces", filter=Q(entry__isnull=True)),
        flagged=Sum("flagged"),
    )
    booked, unassigned, flagged = (_number(sums[name]) for name in ("booked", "unassigned", "flagged"))
    return f"Pieces: {booked} booked, {unassigned} without an order, {flagged} for a person to decide."


def _number(value: Decimal | None) -> str:
    return f"{(value or Decimal(0)).normalize():f}"

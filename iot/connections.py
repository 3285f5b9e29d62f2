"""Setting up what is polled: connections and their points, as engineers make, change and retire them.

Whoever changes anything of a connection locks it first, then baselines, then machines (rules: one order for all), and
lets its version grow: pollers read it anew by that. A counter that was read never comes to mean something else: what
is read from elsewhere, or otherwise, is a new point with a baseline of its own, and the old one is kept with its ledger.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import uuid7
from factoryos.kernel.locks import lock_one, locked
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from iot import shards
from iot.connection_names import refused_if_taken
from iot.connection_rules import COUNTING, bus_of, connection_faults, point_faults, refuse
from iot.models import Connection, CounterBaseline, CounterPoint
from iot.problems import CountedTwice
from manufacturing.models import Machine

CHANGEABLE = frozenset({"code", "address", "poll_every_s", "active"})
POINT_FACTS = frozenset(
    {"where", "encoding", "word_order", "byte_order", "modulus", "scale", "decimals", "max_rate", "states"}
)
# What a raw value is read from, or means: after a change of these the old readings say nothing of the new ones.
ANEW = frozenset({"machine_id", "role", "where", "encoding", "word_order", "byte_order", "modulus"})
Role = CounterPoint.Role


def make_connection(
    *, by: Actor, code: str, driver: str, address: dict[str, Any], poll_every_s: float = 1.0, active: bool = True
) -> Connection:
    """A new connection of the actor's factory, on a shard that has room; without points it is not polled yet.

    Problems: RoleMissing, Invalid (code, driver, address, poll_every_s), Duplicate (code), BusTaken.
    """
    authorise(by, "set_up")
    connection = Connection(
        factory_id=by.factory.id, code=code, driver=driver, address=address, poll_every_s=poll_every_s, active=active
    )
    refuse(connection_faults(connection))
    connection.bus = bus_of(driver, address)
    connection.shard_id = shards.shard_with_room()
    connection.created_at = connection.updated_at = clock.now()
    with refused_if_taken(connection):
        connection.save(force_insert=True)
    return connection


def change_connection(*, connection_id: int, by: Actor, changes: dict[str, Any]) -> Connection:
    """Change CHANGEABLE columns. One that is switched off keeps its points, to be switched on again.

    The counters of another address go on from where they stood: a device that was given another number in the network
    loses no piece, and one that was replaced is a jump that the judgement finds.
    Problems: RoleMissing, NotFound, Invalid, Duplicate (code), BusTaken.
    """
    authorise(by, "set_up")
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"a connection has no {unknown} to change")
    connection = _lock_connection(connection_id, by=by)
    known = {name: getattr(connection, name) for name in ("address", "active")}
    for column, value in changes.items():
        setattr(connection, column, value)
    faults = connection_faults(connection)
    refuse(faults)
    _refuse_with_points(connection)
    connection.bus = bus_of(connection.driver, connection.address)
    columns = {*changes, "bus"}
    if any(getattr(connection, name) != value for name, value in known.items()):
        # What was known of its health was known of another place, or of another time.
        connection.health, connection.health_since, connection.last_error = Connection.Health.UNKNOWN, None, ""
        columns |= {"health", "health_since", "last_error"}
    with refused_if_taken(connection):
        _save(connection, columns)
    _keep_counted(CounterPoint.objects.filter(connection=connection, active=True).values_list("machine_id", flat=True))
    return connection


def retire_connection(*, connection_id: int, by: Actor) -> Connection:
    """Poll it no more, and retire its points: their machines may be counted elsewhere. Problems: RoleMissing, NotFound."""
    authorise(by, "set_up")
    connection = _lock_connection(connection_id, by=by)
    points = CounterPoint.objects.filter(connection=connection, active=True)
    machines = list(points.values_list("machine_id", flat=True))
    points.update(active=False)
    connection.active = False
    _save(connection, {"active"})
    _keep_counted(machines)
    return connection


def add_point(*, connection_id: int, by: Actor, machine_id: int, role: str, **facts: Any) -> CounterPoint:
    """A value of a machine that this connection reads from now on; `facts` are POINT_FACTS, `where` among them.

    Problems: RoleMissing, NotFound (connection, machine), Invalid, RoleTaken, CountedTwice.
    """
    authorise(by, "set_up")
    if unknown := facts.keys() - POINT_FACTS:
        raise ValueError(f"a point has no {unknown}")
    connection = _lock_connection(connection_id, by=by)
    point = CounterPoint(connection=connection, machine_id=machine_id, role=role, **facts)
    _write_new(point, by=by)
    _save(connection, set())
    return point


def change_point(*, point_id: int, by: Actor, changes: dict[str, Any]) -> CounterPoint:
    """Change a point; the answer is another one where what it was read for no longer holds (see ANEW).

    Problems: RoleMissing, NotFound (point, machine), Invalid (also: it is retired), RoleTaken, CountedTwice.
    """
    authorise(by, "set_up")
    if unknown := changes.keys() - (POINT_FACTS | ANEW):
        raise ValueError(f"a point has no {unknown} to change")
    point = _lock_point(point_id, by=by)
    connection = point.connection
    if not point.active:
        raise Invalid(messages=["The point is retired: add another one."], field="active")
    changes = {name: value for name, value in changes.items() if getattr(point, name) != value}
    machines = {point.machine_id, changes.get("machine_id", point.machine_id)}
    anew = bool(changes.keys() & ANEW) and _was_read(point)
    list(locked(Machine.objects.filter(factory_id=by.factory.id), ids=machines))
    if anew:
        CounterPoint.objects.filter(pk=point.pk).update(active=False)
        point.pk, point.uuid = None, uuid7()
        point._state.adding = True
    for column, value in changes.items():
        setattr(point, column, value)
    if point.pk is None:
        _write_new(point, by=by)
    else:
        _write_changed(point, set(changes), by=by)
    _keep_counted(machines)
    _save(connection, set())
    return point


def retire_point(*, point_id: int, by: Actor) -> CounterPoint:
    """Read it no more; its ledger stays. Retired twice is retired. Problems: RoleMissing, NotFound."""
    authorise(by, "set_up")
    point = _lock_point(point_id, by=by)
    if point.active:
        point.active = False
        point.save(update_fields=["active"])
        _keep_counted([point.machine_id])
        _save(point.connection, set())
    return point


def _lock_connection(connection_id: int, *, by: Actor) -> Connection:
    connection = lock_one(Connection, row_id=connection_id, factory_id=by.factory.id)
    if connection is None:
        raise NotFound(thing="Connection")
    return connection


def _lock_point(point_id: int, *, by: Actor) -> CounterPoint:
    """The point as it is once its connection is locked. It never changes its connection, and is never deleted."""
    found = CounterPoint.objects.filter(pk=point_id, connection__factory_id=by.factory.id)
    connection_id = found.values_list("connection_id", flat=True).first()
    if connection_id is None:
        raise NotFound(thing="Point")
    connection = _lock_connection(connection_id, by=by)
    point = found.get()
    point.connection = connection
    return point


def _was_read(point: CounterPoint) -> bool:
    """Whether something was read of it, or may be on its way to the ledger: the device answers.

    The baseline is locked until the transaction ends: a reading that is booked in this instant is known, or waits.
    """
    baseline = locked(CounterBaseline.objects.all(), ids=[point.pk]).first()
    if baseline is None:
        return False
    answers = point.connection.active and point.connection.health == Connection.Health.OK
    return baseline.raw is not None or answers


def _write_new(point: CounterPoint, *, by: Actor) -> None:
    point.created_at = clock.now()
    _require_sound(point, by=by)
    with refused_if_taken(point):
        point.save(force_insert=True)
    if point.role in COUNTING:
        CounterBaseline.objects.create(point=point)
    _keep_counted([point.machine_id])


def _write_changed(point: CounterPoint, columns: set[str], *, by: Actor) -> None:
    _require_sound(point, by=by)
    with refused_if_taken(point):
        point.save(update_fields=columns)
    if point.role in COUNTING:
        CounterBaseline.objects.get_or_create(point=point)
    else:
        CounterBaseline.objects.filter(point=point, raw__isnull=True).delete()


def _require_sound(point: CounterPoint, *, by: Actor) -> None:
    """Problems: Invalid, NotFound, CountedTwice. Locks the machine: two who count it at once take turns."""
    machine = lock_one(Machine, row_id=point.machine_id, factory_id=by.factory.id)
    if machine is None:
        raise NotFound(thing="Machine")
    point.machine = machine
    if not machine.active:
        raise Invalid(messages=[f"{machine.code} is retired."], field="machine")
    refuse(point_faults(point))
    other = {Role.GOOD: Role.TOTAL, Role.TOTAL: Role.GOOD}.get(Role(point.role))
    same = CounterPoint.objects.filter(machine=machine, role=other, active=True).exclude(pk=point.pk)
    if other is not None and same.exists():
        raise CountedTwice(machine=machine.code)


def _refuse_with_points(connection: Connection) -> None:
    """A connection that changes must still suit what is read over it. Problem: Invalid."""
    for point in connection.points.filter(active=True).select_related("machine").order_by("pk"):
        point.connection = connection
        if faults := point_faults(point):
            texts = [text for found in faults.values() for text in found]
            name = f"{point.machine.code}, {point.get_role_display().lower()}"
            field = "poll_every_s" if "max_rate" in faults else "address"
            raise Invalid(messages=[f"{name}: {text}" for text in texts], field=field)


def _save(connection: Connection, columns: set[str]) -> None:
    connection.version = F("version") + 1
    connection.updated_at = clock.now()
    connection.save(update_fields=[*columns, "version", "updated_at"])
    connection.refresh_from_db(fields=["version"])


def _keep_counted(machine_ids: Iterable[int]) -> None:
    """Say of these machines whether a counter of theirs is read. Two who change that at once take turns at the machine."""
    ids = sorted(set(machine_ids))
    kept = {machine.pk: machine.counted for machine in locked(Machine.objects.all(), ids=ids)}
    is_read = Q(active=True, role__in=COUNTING, connection__active=True)
    counted = set(CounterPoint.objects.filter(is_read, machine_id__in=ids).values_list("machine_id", flat=True))
    for machine_id, was in kept.items():
        if was != (machine_id in counted):
            Machine.objects.filter(pk=machine_id).update(counted=not was)

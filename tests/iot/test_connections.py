"""Connections and points as engineers set them up: what is refused, what is kept in step, where counting begins anew."""

from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.kernel.problems import Duplicate, Invalid, NotFound, RoleMissing
from iot import connections, shards
from iot.connection_rules import bus_of
from iot.connections import (
    add_point,
    change_connection,
    change_point,
    make_connection,
    retire_connection,
    retire_point,
)
from iot.models import Connection, CounterBaseline, CounterPoint, PollShard
from iot.problems import BusTaken, CountedTwice, RoleTaken
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine, an_actor, done

pytestmark = pytest.mark.django_db

HOST = {"host": "10.0.0.5", "port": 502}


class Line:
    """A factory with one machine, an engineer, and a connection made by the engineer."""

    def __init__(self, **facts: Any) -> None:
        self.factory: Factory = a_factory()
        self.by = an_actor(self.factory, "engineer")
        self.press = a_machine(self.factory, code="PRESS-01")
        self.connection = self.make(**facts)

    def make(self, **facts: Any) -> Connection:
        return done(make_connection, by=self.by, **{"code": "LINE-1", "driver": "modbus_tcp", "address": HOST} | facts)

    def add(self, role: str = "good", machine: Machine | None = None, **facts: Any) -> CounterPoint:
        facts = {"where": {"address": 0}} | facts
        machine_id = (machine or self.press).pk
        return done(add_point, connection_id=self.connection.pk, by=self.by, machine_id=machine_id, role=role, **facts)

    def change(self, **changes: Any) -> Connection:
        return done(change_connection, connection_id=self.connection.pk, by=self.by, changes=changes)

    def change_point(self, point: CounterPoint, **changes: Any) -> CounterPoint:
        return done(change_point, point_id=point.pk, by=self.by, changes=changes)

    @property
    def version(self) -> int:
        return Connection.objects.get(pk=self.connection.pk).version

    def is_counted(self, machine: Machine | None = None) -> bool:
        return Machine.objects.get(pk=(machine or self.press).pk).counted


def was_read(point: CounterPoint) -> None:
    CounterBaseline.objects.filter(point=point).update(raw=41, at=clock.now())


@pytest.mark.parametrize(
    ("driver", "address", "bus"),
    [
        ("modbus_tcp", {"host": "Press-3.Plant.LAN."}, "press-3.plant.lan:502"),
        ("modbus_rtu", {"port": "/dev//ttyUSB0"}, "/dev/ttyUSB0"),
        ("modbus_ascii", {"port": "COM3"}, "COM3"),
        ("serial_ascii", {"port": "socket://MOXA.lan:4001?logging=debug"}, "moxa.lan:4001"),
        ("modbus_rtu", {"port": "rfc2217://moxa.lan:4001"}, "moxa.lan:4001"),
        ("focas", {"host": "CNC-1", "library": "/opt/fwlib.so"}, "cnc-1:8193"),
    ],
)
def test_a_bus_has_one_name_however_it_is_written(driver: str, address: dict[str, Any], bus: str) -> None:
    assert bus_of(driver, address) == bus


def test_a_connection_is_made_on_a_shard_with_room() -> None:
    line = Line()
    full = PollShard.objects.get(pk=line.connection.shard_id)
    assert (line.connection.bus, line.connection.version, line.connection.health) == ("10.0.0.5:502", 1, "unknown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_SIZE", 1)
        assert line.make(code="LINE-2", address={"host": "10.0.0.6"}).shard_id != full.pk


@pytest.mark.parametrize("role", ["planner", "technician", "operator", "qa", "viewer"])
def test_only_engineers_set_connections_up(role: str) -> None:
    line = Line()
    point, by = line.add(), an_actor(line.factory, role)
    calls: list[Any] = [
        lambda: make_connection(by=by, code="X", driver="modbus_tcp", address={"host": "x"}),
        lambda: change_connection(connection_id=line.connection.pk, by=by, changes={"code": "X"}),
        lambda: retire_connection(connection_id=line.connection.pk, by=by),
        lambda: add_point(connection_id=line.connection.pk, by=by, machine_id=line.press.pk, role="reject"),
        lambda: change_point(point_id=point.pk, by=by, changes={"scale": Decimal(2)}),
        lambda: retire_point(point_id=point.pk, by=by),
    ]
    for call in calls:
        with pytest.raises(RoleMissing):
            call()
    assert (Connection.objects.count(), CounterPoint.objects.filter(active=True).count(), line.version) == (1, 1, 2)


@pytest.mark.parametrize(
    ("facts", "field", "text"),
    [
        ({"code": "a b"}, "code", "A code has up to 40"),
        ({"driver": "opc_ua"}, "driver", "not 'opc_ua'"),
        ({"poll_every_s": 0.01}, "poll_every_s", "0.05 to 3600 seconds"),
        ({"poll_every_s": float("nan")}, "poll_every_s", "0.05 to 3600 seconds"),
        ({"address": {"hots": "10.0.0.5"}}, "address", "'hots' is no setting of a Modbus/TCP connection."),
        ({"address": {"host": "10.0.0.5", "port": 70000}}, "address", "port must be a whole number"),
        ({"address": ["10.0.0.5"]}, "address", "must be an object"),
        ({"address": {"host": "a\0b"}}, "address", "code 0"),
        ({"address": {"host": {"a": 1}}}, "address", "must be a text or a number"),
        ({"address": {"host": "x" * 3000}}, "address", "At most 2000 characters"),
        ({"driver": "modbus_rtu", "address": {"port": "/dev/ttyS0", "timeout": float("inf")}}, "address", "no number"),
    ],
)
def test_a_connection_that_cannot_work_is_refused_in_words(facts: dict[str, Any], field: str, text: str) -> None:
    line = Line()
    with pytest.raises(Invalid) as refused:
        line.make(**{"code": "LINE-2", "address": {"host": "10.0.0.9"}} | facts)
    assert refused.value.data["field"] == field and text in refused.value.text
    with pytest.raises(Invalid):
        line.change(**{name: value for name, value in facts.items() if name != "driver"} or {"code": ""})
    assert (Connection.objects.count(), line.version) == (1, 1)


@pytest.mark.parametrize(
    ("facts", "field", "text"),
    [
        ({"role": "scrap"}, "role", "not 'scrap'"),
        ({"encoding": "f32"}, "encoding", "not 'f32'"),
        ({"encoding": "bit", "where": {"table": "coils", "address": 0}}, "encoding", "A single bit cannot count"),
        ({"word_order": "middle"}, "word_order", "big or little"),
        ({"where": {}}, "where", "Address must be a whole number from 0 to 65534"),
        ({"where": {"address": 0, "unit": 999}}, "where", "Unit must be a whole number from 0 to 255"),
        ({"where": {"address": 0, "regster": 1}}, "where", "'regster' is no setting"),
        ({"modulus": Decimal(2**33)}, "modulus", "from 2 to 4294967296"),
        ({"modulus": Decimal(1)}, "modulus", "from 2 to"),
        ({"max_rate": 0.0}, "max_rate", "0.0001 to 10000"),
        ({"max_rate": float("inf")}, "max_rate", "0.0001 to 10000"),
        ({"modulus": Decimal(10), "max_rate": 10.0}, "max_rate", "may go round unseen"),
        ({"scale": Decimal(0)}, "scale", "more than 0 pieces"),
        ({"scale": Decimal("0.0000001")}, "scale", "6 decimals"),
        ({"decimals": 7}, "decimals", "0 to 6"),
        ({"states": {"1": "idle"}}, "states", "Only a point that tells what the machine does"),
        ({"role": "state", "states": {"1": "asleep"}}, "states", "not 'asleep'"),
        ({"role": "state", "states": {"01": "idle"}}, "states", "'01' is no value"),
        ({"role": "state", "encoding": "u16", "states": {"65536": "idle"}}, "states", "'65536' is no value"),
    ],
)
def test_a_point_that_cannot_be_read_is_refused_in_words(facts: dict[str, Any], field: str, text: str) -> None:
    line = Line()
    with pytest.raises(Invalid) as refused:
        line.add(**facts)
    assert refused.value.data["field"] == field and text in refused.value.text
    assert (CounterPoint.objects.count(), line.version, line.is_counted()) == (0, 1, False)


@pytest.mark.parametrize(
    ("driver", "address", "text"),
    [
        ("modbus_tcp", {"host": "10.1.0.5"}, None),
        ("modbus_tcp", {"host": "127.0.0.1", "port": 6379}, "127.0.0.1 is out of bounds: machines are in 10.1.0.0/16."),
        (
            "modbus_tcp",
            {"host": "redis.lan"},
            "redis.lan must be written in numbers: machines are in 10.1.0.0/16 here.",
        ),
        (
            "serial_ascii",
            {"port": "socket://127.0.0.1:6379"},
            "127.0.0.1 is out of bounds: machines are in 10.1.0.0/16.",
        ),
        ("modbus_rtu", {"port": "/dev/ttyUSB0"}, None),
        ("focas", {"host": "10.1.0.7", "library": "/opt/a.so"}, None),
        ("focas", {"host": "10.1.0.7", "library": "/tmp/b.so"}, "/tmp/b.so may not be loaded here"),
    ],
)
def test_what_lies_out_of_the_installation_s_bounds_is_refused(
    driver: str, address: dict[str, Any], text: str | None, settings: Any
) -> None:
    line = Line()
    settings.MACHINE_NETWORKS, settings.FOCAS_LIBRARIES = [ip_network("10.1.0.0/16")], ["/opt/a.so"]
    made = {"code": "LINE-2", "driver": driver, "address": address}
    if text is None:
        assert line.make(**made).pk
        return
    with pytest.raises(Invalid) as refused:
        line.make(**made)
    assert refused.value.data["field"] == "address" and text in refused.value.text
    assert Connection.objects.count() == 1


def test_in_production_no_library_is_loaded_that_nobody_named(settings: Any) -> None:
    line = Line()
    focas = {"driver": "focas", "address": {"host": "10.1.0.7", "library": "/opt/a.so"}}
    assert line.make(code="LINE-2", **focas).pk
    settings.PRODUCTION = True
    with pytest.raises(Invalid):
        line.make(code="LINE-3", **focas | {"address": {"host": "10.1.0.8", "library": "/opt/a.so"}})


def test_names_buses_and_roles_are_taken_once_and_the_refusal_names_by_whom() -> None:
    line = Line()
    line.add("good")
    with pytest.raises(Duplicate) as code:
        line.make(code="line-1", address={"host": "10.0.0.6"})
    with pytest.raises(BusTaken) as bus:
        line.make(code="LINE-2", address={"host": "10.0.0.5"})
    off = line.make(code="LINE-2", address={"host": "10.0.0.5"}, active=False)
    with pytest.raises(BusTaken):
        done(change_connection, connection_id=off.pk, by=line.by, changes={"active": True})
    with pytest.raises(RoleTaken) as role:
        line.add("good", where={"address": 2})
    with pytest.raises(CountedTwice) as twice:
        line.add("total", where={"address": 2})
    assert [problem.value.text for problem in (code, bus, role, twice)] == [
        "code line-1 is already taken",
        "10.0.0.5:502 is polled by LINE-1 already",
        "PRESS-01 has a point for good already, on LINE-1",
        "PRESS-01 has a counter of good pieces or of all pieces already: with both, pieces would count twice",
    ]
    assert (CounterPoint.objects.count(), line.version) == (1, 2)


def test_another_factory_has_names_and_buses_of_its_own_and_is_out_of_reach() -> None:
    here, there = Line(), Line()  # the same code, bus and role
    here.add("good")
    theirs = there.add("good")
    stranger = an_actor(here.factory, "admin")
    for call in (
        lambda: change_connection(connection_id=there.connection.pk, by=stranger, changes={"active": False}),
        lambda: retire_connection(connection_id=there.connection.pk, by=stranger),
        lambda: add_point(connection_id=there.connection.pk, by=stranger, machine_id=here.press.pk, role="reject"),
        lambda: here.add("reject", machine=there.press),
        lambda: change_point(point_id=theirs.pk, by=stranger, changes={"scale": Decimal(2)}),
        lambda: retire_point(point_id=theirs.pk, by=stranger),
    ):
        with pytest.raises(NotFound):
            call()
    mine = CounterPoint.objects.get(connection=here.connection)
    with pytest.raises(NotFound):
        here.change_point(mine, machine_id=there.press.pk)
    assert there.version == 2 and there.is_counted() and CounterPoint.objects.count() == 2


def test_every_change_lets_the_version_grow() -> None:
    line = Line()
    seen = [line.version]

    def grown() -> bool:
        seen.append(line.version)
        return seen[-1] == seen[-2] + 1

    point = line.add()
    assert grown()
    line.change_point(point, max_rate=20.0)
    assert grown()
    assert line.change(poll_every_s=2.0).version == line.version and grown()
    done(retire_point, point_id=point.pk, by=line.by)
    assert grown()
    done(retire_point, point_id=point.pk, by=line.by)
    assert line.version == seen[-1], "nothing was changed"
    done(retire_connection, connection_id=line.connection.pk, by=line.by)
    assert grown()


def test_a_machine_is_counted_while_an_active_counter_of_it_is_read() -> None:
    line = Line()
    state = line.add("state", where={"address": 9})
    assert not line.is_counted() and not CounterBaseline.objects.exists()
    good = line.add("good")
    assert line.is_counted() and CounterBaseline.objects.get().point == good
    line.change(active=False)
    assert not line.is_counted()
    line.change(active=True)
    assert line.is_counted()
    done(retire_point, point_id=good.pk, by=line.by)
    assert not line.is_counted() and CounterPoint.objects.get(active=True) == state
    other = a_machine(line.factory)
    moved = line.change_point(line.add("good"), machine_id=other.pk)
    assert (line.is_counted(), line.is_counted(other)) == (False, True)
    assert moved.machine_id == other.pk
    done(retire_connection, connection_id=line.connection.pk, by=line.by)
    assert not line.is_counted(other) and not CounterPoint.objects.filter(active=True).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"where": {"address": 100}}, {"encoding": "u16"}, {"word_order": "little"}, {"modulus": Decimal(10**6)},
        {"role": "reject"},
    ],
)  # fmt: skip
def test_a_counter_that_was_read_and_is_read_otherwise_begins_anew(changes: dict[str, Any]) -> None:
    line = Line()
    old = line.add(max_rate=5.0)
    was_read(old)
    new = line.change_point(old, **changes)
    assert new.pk != old.pk and new.uuid != old.uuid and new.active and new.max_rate == 5.0
    assert all(getattr(new, name) == value for name, value in changes.items())
    kept = CounterPoint.objects.get(pk=old.pk)
    assert not kept.active and kept.where == {"address": 0} and kept.encoding == "u32" and kept.modulus is None
    assert (kept.baseline.raw, new.baseline.raw) == (41, None)
    assert line.is_counted() and line.version == 3


def test_what_says_nothing_of_the_raw_value_changes_in_place_and_so_does_a_point_that_nobody_read() -> None:
    line = Line()
    point = line.add()
    assert line.change_point(point, where={"address": 7}).pk == point.pk
    was_read(point)
    same = line.change_point(point, scale=Decimal(2), decimals=1, max_rate=3.0, where={"address": 7})
    assert same.pk == point.pk and CounterBaseline.objects.get().raw == 41
    assert line.version == 4


def test_a_point_of_a_device_that_answers_begins_anew_for_a_reading_may_be_on_its_way() -> None:
    line = Line()
    point = line.add()
    Connection.objects.update(health="ok")
    assert line.change_point(point, where={"address": 7}).pk != point.pk


def test_a_new_address_keeps_the_counters_and_forgets_the_health() -> None:
    line = Line()
    point = line.add()
    was_read(point)
    Connection.objects.update(health="failing", health_since=clock.now(), last_error="no answer")
    assert line.change(poll_every_s=2.0).health == "failing"
    changed = line.change(address={"host": "10.0.0.77"})
    assert (changed.bus, changed.health, changed.last_error) == ("10.0.0.77:502", "unknown", "")
    assert CounterBaseline.objects.get().raw == 41 and CounterPoint.objects.get().active


def test_a_connection_is_not_changed_so_that_its_points_could_not_be_read() -> None:
    line = Line()
    line.add(encoding="u16", max_rate=1000.0)
    with pytest.raises(Invalid) as refused:
        line.change(poll_every_s=600.0)
    assert refused.value.data["field"] == "poll_every_s"
    assert refused.value.text.startswith("PRESS-01, good pieces: At 1000 counts a second, read every 600 seconds")
    assert (line.version, Connection.objects.get().poll_every_s) == (2, 1.0)


def test_a_retired_point_and_a_retired_machine_are_not_set_up() -> None:
    line = Line()
    point = line.add()
    done(retire_point, point_id=point.pk, by=line.by)
    with pytest.raises(Invalid):
        line.change_point(point, scale=Decimal(2))
    Machine.objects.update(active=False)
    with pytest.raises(Invalid) as refused:
        line.add()
    assert refused.value.text == "PRESS-01 is retired." and line.version == 3


def test_a_column_that_nobody_may_set_is_no_change() -> None:
    line = Line()
    with pytest.raises(ValueError, match="version"):
        line.change(version=1)
    with pytest.raises(ValueError, match="connection"):
        line.change_point(line.add(), connection=line.connection)
    assert connections.CHANGEABLE.isdisjoint({"bus", "driver", "factory", "shard", "health"})

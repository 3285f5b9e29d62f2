"""Two engineers who set up lines in the same instant: one is told what is taken, and what is kept in step stays in step."""

import threading
from typing import Any

import pytest

from factoryos.kernel.problems import Duplicate
from iot import connections
from iot.connections import add_point, change_connection, change_point, make_connection, retire_point
from iot.models import Connection, CounterBaseline, CounterPoint
from iot.problems import BusTaken, CountedTwice, RoleTaken
from manufacturing.models import Machine
from tests.races.stockroom import Stockroom, as_request, deadlocks, refused
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def making(room: Stockroom, code: str, host: str) -> Any:
    return as_request(lambda: make_connection(by=room.by, code=code, driver="modbus_tcp", address={"host": host}))


def adding(room: Stockroom, connection: Connection, role: str = "good", machine: Machine | None = None) -> Any:
    machine_id = (machine or room.machine).pk
    facts: dict[str, Any] = {"connection_id": connection.pk, "machine_id": machine_id, "where": {"address": 0}}
    return as_request(lambda: add_point(by=room.by, role=role, **facts))


def a_line(room: Stockroom, number: int = 1) -> Connection:
    making(room, f"LINE-{number}", f"10.0.0.{number}")()
    return Connection.objects.get(code=f"LINE-{number}", factory=room.factory)


def test_of_several_with_one_code_or_one_bus_one_is_made() -> None:
    room = Stockroom()
    told = refused(at_once(*(making(room, "LINE-1", f"10.0.0.{number}") for number in range(4))))
    assert [type(problem) for problem in told] == [Duplicate] * 3, told
    told = refused(at_once(*(making(room, f"PRESS-{number}", "10.0.1.1") for number in range(4))))
    assert [type(problem) for problem in told] == [BusTaken] * 3, told
    assert Connection.objects.count() == 2


def test_of_two_counters_of_one_role_one_is_made_and_of_two_that_count_the_same_pieces_too() -> None:
    room, before = Stockroom(), deadlocks()
    one, other = a_line(room, 1), a_line(room, 2)
    told = refused(at_once(adding(room, one, "reject"), adding(room, other, "reject")))
    assert [type(problem) for problem in told] == [RoleTaken], told
    told = refused(at_once(adding(room, one, "good"), adding(room, other, "total")))
    assert [type(problem) for problem in told] == [CountedTwice], told
    assert (CounterPoint.objects.count(), CounterBaseline.objects.count(), deadlocks()) == (2, 2, before)


def test_a_machine_whose_counter_moves_while_another_comes_stays_counted() -> None:
    room, before = Stockroom(), deadlocks()
    one, other = a_line(room, 1), a_line(room, 2)
    for _ in range(4):
        old = adding(room, one, "good")
        old()
        point = CounterPoint.objects.get(active=True)
        retiring = as_request(lambda point=point: retire_point(point_id=point.pk, by=room.by))  # type: ignore[misc]
        assert refused(at_once(retiring, adding(room, other, "reject"))) == []
        assert Machine.objects.get(pk=room.machine.pk).counted, "a counter of rejects is read"
        last = CounterPoint.objects.get(active=True)
        as_request(lambda last=last: retire_point(point_id=last.pk, by=room.by))()  # type: ignore[misc]
        assert not Machine.objects.get(pk=room.machine.pk).counted
    assert deadlocks() == before


def test_two_points_that_change_places_and_a_connection_that_is_switched_do_not_block_each_other() -> None:
    room, before = Stockroom(), deadlocks()
    machines = [room.machine, Machine.objects.create(factory=room.factory, code="M-X", name="X")]
    lines = [a_line(room, 1), a_line(room, 2)]
    for line, machine, role in zip(lines, machines, ("good", "reject"), strict=True):
        adding(room, line, role, machine)()
    points = list(CounterPoint.objects.order_by("pk"))
    for _ in range(3):
        works = [
            as_request(lambda p=point, m=machine: change_point(point_id=p.pk, by=room.by, changes={"machine_id": m.pk}))  # type: ignore[misc]
            for point, machine in zip(points, reversed(machines), strict=True)
        ]
        switch = as_request(
            lambda: change_connection(connection_id=lines[0].pk, by=room.by, changes={"poll_every_s": 2.0})
        )
        assert refused(at_once(*works, switch)) == []
        machines.reverse()
    assert deadlocks() == before


def test_control_without_the_machine_s_lock_pieces_are_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    one, other = a_line(room, 1), a_line(room, 2)
    barrier, sound = threading.Barrier(2), connections.point_faults

    def slow(point: CounterPoint) -> Any:
        faults = sound(point)
        barrier.wait(10)
        return faults

    def unlocked(model: Any, *, row_id: int, factory_id: int) -> Any:
        return model.objects.filter(pk=row_id, factory_id=factory_id).first()

    monkeypatch.setattr(connections, "point_faults", slow)
    monkeypatch.setattr(connections, "lock_one", unlocked)
    assert refused(at_once(adding(room, one, "good"), adding(room, other, "total"))) == []
    assert CounterPoint.objects.filter(machine=room.machine, active=True).count() == 2

"""Connections and counters to test with, made as quickly as the rules allow."""

from decimal import Decimal
from itertools import count
from typing import Any

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from iot import shards
from iot.models import Connection, CounterBaseline, CounterPoint, CountEvent
from iot.shards import Lease
from manufacturing.models import Machine

_numbers = count(1)


def a_connection(factory: Factory, **facts: Any) -> Connection:
    """A Modbus/TCP connection to a port of its own, on a shard that has room."""
    number = next(_numbers)
    made: dict[str, Any] = {
        "code": f"LINE-{number}",
        "driver": "modbus_tcp",
        "address": {"host": "127.0.0.1", "port": number},
        "bus": f"modbus_tcp 127.0.0.1:{number}",
    }
    place = {} if "shard_id" in facts else {"shard_id": shards.shard_with_room()}
    return Connection.objects.create(factory=factory, **made | place | facts)


def a_counter(connection: Connection, machine: Machine, *, role: str = "good", **facts: Any) -> CounterPoint:
    """A counter of a machine that it makes a counted one; it has not been read yet."""
    made: dict[str, Any] = {"where": {"address": 0}, "max_rate": 1000.0, "scale": Decimal(1)}
    point = CounterPoint.objects.create(connection=connection, machine=machine, role=role, **made | facts)
    CounterBaseline.objects.create(point=point)
    Machine.objects.filter(pk=machine.pk).update(counted=True)
    return point


def a_count_event(point: CounterPoint, **facts: Any) -> CountEvent:
    """An entry of the counter ledger: its first reading, unless other facts are given."""
    made: dict[str, Any] = {"seq": 1, "kind": "baseline", "raw": 0, "epoch": 0, "at": clock.now()}
    machine = point.machine
    return CountEvent.objects.create(factory_id=machine.factory_id, machine=machine, point=point, **made | facts)


def a_lease(owner: str = "poller") -> Lease:
    """A lease of a shard that has something to poll."""
    return shards.claim(owner=owner, most=1)[0]

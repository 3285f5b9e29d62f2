"""The poller at work: real sockets on one side, the database on the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from iot.models import Connection, CounterPoint, CountEvent, MachineStateInterval, PollShard
from iot.poller.poller import Poller
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine
from tests.polling.presses import GOOD, RUNS, Stand, a_press
from tests.polling.wiring import a_connection, a_counter

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def a_poller() -> Iterator[Poller]:
    poller = Poller()
    try:
        yield poller
    finally:
        poller.close()


def wired(stand: Stand, *, state: bool = False, every_s: float = 0.05) -> tuple[Machine, CounterPoint]:
    factory = a_factory()
    machine = a_machine(factory)
    connection = a_connection(factory, address=stand.address, poll_every_s=every_s)
    counter = a_counter(connection, machine, where={"address": GOOD}, max_rate=5000.0)
    if state:
        CounterPoint.objects.create(
            connection=connection, machine=machine, role="state", where={"address": RUNS}, encoding="u16"
        )
    return machine, counter


def stint(poller: Poller, seconds: float = 0.4) -> bool:
    return poller.stint(seconds=seconds, told_to_end=lambda: False)


def booked(machine: Machine) -> int:
    return int(sum(CountEvent.objects.filter(machine=machine).values_list("pieces", flat=True)))


def test_what_a_press_makes_is_booked_to_the_last_piece() -> None:
    with a_press() as stand, a_poller() as poller:
        machine, counter = wired(stand)
        assert stint(poller)
        stand.start()
        assert stint(poller)
        stand.stop()
        assert stint(poller)
        assert booked(machine) == stand.made > 100
        counter.baseline.refresh_from_db()
        assert counter.baseline.raw == Decimal(stand.made)
    connection = Connection.objects.get()
    assert connection.health == "ok"
    assert connection.health_since is not None

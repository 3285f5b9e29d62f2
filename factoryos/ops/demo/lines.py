"""The demo's lines to its machines: PRESS-01 over Modbus TCP, PRESS-02 on a serial line; the mills are connected to nothing.

At the other ends are simulated presses (`manage.py demo_presses`), which run while an order runs on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from iot.connections import add_point, change_connection, make_connection
from iot.models import Connection
from iot.simulation.panel import AT, RUNS_REGISTER
from iot.simulation.press import Counter
from manufacturing.models import Machine

FACTORY = "penang-plant"
HOST, PORT = "127.0.0.1", 15502  # where it is taken, the simulation takes another and says so
_FASTEST = 3.0  # counts a second, well above what a press makes


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as planned, with the press that it leads to."""

    code: str
    driver: str
    machine: str


LINES = (Line("PRESS-01-TCP", "modbus_tcp", "PRESS-01"), Line("PRESS-02-SERIAL", "modbus_rtu", "PRESS-02"))
TCP, SERIAL = LINES


def serial_link() -> Path:
    """Where the terminal of the simulated serial line is linked from."""
    return Path(settings.FACTORYOS_HOME) / "demo" / "PRESS-02"


def load_connections(factory: Factory) -> None:
    """What leads to the simulated presses; what is there already is left as it is.

    Written after the orders' stories, whose pieces were counted by hand.
    """
    if factory.slug != FACTORY:
        return
    by = Crew.of(factory).engineer
    for line, address in (
        (TCP, {"host": HOST, "port": PORT}),
        (SERIAL, {"port": str(serial_link()), "baudrate": 19200}),
    ):
        if not Connection.objects.filter(factory=factory, code=line.code).exists():
            made = make_connection(by=by, code=line.code, driver=line.driver, address=address)
            machine = Machine.objects.get(factory=factory, code=line.machine)
            for role, counter in (("good", Counter.GOOD), ("reject", Counter.REJECTS)):
                add_point(
                    connection_id=made.pk, by=by, machine_id=machine.pk, role=role, where=_where(AT[counter]),
                    encoding="u32", scale=Decimal(1), max_rate=_FASTEST,
                )  # fmt: skip
            add_point(
                connection_id=made.pk, by=by, machine_id=machine.pk, role="state", where=_where(RUNS_REGISTER),
                encoding="u16",
            )  # fmt: skip


def _where(address: int) -> dict[str, Any]:
    return {"unit": 1, "table": "holding_registers", "address": address}


def lead_to(line: Line, address: Mapping[str, Any]) -> None:
    """Let a demo connection lead to where its simulated press is reached now, unless a person led it elsewhere.

    Runs in the caller's transaction.
    """
    factory = Factory.objects.get(slug=FACTORY)
    found = Connection.objects.filter(factory=factory, code=line.code, active=True).first()
    if found is None or not _is_simulated(found.address):
        return
    if any(found.address.get(name) != value for name, value in address.items()):
        changes = {"address": {**found.address, **address}}
        change_connection(connection_id=found.pk, by=Crew.of(factory).engineer, changes=changes)


def _is_simulated(address: Mapping[str, Any]) -> bool:
    return address.get("host") == HOST or str(address.get("port", "")).endswith("/demo/PRESS-02")

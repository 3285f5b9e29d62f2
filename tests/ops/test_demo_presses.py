"""The demo's simulated presses: which run, where they are reached, and that a person's own connections are left alone."""

import os
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from factoryos.kernel.models import Factory
from factoryos.ops.demo import lines
from factoryos.ops.demo.crew import Crew
from factoryos.ops.management.commands.demo_presses import _lead_here, _to_run
from iot.models import Connection, CounterPoint
from manufacturing.models import Item, Machine
from orders import actions
from orders.specs import Count, NewLine, Share
from tests import floor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _loaded(settings: Any, tmp_path: Path) -> None:
    settings.FACTORYOS_HOME = tmp_path
    call_command("load_demo", skip_checks=True, stdout=StringIO())


@pytest.mark.usefixtures("_loaded")
def test_the_presses_are_connected_and_counted_and_the_mills_are_not() -> None:
    known = {
        one.code: (one.driver, set(one.points.values_list("machine__code", "role")))
        for one in Connection.objects.order_by("code")
    }
    assert known == {
        "PRESS-01-TCP": ("modbus_tcp", {("PRESS-01", "good"), ("PRESS-01", "reject"), ("PRESS-01", "state")}),
        "PRESS-02-SERIAL": ("modbus_rtu", {("PRESS-02", "good"), ("PRESS-02", "reject"), ("PRESS-02", "state")}),
    }
    assert set(Machine.objects.filter(counted=True).values_list("code", flat=True)) == {"PRESS-01", "PRESS-02"}
    assert not CounterPoint.objects.filter(machine__code__startswith="CNC").exists()


@pytest.mark.usefixtures("_loaded")
def test_a_press_runs_while_an_order_runs_on_it_that_wants_more_pieces() -> None:
    crew, press = Crew.of(Factory.objects.get(slug="penang-plant")), Machine.objects.get(code="PRESS-01")
    assert _to_run() == {"PRESS-02"}  # the order that the demo's stories left running
    cap = Item.objects.get(sku="CAP-28")
    order = floor.done(actions.create, by=crew.planner, lines=[NewLine(item=cap, target=Decimal(10))])
    floor.done(actions.schedule, order_id=order.pk, by=crew.planner, shares=[Share(machine=press)])
    assert "PRESS-01" not in _to_run()
    floor.done(actions.start, order_id=order.pk, by=crew.technician)
    assert "PRESS-01" in _to_run()
    floor.done(actions.pause, order_id=order.pk, by=crew.technician, reason="tool_change")
    assert "PRESS-01" not in _to_run()
    floor.done(actions.resume, order_id=order.pk, by=crew.technician)
    assert "PRESS-01" in _to_run()
    count = Count(good=Decimal(10), rejected=Decimal(0))
    floor.done(actions.report, order_id=order.pk, by=crew.technician, count=count)
    assert "PRESS-01" not in _to_run()


@pytest.mark.usefixtures("_loaded")
def test_the_connections_lead_to_where_the_presses_are_and_a_person_s_own_are_left(
    settings: Any, tmp_path: Path
) -> None:
    tcp, serial = (Connection.objects.get(code=line.code) for line in lines.LINES)
    _lead_here(lines.PORT)
    for one in (tcp, serial):
        version = one.version
        one.refresh_from_db()
        assert one.version == version  # nothing to change
    settings.FACTORYOS_HOME = tmp_path / "moved"
    _lead_here(4711)
    tcp.refresh_from_db()
    serial.refresh_from_db()
    assert (tcp.address["port"], tcp.bus) == (4711, "127.0.0.1:4711")
    assert serial.address == {"port": str(tmp_path / "moved" / "demo" / "PRESS-02"), "baudrate": 19200}
    Connection.objects.filter(pk=tcp.pk).update(address={"host": "10.0.0.5", "port": 502})
    _lead_here(4712)
    tcp.refresh_from_db()
    assert tcp.address == {"host": "10.0.0.5", "port": 502}


def test_where_its_port_is_taken_another_one_is_served(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((lines.HOST, lines.PORT))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        environment = {**os.environ, "FACTORYOS_HOME": str(tmp_path), "DATABASE_URL": "postgres://x@127.0.0.1:1/none"}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo_presses", "--skip-checks"],
            cwd=Path(__file__).parents[2], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        place = process.stdout.readline().split()[-1]
        assert place.startswith(lines.HOST) and not place.endswith(f":{lines.PORT}")
        assert process.stdout.readline().split()[-1] == str(tmp_path / "demo" / "PRESS-02")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert (tmp_path / "demo" / "counters.json").exists()
    assert not (tmp_path / "demo" / "PRESS-02").is_symlink()


def test_it_is_refused_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("demo_presses", skip_checks=True)

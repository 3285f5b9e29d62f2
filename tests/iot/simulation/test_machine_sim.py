"""`manage.py machine_sim` as a process: it says where it is reached, obeys, and tells the truth when it is ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymodbus.client import ModbusTcpClient

PROJECT = Path(__file__).parents[3]


@contextmanager
def _simulation(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    env = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}  # none is needed, and none is there
    command = [sys.executable, "manage.py", "machine_sim", *arguments]
    process = subprocess.Popen(command, env=env, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _ended(process: "subprocess.Popen[str]", number: signal.Signals) -> dict[str, dict[str, object]]:
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err == ""
    told: dict[str, dict[str, object]] = json.loads(out)
    return told


def _good(client: ModbusTcpClient) -> int:
    words = client.read_holding_registers(0, count=2, device_id=1).registers
    return words[0] << 16 | words[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_reached_where_it_says_runs_by_its_coil_and_tells_what_was_made(
    tmp_path: Path, number: signal.Signals
) -> None:
    link = tmp_path / "tty"
    with _simulation("--modbus-tcp", "0", "--serial-link", str(link), "--rate", "200") as process:
        name, tongue, place, *unit = _line(process).split()
        assert (name, tongue, unit) == ("PRESS-01", "modbus_tcp", ["unit", "1"])
        assert _line(process) == f"PRESS-02 modbus_rtu {link} unit 1"
        assert link.is_symlink()
        with ModbusTcpClient("127.0.0.1", port=int(place.rpartition(":")[2])) as client:
            assert _good(client) == 0
            client.write_coil(0, True, device_id=1)
            time.sleep(0.3)
            client.write_coil(0, False, device_id=1)
            good = _good(client)
        told = _ended(process, number)
    assert good >= 60
    assert told["PRESS-01"] == {"made": good, "good": good, "rejects": 0, "counter_sets": 0, "running": "stopped"}
    assert told["PRESS-02"]["made"] == 0
    assert not link.is_symlink()


def test_the_orders_file_runs_and_stops_a_press(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.write_text("PRESS-01 run 500\n")
    with _simulation("--modbus-tcp", "0", "--orders", str(orders), "--rate", "1") as process:
        place = _line(process).split()[2]
        with ModbusTcpClient("127.0.0.1", port=int(place.rpartition(":")[2])) as client:
            _until(lambda: _good(client) > 20)
            orders.write_text("PRESS-01 jump\n")  # no order: what was told before holds
            time.sleep(0.3)
            assert client.read_coils(0, count=1, device_id=1).bits[0] is True
            orders.write_text("PRESS-01 stop\n")
            _until(lambda: client.read_coils(0, count=1, device_id=1).bits[0] is False)
            good = _good(client)
        assert _ended(process, signal.SIGTERM)["PRESS-01"]["made"] == good


def test_with_a_state_file_the_counters_go_on_from_where_they_were(tmp_path: Path) -> None:
    state = tmp_path / "state"
    arguments = ["--modbus-tcp", "0", "--rate", "100", "--running", "--state", str(state)]
    with _simulation(*arguments) as process:
        _line(process)
        _until(lambda: state.exists() and json.loads(state.read_text())["PRESS-01"]["good"] > 5)
        process.kill()  # even so
        process.wait()
    kept = json.loads(state.read_text())["PRESS-01"]["good"]
    with _simulation(*arguments) as process:
        place = _line(process).split()[2]
        with ModbusTcpClient("127.0.0.1", port=int(place.rpartition(":")[2])) as client:
            _until(lambda: _good(client) > kept)
        made = _ended(process, signal.SIGTERM)["PRESS-01"]["made"]
    assert json.loads(state.read_text())["PRESS-01"]["good"] == kept + made


def _until(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "nothing to simulate"),
        (["--modbus-tcp", "0", "--rate", "-1"], "no fewer than 0"),
        (["--serial-link", "morse=/nowhere/tty"], "no such tongue"),
        (["--modbus-tcp", "0", "--script", "SCRIPT"], "no such press: PRESS-77"),
        (["--modbus-tcp", "0", "--state", "SCRIPT"], "does not hold what counters showed"),
    ],
)
def test_what_cannot_be_simulated_is_said_at_once(tmp_path: Path, arguments: list[str], why: str) -> None:
    script = tmp_path / "script"
    script.write_text("1 freeze 5 on=PRESS-77\n")
    with _simulation(*[str(script) if word == "SCRIPT" else word for word in arguments]) as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out == ""
    assert why in err

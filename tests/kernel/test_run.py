"""`manage.py run` as a person meets it: started, ended, killed, with a part dying and with the port taken."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.core.management.base import CommandError

from factoryos.kernel.management.commands.run import Command
from factoryos.kernel.running import port as ports
from factoryos.kernel.running.children import Child, end
from tests.kernel.homes import PROJECT, fresh_home, processes_of, query, wait_until

START_TIMEOUT_S = 90
END_TIMEOUT_S = 20
COUNTED = "SELECT count(*) FROM iot_countevent WHERE entry_id IS NOT NULL"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One for the whole file: what one run leaves behind, the next one finds."""
    with fresh_home() as folder:
        yield folder
        for left in processes_of(folder):  # of a test that failed half-way
            left.kill()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Run:
    """One `manage.py run`, its words in a file."""

    def __init__(self, home: Path, port: int) -> None:
        self.port, self.words = port, home / f"said-{port}"
        environment = {**os.environ, "FACTORYOS_HOME": str(home), "PORT": str(port)}
        for chosen in ("DATABASE_URL", "REDIS_URL", "FACTORYOS_ENV"):
            environment.pop(chosen, None)
        command = [sys.executable, "manage.py", "run"]
        with self.words.open("w") as words:
            self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=words, stderr=words)

    def said(self) -> str:
        return self.words.read_text()

    def ready(self) -> "Run":
        def announced() -> bool:
            assert self.process.poll() is None, self.said()
            return "Ctrl-C ends it" in self.said()

        wait_until(announced, "FactoryOS runs", timeout_s=START_TIMEOUT_S)
        return self

    def told(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(END_TIMEOUT_S)

    def child(self, word: str) -> psutil.Process:
        """The one whose command has an argument that begins so."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if any(part.startswith(word) for part in child.cmdline()))


def test_it_runs_all_parts_and_ctrl_c_ends_all_of_them(home: Path, port: int) -> None:
    run = Run(home, port).ready()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        assert answer.status == 200
    # Beat's message, through the file broker, taken by the worker, done in the database.
    query(home, "INSERT INTO kernel_outboxmessage (topic, key, payload) VALUES ('run.tested', '1', '{}') RETURNING id")
    told = "SELECT count(*) FROM kernel_outboxmessage WHERE topic = 'run.tested' AND done_at IS NOT NULL"
    wait_until(lambda: query(home, told) == "1", "the relay has told what happened")
    # An order runs on a press of the demo, which is simulated, polled and booked.
    wait_until(lambda: int(query(home, COUNTED)) > 0, "a press counts by itself")
    assert run.told(signal.SIGINT) == 0
    assert run.said().endswith("Ended.\n")
    assert not processes_of(home)


def test_a_second_run_keeps_the_data_and_ends_with_all_its_parts_when_it_is_killed(home: Path, port: int) -> None:
    began = time.monotonic()
    run = Run(home, port).ready()
    assert time.monotonic() - began < 20
    assert query(home, "SELECT count(*) FROM kernel_outboxmessage WHERE topic = 'run.tested'") == "1"
    assert len(processes_of(home)) > 5
    before = int(query(home, COUNTED))
    wait_until(lambda: int(query(home, COUNTED)) > before, "the press goes on counting")
    assert query(home, "SELECT count(*) FROM iot_countevent WHERE kind NOT IN ('baseline', 'count')") == "0"
    assert run.told(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not processes_of(home), "no part outlives the supervisor")


def test_a_part_that_dies_ends_the_run_which_says_so(home: Path, port: int) -> None:
    run = Run(home, port).ready()
    run.child("worker-").kill()
    assert run.process.wait(END_TIMEOUT_S) == 1
    assert "The Celery worker has ended by itself (killed by SIGKILL)" in run.said()
    assert not processes_of(home)


def test_a_busy_port_is_named_and_nothing_is_started(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        run = Run(home, number)
        assert run.process.wait(END_TIMEOUT_S) == 1
    assert f"Port {number} on 127.0.0.1 cannot be used: Address already in use" in run.said()
    assert re.search(r"PORT=\d+ make run", run.said())
    assert "Database" not in run.said()
    assert not processes_of(home)


def test_a_port_taken_with_permission_to_share_is_busy_all_the_same() -> None:
    """Web servers that share their port among processes let a second one in, which then takes half of the requests."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert ports.why_not("127.0.0.1", taken.getsockname()[1]) == "Address already in use"


@pytest.mark.parametrize("number", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("PORT", number)
    with pytest.raises(CommandError, match=f"PORT must be a number from 1 to 65535, and is '{number}'"):
        Command()._free_port()


def test_who_gives_a_port_that_is_none_is_told_so(home: Path) -> None:
    environment = {**os.environ, "FACTORYOS_HOME": str(home), "PORT": "65536"}
    ran = subprocess.run([sys.executable, "manage.py", "run"], cwd=PROJECT, env=environment, capture_output=True)
    assert ran.returncode == 1
    assert b"PORT must be a number from 1 to 65535" in ran.stderr


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_a_child_that_will_not_end_is_killed_together_with_its_own_children(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    grandchild = f"import subprocess; p = subprocess.Popen({python(deaf + 'time.sleep(60)')}); "
    child = Child("deaf", python(f"{deaf}{grandchild}open('pid', 'w').write(str(p.pid)); time.sleep(60)"))
    child.start(folder=tmp_path, environment=os.environ)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the grandchild runs")
    began = time.monotonic()
    end([child], patience_s=0.3)
    assert time.monotonic() - began < 5
    assert child.ended() == "killed by SIGKILL"
    wait_until(lambda: not _runs(int((tmp_path / "pid").read_text())), "the grandchild has ended too")


def test_a_child_says_how_it_ended(tmp_path: Path) -> None:
    child = Child("short", python("raise SystemExit(3)"))
    assert child.ended() is None
    child.start(folder=tmp_path, environment=os.environ)
    wait_until(child.ended, "it has ended")
    assert child.ended() == "exit code 3"


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE

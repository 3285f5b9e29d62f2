"""The command line of every program that `manage.py run` starts. A production host starts the same ones by itself."""

import os
import sys
from pathlib import Path

WEB_PROCESSES = 2
WEB_THREADS = 4  # per process; each may hold one database connection
TASK_PROCESSES = 2


def web_host() -> str:
    """The address to listen on: this machine alone, unless FACTORYOS_HOST says otherwise (0.0.0.0: every address)."""
    return os.environ.get("FACTORYOS_HOST", "").strip() or "127.0.0.1"


def web_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "factoryos.front", "--host", web_host(), "--port", str(port)),
        *("--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)),
    ]


def worker_command() -> list[str]:
    """Workers need not know of one another: the database says what is to be done and by whom."""
    return [*_celery_worker("worker", queue="celery"), "--concurrency", str(TASK_PROCESSES)]


def poller_command() -> list[str]:
    """A worker that polls machines and does nothing else. It keeps their lines open itself, so it has no processes."""
    return [*_celery_worker("poller", queue="poll"), "--pool", "solo"]


def _celery_worker(name: str, *, queue: str) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "factoryos.celery", "--quiet", "worker"),
        *("--queues", queue, "--loglevel", "WARNING", "--hostname", f"{name}-{os.getpid()}@%h"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def beat_command(schedule: Path) -> list[str]:
    """`schedule`: the file where beat remembers when it last sent what; each beat needs one of its own."""
    return [
        *(sys.executable, "-m", "celery", "--app", "factoryos.celery", "--quiet", "beat"),
        *("--schedule", str(schedule), "--loglevel", "WARNING"),
    ]


def mqtt_command() -> list[str]:
    """Takes telemetry from the broker of MQTT_URL. One works, however many there are: the others stand by."""
    return [sys.executable, "manage.py", "mqtt_listen"]


def demo_presses_command() -> list[str]:
    """The machines that the demo has nowhere else. Development only."""
    return [sys.executable, "manage.py", "demo_presses"]

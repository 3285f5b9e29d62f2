"""Counting requests for Prometheus over all web processes of one server: each writes its own file, a scrape adds up.

The files lie in a folder named after the process that started the web workers, so that workers which are replaced keep
counting together, two servers on one host do not mix, and a new server begins at nought.
"""

import contextlib
import os
import shutil
from pathlib import Path

import psutil
from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def _folder() -> Path:
    """This server's folder; those of servers that are no more are removed."""
    folders = Path(settings.FACTORYOS_HOME) / "metrics"
    mine = folders / _name_of(os.getppid())
    mine.mkdir(parents=True, exist_ok=True)
    for folder in folders.iterdir():
        number = folder.name.partition("-")[0]
        if folder != mine and number.isdecimal() and folder.name != _name_of(int(number)):
            shutil.rmtree(folder, ignore_errors=True)
    return mine


def _name_of(pid: int) -> str:
    """A process's number is given again one day; its number and starting time together are not."""
    with contextlib.suppress(psutil.Error):
        return f"{pid}-{psutil.Process(pid).create_time():.0f}"
    return f"{pid}-gone"


# Set anew even where there is one: it would be the one of the process that started this server.
FOLDER = os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_folder())
# The library asks the environment when it is first imported, which may have been before the line above.
values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]

REQUESTS = Histogram(
    "factoryos_http_request_seconds",
    "How long answers took, from the first byte of the request read to the answer ready.",
    ["face", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
    registry=None,
)

STREAMS = Gauge("factoryos_live_streams", "Open live streams.", ["face"], multiprocess_mode="livesum", registry=None)
RESETS = Counter(
    "factoryos_live_resets",
    "Readers of a live stream who were told to fetch everything anew: too slow, or away too long.",
    registry=None,
)


def observe(*, face: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request. `face` must be one of a fixed few names, never text from the request."""
    known = method if method in METHODS else "OTHER"
    REQUESTS.labels(face, known, str(status)).observe(seconds)


def requests_counted() -> CollectorRegistry:
    """A registry that gives the requests of all this server's processes."""
    _forget_open_things_of_the_dead()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=FOLDER)  # type: ignore[no-untyped-call]
    return registry


def _forget_open_things_of_the_dead() -> None:
    """A worker that was replaced has no stream open any more; what it counted for good stays."""
    for file in Path(FOLDER).glob("gauge_live*_*.db"):
        number = file.stem.rpartition("_")[2]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            mark_process_dead(int(number), path=FOLDER)  # type: ignore[no-untyped-call]

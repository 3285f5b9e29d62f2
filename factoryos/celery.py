"""The Celery application and its timetable. A message is a wake-up carrying ids only; the database owns the work.

Every periodic message expires before the next one is sent, so a worker that was away finds one of each, not a heap.
"""

import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_ready
from kombu.transport import TRANSPORT_ALIASES

# Celery's reason is pickle, and our messages are JSON only.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges", category=UserWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factoryos.settings")
TRANSPORT_ALIASES["filesystem"] = "factoryos.kernel.file_broker:Transport"

# Task name: seconds between two runs. Two beats side by side do no harm: each task is safe to run twice.
PERIODS: dict[str, float] = {
    "factoryos.kernel.tasks.relay_outbox": 2,
    "factoryos.ops.tasks.run_bulk": 2,
    "dialects.tasks.project_statements": 2,
    "factoryos.kernel.tasks.canary": 30,
    "orders.tasks.seal_history": 60,
    "factoryos.kernel.tasks.purge": 3600,
    "factoryos.ops.tasks.forget_sign_ins": 3600,
    "dialects.tasks.forget_failed_rows": 3600,
    "iot.tasks.forget_telemetry": 3600,
    "iot.tasks.poll": 2,
    "iot.tasks.forget_ticks": 60,
    "iot.tasks.sweep_silence": 10,
}
# Task: the queue of workers that do nothing else (`--queues`). Everything else is any ordinary worker's.
QUEUES = {"iot.tasks.poll": {"queue": "poll"}}


def timetable() -> dict[str, Any]:
    """Celery's beat_schedule for PERIODS."""
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds * 0.9, "ignore_result": True}}
        for task, seconds in PERIODS.items()
    }


def configuration() -> dict[str, Any]:
    """Read when Celery first needs it, not when this module is imported: settings are not loaded by then."""
    from django.conf import settings

    return {**settings.CELERY, "beat_schedule": timetable(), "task_routes": QUEUES}


app = Celery("factoryos")
app.add_defaults(configuration)
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """That somebody listens keeps Celery from setting up handlers and levels of its own (see factoryos.logs)."""


@worker_init.connect
@beat_init.connect
def refuse_to_work(**kwargs: Any) -> None:
    """Worker and beat ask the same as the web server does before it serves."""
    from factoryos.checks import refuse_to_serve

    refuse_to_serve()


@worker_ready.connect
def sing_at_once(**kwargs: Any) -> None:
    """The first canary, so that nobody waits half a minute to learn that a new worker takes messages."""
    app.send_task("factoryos.kernel.tasks.canary", expires=30, ignore_result=True)

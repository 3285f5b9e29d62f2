"""Celery tasks of the console: wake-ups only, each safe to run twice, late or beside itself."""

from celery import shared_task

from factoryos.ops.bulk import runner


@shared_task(name=runner.TASK)
def run_bulk() -> int:
    """A stint at whatever bulk operation is unfinished. Also the sweep: what a killed worker left is found again here."""
    return runner.stint()

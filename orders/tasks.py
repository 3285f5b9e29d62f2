"""Celery tasks of the core: wake-ups only, each safe to run twice, late or beside itself."""

from celery import shared_task

from orders import sealing


@shared_task(name="orders.tasks.seal_history")
def seal_history() -> int:
    """Seal the histories that grew since the last minute; gives how many."""
    return sealing.seal_all()

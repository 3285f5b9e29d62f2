"""Celery tasks of the faces: wake-ups only, each safe to run twice, late or beside itself."""

from celery import shared_task

from factoryos.dialects.ingest import projection
from orders.ingest import forgetting, heads


@shared_task(name=heads.PROJECTION)
def project_statements() -> int:
    """A stint at what planning systems stated. Also the sweep: what a killed worker left is found again here."""
    return projection.project()


@shared_task(name="dialects.tasks.forget_failed_rows")
def forget_failed_rows() -> int:
    """Forget the rows that were refused a month ago; gives how many."""
    return forgetting.forget_failed_rows()

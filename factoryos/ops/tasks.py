"""Celery tasks of the console: wake-ups only, each safe to run twice, late or beside itself."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from factoryos.kernel import clock
from factoryos.ops.bulk import runner

SIGN_INS_KEPT_DAYS = 90


@shared_task(name=runner.TASK)
def run_bulk() -> int:
    """A stint at whatever bulk operation is unfinished. Also the sweep: what a killed worker left is found again here."""
    return runner.stint()


@shared_task(name="factoryos.ops.tasks.forget_sign_ins")
def forget_sign_ins() -> None:
    """Sessions that ended, and who signed in or tried to longer ago than anybody will ask about."""
    SessionStore.clear_expired()
    before = clock.now() - timedelta(days=SIGN_INS_KEPT_DAYS)
    for model in (AccessAttempt, AccessLog):
        model.objects.filter(attempt_time__lt=before).delete()

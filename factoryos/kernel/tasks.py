"""Celery tasks of the kernel: wake-ups only, each safe to run twice, late or beside itself."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import Q

from factoryos.kernel import clock, idempotency, outbox
from factoryos.kernel.models import OutboxMessage, RateBucket, RememberedAnswer, UserToken

log = structlog.get_logger(__name__)

OUTBOX_KEPT_HOURS = 26  # streams resume up to 24 h back
TOKENS_KEPT_DAYS = 60  # after they ended, for somebody who asks who was signed in


@shared_task(name="factoryos.kernel.tasks.relay_outbox")
def relay_outbox() -> int:
    """Tell what happened. Also the sweep: whatever an earlier relay left undone is found again here."""
    return outbox.relay()


@shared_task(name="factoryos.kernel.tasks.purge")
def purge() -> None:
    """Forget what is past its time: answers after 7 days, told messages after a day, idle rate buckets, old tokens."""
    now = clock.now()
    RememberedAnswer.objects.filter(created_at__lt=now - timedelta(days=idempotency.KEPT_DAYS)).delete()
    OutboxMessage.objects.filter(done_at__lt=now - timedelta(hours=OUTBOX_KEPT_HOURS)).delete()
    RateBucket.objects.filter(updated_at__lt=now - timedelta(hours=1)).exclude(key="canary").delete()
    ended = now - timedelta(days=TOKENS_KEPT_DAYS)
    UserToken.objects.filter(Q(expires_at__lt=ended) | Q(revoked_at__lt=ended)).delete()


@shared_task(name="factoryos.kernel.tasks.canary")
def canary() -> None:
    """Prove that a worker takes messages: it leaves a trace that /readyz and /metrics read (celery #10205)."""
    RateBucket.objects.update_or_create(key="canary", defaults={"tokens": 0, "updated_at": clock.now()})

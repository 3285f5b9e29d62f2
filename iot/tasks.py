"""Celery tasks of the machines: wake-ups only, each safe to run twice, late or beside itself."""

import time

import structlog
from celery import Celery, current_app, shared_task
from django.conf import settings

from factoryos.kernel import wakeup
from iot import shards, silence, telemetry

POLL_QUEUE = "poll"  # a queue of its own: a stint holds its worker for seconds
BROKER_S = 1.0  # that the broker has to answer
PASS_ON_S = 0.05  # the one who is meant comes to the queue in the meantime

log = structlog.get_logger(__name__)


@shared_task(name="iot.tasks.forget_telemetry")
def forget_telemetry() -> int:
    """Forget the samples that are past their time; gives how many."""
    return telemetry.forget()


@shared_task(name="iot.tasks.poll", acks_late=True)
def poll(owner: str = "") -> bool:
    """Poll what nobody else does, for a stint; gives whether there was anything. Runs in a worker of its own kind.

    At its end a poller (`owner`) asks for its own next stint, so that it waits for no tick. Another worker that gets
    this message has nothing to do with it and passes it on. The tick begins anew what was lost. While the broker is away
    one stint follows the other.
    """
    from iot.poller import running  # the engine and its drivers, which no other worker needs

    if running.is_ending():
        return False
    poller = running.poller()
    if owner not in ("", poller.owner):
        if shards.are_polled(by=owner):
            time.sleep(PASS_ON_S)
            wakeup.ring(poll.name, owner)
        return False
    polled = poller.stint(seconds=settings.POLL_STINT_S, told_to_end=running.is_ending)
    while polled and not running.is_ending() and not _answers(current_app):
        # Nobody could ask for another stint before it is back, and meanwhile one order follows the other.
        polled = poller.stint(seconds=settings.POLL_STINT_S, told_to_end=running.is_ending)
    if polled and not running.is_ending():
        wakeup.ring(poll.name, poller.owner)
    return polled


def _answers(app: Celery) -> bool:
    """Whether the broker does. It is asked once, and not for long: the machines' lines stand still meanwhile."""
    patience = {"socket_connect_timeout": BROKER_S, "socket_timeout": BROKER_S}
    try:
        with app.connection_for_write(transport_options=patience) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    except Exception as error:  # whatever it is, no message will come
        log.warning("poller_broker_away", error=str(error))
        return False
    return True


@shared_task(name="iot.tasks.forget_ticks")
def forget_ticks() -> int:
    """Where no poller is at work, throw away the ticks that were meant for one: they would only pile up; gives how many."""
    if shards.are_polled():
        return 0
    with current_app.connection_for_write() as broker:
        return int(broker.default_channel.queue_purge(POLL_QUEUE) or 0)


@shared_task(name="iot.tasks.sweep_silence")
def sweep_silence() -> int:
    """Say of every machine of which nothing has been heard for a while that there is no data; gives how many."""
    return silence.sweep()

"""Celery tasks of the machines: wake-ups only, each safe to run twice, late or beside itself."""

from celery import shared_task

from iot import telemetry


@shared_task(name="iot.tasks.forget_telemetry")
def forget_telemetry() -> int:
    """Forget the samples that are past their time; gives how many."""
    return telemetry.forget()

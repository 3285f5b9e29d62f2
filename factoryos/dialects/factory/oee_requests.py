"""Which period the figures of a machine may be asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import QueryRequest, Values, invalid
from factoryos.dialects.base.times import TimeField, instant_of
from factoryos.kernel import clock
from factoryos.kernel.actors import Actor

DEFAULT, LONGEST = timedelta(hours=24), timedelta(days=31)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # no machine told anything before, and calendars have a first day


class OeeQuery(QueryRequest):
    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python, so these cannot be declared.
        return {
            "from": TimeField(required=False, dates=True, help_text="24 hours before `to`, if left out."),
            "to": TimeField(required=False, dates=True, help_text="Exclusive; now, if left out."),
        }


def period_of(values: Values, *, by: Actor) -> tuple[datetime, datetime]:
    """The period that is meant; a bare date is the beginning of that day in the factory. Problem: Invalid."""
    zone = by.factory.zone
    end = instant_of(values["to"], zone=zone) if "to" in values else clock.now()
    if "from" in values:
        begin = instant_of(values["from"], zone=zone)
    else:
        begin = end - DEFAULT if end >= EARLIEST + DEFAULT else EARLIEST
    if begin < EARLIEST:
        raise invalid([Fault("from", "from must not be before 1970-01-01")])
    if begin >= end:
        raise invalid([Fault("to", "to must be after from")])
    if end - begin > LONGEST:
        raise invalid([Fault("to", "to must not be more than 31 days after from")])
    return begin, end

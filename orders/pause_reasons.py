"""Pause reasons: the codes that interruptions are counted by, and how a free text finds its code."""

from django.db.models import Q, QuerySet

from factoryos.kernel.problems import Invalid
from orders.models import PauseReason

OTHER = "other"
QUALITY_HOLD = "quality_hold"


def of_factory(factory_id: int) -> QuerySet[PauseReason]:
    """The standard reasons and the factory's own."""
    return PauseReason.objects.filter(Q(factory__isnull=True) | Q(factory_id=factory_id))


def match(reason: str, *, factory_id: int) -> tuple[str, str | None]:
    """The code a reason stands for and, for any text that is no known code or label, `other` with that text.

    Problem: Invalid when it is blank.
    """
    wanted = reason.strip()
    if not wanted:
        raise Invalid(messages=["reason should not be empty"], field="reason")
    known = of_factory(factory_id).filter(Q(code__iexact=wanted) | Q(label__iexact=wanted)).first()
    return (known.code, None) if known else (OTHER, wanted)

"""The table of the life: which verb is possible in which state, read from the model's own declarations."""

from functools import cache

from django_fsm import Transition

from orders.models import ProductionOrder
from orders.states import State


@cache
def table() -> dict[str, dict[str, Transition]]:
    """verb → state → transition."""
    rows: dict[str, dict[str, Transition]] = {}
    for transition in ProductionOrder._meta.get_field("state").get_all_transitions(ProductionOrder):
        rows.setdefault(transition.name, {})[str(transition.source)] = transition
    return rows


@cache
def legal_verbs(*, state: str, needs_verification: bool) -> tuple[str, ...]:
    """The verbs that the state itself allows (holds, roles and busy machines aside)."""
    return tuple(
        verb
        for verb, sources in table().items()
        if state in sources and not (verb == "close" and state == State.COMPLETED and needs_verification)
    )

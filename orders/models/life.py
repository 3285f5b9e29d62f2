"""The life of an order as django-fsm enforces it: one transition per verb, with the conditions that may refuse it.

Only orders.lifecycle calls these methods. The table is drawn by `manage.py draw_lifecycle` and tested whole
(state × verb) in tests/orders/test_matrix.py.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import models
from django_fsm import FSMField, transition

from orders.states import BEFORE_START, OPEN, RUNNING, State

if TYPE_CHECKING:
    from orders.models.history import OrderEvent

S = State


def no_open_hold(order: models.Model) -> bool:
    """An open hold refuses exactly start, resume, report, begin_work, complete, verify, rework and close."""
    assert isinstance(order, OrderLife)
    return order.open_holds == 0


def verification_not_required(order: models.Model) -> bool:
    """A completed order may be closed unverified only where the factory does not ask for verification."""
    assert isinstance(order, OrderLife)
    return order.state != S.COMPLETED or not order.needs_verification


_HELD: list[Callable[[models.Model], bool]] = [no_open_hold]
_CLOSABLE: list[Callable[[models.Model], bool]] = [verification_not_required, no_open_hold]


class OrderLife(models.Model):
    """State, version and open holds of an order, with its transitions."""

    state = FSMField(max_length=20, choices=State.choices, default=S.DRAFT, protected=True, db_collation="C")
    version = models.PositiveIntegerField(default=1, help_text="Grows by one with every verb; one event each.")
    open_holds = models.PositiveSmallIntegerField(default=0, db_default=0)

    # The factory's rule, put here by orders.locks from the actor's tenant (no query of its own).
    needs_verification: bool = True
    # The event of the verb that ran last on this object, for the face that reports it.
    last_event: "OrderEvent | None" = None

    class Meta:
        abstract = True

    @property
    def is_running(self) -> bool:
        """Whether production has begun and is not over: what is reserved still serves it."""
        return self.state in RUNNING

    @property
    def has_material_set_aside(self) -> bool:
        """Whether components are reserved for it, as far as they are there: from approval to the end of production."""
        return self.state in (S.APPROVED, S.SCHEDULED, *RUNNING)

    @transition(field=state, source=S.DRAFT, target=S.SUBMITTED)
    def submit(self) -> None: ...

    @transition(field=state, source=[S.DRAFT, S.SUBMITTED], target=S.APPROVED)
    def approve(self) -> None: ...

    @transition(field=state, source=list(BEFORE_START), target=S.SCHEDULED)
    def schedule(self) -> None: ...

    @transition(field=state, source=[S.APPROVED, S.SCHEDULED], target=S.IN_PRODUCTION, conditions=_HELD)
    def start(self) -> None: ...

    @transition(field=state, source=list(RUNNING), target=None, conditions=_HELD)
    def report(self) -> None: ...

    @transition(field=state, source=list(RUNNING), target=None, conditions=_HELD)
    def begin_work(self) -> None: ...

    # What was begun before a hold may be ended under it.
    @transition(field=state, source=list(RUNNING), target=None)
    def finish_work(self) -> None: ...

    @transition(field=state, source=S.IN_PRODUCTION, target=S.PAUSED)
    def pause(self) -> None: ...

    @transition(field=state, source=S.PAUSED, target=S.IN_PRODUCTION, conditions=_HELD)
    def resume(self) -> None: ...

    @transition(field=state, source=list(RUNNING), target=S.COMPLETED, conditions=_HELD)
    def complete(self) -> None: ...

    @transition(field=state, source=S.COMPLETED, target=S.VERIFIED, conditions=_HELD)
    def verify(self) -> None: ...

    @transition(field=state, source=S.COMPLETED, target=S.IN_PRODUCTION, conditions=_HELD)
    def rework(self) -> None: ...

    @transition(field=state, source=[S.VERIFIED, S.COMPLETED], target=S.CLOSED, conditions=_CLOSABLE)
    def close(self) -> None: ...

    @transition(field=state, source=[*BEFORE_START, *RUNNING], target=S.CANCELLED)
    def cancel(self) -> None: ...

    @transition(field=state, source=list(OPEN), target=None)
    def adjust_quantity(self) -> None: ...

    @transition(field=state, source=list(OPEN), target=None)
    def amend(self) -> None: ...

    # What an order makes may be changed as long as it is being made; nothing of it is moved by that.
    @transition(field=state, source=[*BEFORE_START, *RUNNING], target=None)
    def add_line(self) -> None: ...

    @transition(field=state, source=[*BEFORE_START, *RUNNING], target=None)
    def remove_line(self) -> None: ...

    @transition(field=state, source=[*BEFORE_START, *RUNNING], target=None)
    def amend_line(self) -> None: ...

    @transition(field=state, source=list(BEFORE_START), target=None)
    def change_layer(self) -> None: ...

    # Holding a running order pauses it in the same move.
    @transition(field=state, source=S.IN_PRODUCTION, target=S.PAUSED)
    @transition(field=state, source=[state for state in OPEN if state != S.IN_PRODUCTION], target=None)
    def hold(self) -> None: ...

    @transition(field=state, source=list(OPEN), target=None)
    def release_hold(self) -> None: ...

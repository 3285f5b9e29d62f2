"""The states of an order's life, in the order in which it runs."""

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    IN_PRODUCTION = "in_production", "In production"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    VERIFIED = "verified", "Verified"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


BEFORE_START = (State.DRAFT, State.SUBMITTED, State.APPROVED, State.SCHEDULED)
RUNNING = (State.IN_PRODUCTION, State.PAUSED)
DONE = (State.COMPLETED, State.VERIFIED, State.CLOSED)
ENDED = (State.CLOSED, State.CANCELLED)
OPEN = tuple(state for state in State if state not in ENDED)

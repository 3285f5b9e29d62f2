"""What the calls on andon take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.fields import ChoiceField, NameOrIdField, TextField
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.base.requests import RequestSerializer
from iot.models import AndonCall

REASON, NOTES = 200, 4000  # the reason is as long as its column, for it is what makes two calls the same
ACTIVE = "active"
PRIORITIES = AndonCall.Priority.values
STATES = AndonCall.State.values

_SHOWN = frozenset(
    {
        "id",
        "state",
        "escalation",
        "raisedBy",
        "raisedAt",
        "acknowledgedBy",
        "acknowledgedAt",
        "resolvedBy",
        "resolvedAt",
    }
)


class NewAndonCall(RequestSerializer):
    machineCode = NameOrIdField()
    reason = TextField(max_length=REASON, help_text="In your own words, such as tooling_change.")
    priority = ChoiceField(required=False, choices=PRIORITIES, help_text="Medium, unless said.")
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    ignored: ClassVar = _SHOWN | {"machineId"}


class AndonAnswer(RequestSerializer):
    """Acknowledging and resolving say nothing more; the call may be sent back as it was read."""

    ignored: ClassVar = _SHOWN | {"machineId", "machineCode", "reason", "priority", "notes"}


class AndonQuery(PagedQuery):
    status = ChoiceField(
        required=False, choices=[ACTIVE, *STATES], help_text="`active`, as without it: what is not resolved."
    )

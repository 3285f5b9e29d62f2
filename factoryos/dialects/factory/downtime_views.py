"""Downtime: what was logged, what is planned."""

from typing import Any

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer, no_content
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.paging import window_of
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.factory import downtime_requests as take
from factoryos.dialects.factory import downtime_responses as show
from factoryos.dialects.factory import naming
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.paging import newest_first
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.transactions import Answer
from iot.downtime import amend_downtime, downtimes_of, raise_downtime
from iot.planned import plan_downtime, planned_downtimes_of, withdraw_planned_downtime
from manufacturing.models import Machine


class _OfMachines(FactoryView):
    """What the calls on downtime share."""

    def machine_filter(self, values: dict[str, Any]) -> dict[str, Any]:
        """The condition that the query's machine is; an unknown one finds nothing."""
        if "machine_id" not in values:
            return {}
        return {"machine_id": naming.filter_id(naming.machine, values["machine_id"], by=self.actor)}

    def machine(self, values: dict[str, Any]) -> Machine | None:
        """The machine that a body names, taken out of its values; by both names, if it is sent back as it was read.

        Problems: NotFound; Invalid (the names are of two machines).
        """
        names = {name for field in ("machine_id", "machine_code") if (name := values.pop(field, None))}
        machines = {found.pk: found for found in (naming.machine(name, by=self.actor) for name in sorted(names))}
        if len(machines) > 1:
            raise Invalid(messages=["machineCode must name the same machine as machineId"], field="machineCode")
        return next(iter(machines.values()), None)


class DowntimeEvents(_OfMachines):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.DowntimeQuery)
        rows = downtimes_of(self.actor.factory.id).filter(**self.machine_filter(values))
        return self.read(
            newest_first(rows, window=window_of(values), show=lambda page: [show.downtime(row) for row in page])
        )

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs="log_downtime", work=self._raise)

    def _raise(self, body: JsonObject) -> Answer:
        values = _with_notes(self.fields(take.NewDowntime, body))
        machine = self.machine(values)
        assert machine is not None, "the request must name one"
        made = raise_downtime(machine_id=machine.pk, by=self.actor, **values)
        return json_answer(show.downtime(downtimes_of(self.actor.factory.id).get(id=made.pk)), status=201)


class DowntimeEvent(FactoryView):
    def patch(self, request: HttpRequest, downtime_id: str) -> FaceResponse:
        return self.change(request, verbs="log_downtime", work=lambda body: self._amend(downtime_id, body))

    def _amend(self, downtime_id: str, body: JsonObject) -> Answer:
        uuid, rows = parse_uuid(downtime_id), downtimes_of(self.actor.factory.id)
        row = rows.filter(uuid=uuid).first() if uuid else None
        if row is None:
            raise NotFound(thing="Downtime")
        changes = _with_notes(self.fields(take.DowntimeChanges, body))
        amend_downtime(downtime_id=row["id"], by=self.actor, changes=changes)
        return json_answer(show.downtime(rows.get(id=row["id"])))


class PlannedDowntimes(_OfMachines):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.DowntimeQuery)
        rows = planned_downtimes_of(self.actor.factory.id).filter(**self.machine_filter(values))
        return self.read(
            newest_first(rows, window=window_of(values), show=lambda page: [show.planned(row) for row in page])
        )

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs="plan_downtime", work=self._plan)

    def _plan(self, body: JsonObject) -> Answer:
        values = self.fields(take.NewPlannedDowntime, body)
        made = plan_downtime(by=self.actor, machine=self.machine(values), **values)
        return json_answer(show.planned(planned_downtimes_of(self.actor.factory.id).get(id=made.pk)), status=201)


class PlannedDowntime(FactoryView):
    def delete(self, request: HttpRequest, planned_id: str) -> FaceResponse:
        return self.change(request, verbs="plan_downtime", work=lambda body: self._withdraw(planned_id, body))

    def _withdraw(self, planned_id: str, body: JsonObject) -> Answer:
        uuid = parse_uuid(planned_id)
        row = planned_downtimes_of(self.actor.factory.id).filter(uuid=uuid).first() if uuid else None
        if row is None:
            raise NotFound(thing="Planned downtime")
        self.fields(RequestSerializer, body)  # there are none to give
        withdraw_planned_downtime(planned_id=row["id"], by=self.actor)
        return no_content()


def _with_notes(values: dict[str, Any]) -> dict[str, Any]:
    """Notes of null are no notes."""
    return values | {"notes": values["notes"] or ""} if "notes" in values else values

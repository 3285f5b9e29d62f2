"""Andon: listing calls for help, raising, acknowledging and resolving them."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.paging import window_of
from factoryos.dialects.factory import andon_requests as take
from factoryos.dialects.factory import andon_responses as show
from factoryos.dialects.factory import naming
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.paging import newest_first
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.transactions import Answer
from iot import andon
from iot.models import AndonCall


class AndonView(FactoryView):
    """What the views on calls share."""

    def shown(self, call: AndonCall, *, status: int) -> Answer:
        row = andon.calls_of(self.actor.factory.id).get(id=call.pk)
        return json_answer(show.andon_call(row), status=status)


class AndonCalls(AndonView):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.AndonQuery)
        status = values.get("status", take.ACTIVE)
        states = andon.ACTIVE if status == take.ACTIVE else (status,)
        rows = andon.calls_of(self.actor.factory.id).filter(state__in=states)
        return self.read(
            newest_first(rows, window=window_of(values), show=lambda page: [show.andon_call(row) for row in page])
        )

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=andon.PERMISSION, work=self._raise)

    def _raise(self, body: JsonObject) -> Answer:
        values = self.fields(take.NewAndonCall, body)
        raised = andon.raise_call(
            machine=naming.machine(values["machine_code"], by=self.actor),
            reason=values["reason"],
            by=self.actor,
            priority=values.get("priority", AndonCall.Priority.MEDIUM),
            notes=values.get("notes") or "",
        )
        return self.shown(raised.call, status=201 if raised.new else 200)


class Acknowledge(AndonView):
    def post(self, request: HttpRequest, andon_id: str) -> FaceResponse:
        return self.change(request, verbs=andon.PERMISSION, work=lambda body: self._acknowledge(andon_id, body))

    def _acknowledge(self, andon_id: str, body: JsonObject) -> Answer:
        call = andon.find_call(parse_uuid(andon_id), factory_id=self.actor.factory.id)
        self.fields(take.AndonAnswer, body)
        return self.shown(andon.acknowledge(call_id=call.uuid, by=self.actor), status=200)


class Resolve(AndonView):
    def post(self, request: HttpRequest, andon_id: str) -> FaceResponse:
        return self.change(request, verbs=andon.PERMISSION, work=lambda body: self._resolve(andon_id, body))

    def _resolve(self, andon_id: str, body: JsonObject) -> Answer:
        call = andon.find_call(parse_uuid(andon_id), factory_id=self.actor.factory.id)
        self.fields(take.AndonAnswer, body)
        return self.shown(andon.resolve(call_id=call.uuid, by=self.actor), status=200)

"""The calls on bills of materials: who may, what runs. The work itself is in bom_calls."""

from collections.abc import Callable

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.headers import version_seen
from factoryos.dialects.erp import bom_calls, naming
from factoryos.dialects.erp import bom_requests as take
from factoryos.dialects.erp.auth import ErpView
from factoryos.kernel.transactions import Answer

COMPOSE = "compose"


class Boms(ErpView):
    def get(self, request: HttpRequest) -> FaceResponse:
        return self.read(bom_calls.page(self.query(take.BomQuery), by=self.actor))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=COMPOSE, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        self.no_query()
        return bom_calls.create(body, by=self.actor)


class Bom(ErpView):
    def get(self, request: HttpRequest, bom_id: str) -> FaceResponse:
        found = naming.bom_id(bom_id, by=self.actor)
        return self.read(bom_calls.answer(found, by=self.actor, **self.query(take.BomVersionQuery)))

    def patch(self, request: HttpRequest, bom_id: str) -> FaceResponse:
        return self._act(request, bom_id, bom_calls.change)

    def delete(self, request: HttpRequest, bom_id: str) -> FaceResponse:
        return self._act(request, bom_id, bom_calls.retire)

    def _act(self, request: HttpRequest, name: str, call: Callable[..., Answer]) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            found = naming.bom_id(name, by=self.actor)
            self.no_query()
            return call(body, by=self.actor, bom_id=found, seen=version_seen(request))

        return self.change(request, verbs=COMPOSE, work=work)

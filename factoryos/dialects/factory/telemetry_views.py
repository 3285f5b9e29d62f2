"""Telemetry: the one call that names no factory in its path, so that a machine's box needs to know only its own code."""

from typing import Any, cast

from django.http import HttpRequest

from factoryos.dialects.base import bodies
from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.requests import read
from factoryos.dialects.factory import naming
from factoryos.dialects.factory import telemetry_requests as take
from factoryos.dialects.factory.auth import FACE, FactoryView
from factoryos.dialects.factory.errors import AmbiguousMachine
from factoryos.kernel import directory
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows, authorise
from factoryos.kernel.problems import Invalid, NotFound, RateLimited
from factoryos.kernel.supabase import Claims
from factoryos.kernel.transactions import Answer
from iot import telemetry
from manufacturing.naming import find_machines


class Telemetry(FactoryView):
    """Whoever calls is first all that they are in any factory; the body picks one."""

    def admit(self, credential: Claims, path: dict[str, str]) -> None:
        person = directory.person_of(credential)
        places = directory.places_of(person)
        self.actors = [directory.actor_at(place, person=person, face=FACE) for place in places]

    def post(self, request: HttpRequest) -> FaceResponse:
        asked = cast(FaceRequest, request)
        if self.actors and not any(allows(actor=actor, verb=telemetry.PERMISSION) for actor in self.actors):
            authorise(self.actors[0], telemetry.PERMISSION)  # refuses
        assert asked.dialect is not None
        body = bodies.read_json(request, limit=asked.dialect.max_body_bytes)
        self.no_query()
        self.actor = asked.actor = self._meant(body)
        self._count_samples(asked, body)
        return self.change(request, verbs=telemetry.PERMISSION, work=self._store)

    def _count_samples(self, request: FaceRequest, body: JsonObject) -> None:
        """Before the transaction, and only for who may send and sends what could be stored. Problem: RateLimited."""
        authorise(self.actor, telemetry.PERMISSION)
        samples = body.get("samples")
        if not isinstance(samples, list) or len(samples) > telemetry.MOST_SAMPLES:
            return
        allowance = telemetry.take_allowance(factory_id=self.actor.factory.id, count=len(samples))
        if allowance.exceeded:
            request.allowance = allowance  # the limit that is told is the one that was met
            raise RateLimited(retry_after=allowance.retry_after)

    def _meant(self, body: JsonObject) -> Actor:
        """The caller in the factory that the body is about. Problems: Invalid; NotFound; AmbiguousMachine."""
        where = self._where(body)
        if slug := where.get("factory"):
            for actor in self.actors:
                if actor.factory.slug == slug:
                    return actor
            raise NotFound(thing="Factory")
        by_factory = {actor.factory.id: actor for actor in self.actors}
        machines = find_machines(where["machine_code"], factory_ids=by_factory)
        if not machines:
            raise NotFound(thing="Machine")
        meant = [by_factory[machine.factory_id] for machine in machines]
        if len(meant) > 1:
            slugs = sorted(actor.factory.slug for actor in meant)
            raise AmbiguousMachine(machine=where["machine_code"], factories=slugs)
        return meant[0]

    def _where(self, body: JsonObject) -> dict[str, Any]:
        try:
            return read(take.Whereabouts, body)
        except Invalid:
            read(take.NewTelemetry, body)  # with every fault of the samples too
            raise

    def _store(self, body: JsonObject) -> Answer:
        values = self.fields(take.NewTelemetry, body)
        machine = naming.machine(values["machine_code"], by=self.actor)
        samples = [telemetry.Sample(**sample) for sample in values["samples"]]
        stored = telemetry.store(machine=machine, samples=samples, by=self.actor)
        rejected = [{"index": one.index, "reason": one.reason} for one in stored.rejected]
        told = {"accepted": stored.accepted, "duplicates": stored.duplicates, "rejected": rejected}
        return json_answer(told, status=202)

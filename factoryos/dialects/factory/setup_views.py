"""Setting a factory up: who I am here, products, work areas, methods, pause reasons."""

from typing import Any

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.paging import PagedQuery, window_of
from factoryos.dialects.factory import setup_requests as take
from factoryos.dialects.factory import setup_responses as show
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.paging import newest_first, short_list
from factoryos.kernel import directory
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import NotFound
from factoryos.kernel.supabase import Claims
from factoryos.kernel.transactions import Answer
from manufacturing import naming, selectors
from manufacturing.catalogue.items import change_item, create_item
from manufacturing.catalogue.methods import Step, create_method
from manufacturing.catalogue.places import create_work_area
from orders import pause_reasons

SET_UP = "set_up"


def created(body: dict[str, Any], *, slug: str, under: str) -> Answer:
    """201 with the new thing and where it is."""
    return json_answer(body, status=201, headers={"Location": f"/api/factories/{slug}/{under}/{body['id']}"})


class Factories(FactoryView):
    """The caller's own factories. The one call that is about a person, not about a factory."""

    def admit(self, credential: Claims, path: dict[str, str]) -> None:
        self.person = directory.person_of(credential)

    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        places = [show.factory(place.tenant, roles=place.roles) for place in directory.places_of(self.person)]
        return self.read(short_list(places, window=window))


class Factory(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        self.no_query()
        return self.read(json_answer(show.factory(self.actor.factory, roles=self.actor.roles)))


class Products(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        rows = selectors.items_of(self.actor.factory.id)
        return self.read(newest_first(rows, window=window, show=lambda page: [show.product(row) for row in page]))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        item = create_item(by=self.actor, **self.fields(take.NewProduct, body))
        return created(show.product(vars(item)), slug=self.actor.factory.slug, under="products")


class Product(FactoryView):
    def get(self, request: HttpRequest, product_id: str) -> FaceResponse:
        row = selectors.one(selectors.items_of(self.actor.factory.id), uuid=parse_uuid(product_id))
        if row is None:
            raise NotFound(thing="Product")
        self.no_query()
        return self.read(json_answer(show.product(row)))

    def patch(self, request: HttpRequest, product_id: str) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=lambda body: self._change(product_id, body))

    def _change(self, product_id: str, body: JsonObject) -> Answer:
        item = naming.find_item_by_id(product_id, factory_id=self.actor.factory.id)
        if item is None:
            raise NotFound(thing="Product")
        changes = self.fields(take.ProductChanges, body)
        return json_answer(show.product(vars(change_item(item, by=self.actor, changes=changes))))


class WorkAreas(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        rows = selectors.work_areas_of(self.actor.factory.id)
        return self.read(newest_first(rows, window=window, show=lambda page: [show.work_area(row) for row in page]))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        area = create_work_area(by=self.actor, **self.fields(take.NewWorkArea, body))
        return json_answer(show.work_area(vars(area)), status=201)


class Methods(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        return self.read(newest_first(selectors.methods_of(self.actor.factory.id), window=window, show=_methods))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        values = self.fields(take.NewMethod, body)
        factory_id = self.actor.factory.id
        item = naming.find_item(values.pop("item"), factory_id=factory_id)
        if item is None:
            raise NotFound(thing="Product")
        steps = [self._step(values) for values in values.pop("operations")]
        method = create_method(by=self.actor, item=item, steps=steps, **values)
        rows = selectors.methods_of(factory_id).filter(id=method.pk)
        return created(_methods(list(rows))[0], slug=self.actor.factory.slug, under="methods")

    def _step(self, values: dict[str, Any]) -> Step:
        """An operation with the places it names. Problem: NotFound."""
        factory_id = self.actor.factory.id
        area, machine = values.get("work_area"), values.get("machine")
        step = Step(
            name=values["name"],
            duration_minutes=values.get("duration_minutes", 0),
            workcenter=values.get("workcenter") or "",
            work_area=naming.find_work_area(area, factory_id=factory_id) if area else None,
            machine=naming.find_machine(machine, factory_id=factory_id) if machine else None,
        )
        if area and step.work_area is None:
            raise NotFound(thing="Work area")
        if machine and step.machine is None:
            raise NotFound(thing="Machine")
        return step


class Method(FactoryView):
    def get(self, request: HttpRequest, method_id: str) -> FaceResponse:
        row = selectors.one(selectors.methods_of(self.actor.factory.id), uuid=parse_uuid(method_id))
        if row is None:
            raise NotFound(thing="Method")
        self.no_query()
        return self.read(json_answer(_methods([row])[0]))


def _methods(rows: list[selectors.Row]) -> list[dict[str, Any]]:
    operations = selectors.operations_of(row["id"] for row in rows)
    return [show.method(row, operations=operations.get(row["id"], [])) for row in rows]


class PauseReasons(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        reasons = [show.pause_reason(reason) for reason in pause_reasons.of_factory(self.actor.factory.id)]
        return self.read(short_list(reasons, window=window))

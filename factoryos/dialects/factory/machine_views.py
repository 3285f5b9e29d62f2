"""Machines: listing, adding one or many, changing one; and which order runs on each."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.paging import PagedQuery, window_of
from factoryos.dialects.base.requests import read
from factoryos.dialects.factory import setup_requests as take
from factoryos.dialects.factory import setup_responses as show
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.errors import NothingCreated
from factoryos.dialects.factory.paging import newest_first
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.transactions import Answer
from manufacturing import models, naming, selectors
from manufacturing.catalogue.places import change_machine, create_machine, create_machines
from orders.models import Assignment

SET_UP = "set_up"
Areas = dict[str, models.WorkArea]  # by name as given


def shown(rows: Iterable[selectors.Row]) -> list[dict[str, Any]]:
    """Machine rows with the order that runs on each."""
    rows = list(rows)
    running = Assignment.objects.filter(active=True, machine_id__in=[row["id"] for row in rows])
    orders = {
        machine: {"id": uuid, "reference": reference}
        for machine, uuid, reference in running.values_list("machine_id", "order__uuid", "order__reference")
    }
    return [show.machine(row, active_order=orders.get(row["id"])) for row in rows]


def placed(values: dict[str, Any], areas: Areas) -> dict[str, Any]:
    """`values` with the work area that they name, out of `areas`. Problem: NotFound."""
    name = values.get("work_area")
    if name is None:
        return values
    if name not in areas:
        raise NotFound(thing="Work area")
    return {**values, "work_area": areas[name]}


class MachineView(FactoryView):
    """What the three machine views share: looking up, and showing what was written."""

    def found(self, code_or_id: str) -> models.Machine:
        machine = naming.find_machine(code_or_id, factory_id=self.actor.factory.id)
        if machine is None:
            raise NotFound(thing="Machine")
        return machine

    def with_place(self, values: dict[str, Any]) -> dict[str, Any]:
        """`values` with the work area they name. Problem: NotFound."""
        return placed(values, self.areas([values]))

    def areas(self, rows: Iterable[dict[str, Any]]) -> Areas:
        """The work areas that rows name, in one question."""
        names = {values["work_area"] for values in rows if values.get("work_area") is not None}
        return naming.find_work_areas(names, factory_id=self.actor.factory.id)

    def as_shown(self, machine_ids: list[int]) -> list[dict[str, Any]]:
        return shown(selectors.machines_of(self.actor.factory.id).filter(id__in=machine_ids).order_by("id"))


class Machines(MachineView):
    def get(self, request: HttpRequest) -> FaceResponse:
        window = window_of(self.query(PagedQuery))
        return self.read(newest_first(selectors.machines_of(self.actor.factory.id), window=window, show=shown))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        values = self.with_place(self.fields(take.NewMachine, body))
        machine = create_machine(by=self.actor, **values)
        where = f"/api/factories/{self.actor.factory.slug}/machines/{machine.code}"
        return json_answer(self.as_shown([machine.pk])[0], status=201, headers={"Location": where})


class Machine(MachineView):
    def get(self, request: HttpRequest, code_or_id: str) -> FaceResponse:
        machine = self.found(code_or_id)
        self.no_query()
        return self.read(json_answer(self.as_shown([machine.pk])[0]))

    def patch(self, request: HttpRequest, code_or_id: str) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=lambda body: self._change(code_or_id, body))

    def _change(self, code_or_id: str, body: JsonObject) -> Answer:
        machine = self.found(code_or_id)
        changes = self.with_place(self.fields(take.MachineChanges, body))
        change_machine(machine, by=self.actor, changes=changes)
        return json_answer(self.as_shown([machine.pk])[0])


class MachinesInBulk(MachineView):
    """Good rows are kept, bad ones told, all in one transaction: the answer and its rows are remembered together."""

    bulk = True

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs=SET_UP, work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        rows = self.fields(take.NewMachines, body)["machines"]
        good, failed = self._sorted_out(rows)
        made = create_machines(by=self.actor, rows=list(good.values()))
        for index, machine in zip(good, made, strict=True):
            if machine is None:
                failed.append(_failure(index, rows[index], ["code is already taken"]))
        failed.sort(key=lambda failure: int(failure["index"]))
        kept = self.as_shown([machine.pk for machine in made if machine])
        if not kept:
            raise NothingCreated(failed=failed)
        meta = {"total": len(rows), "created": len(kept), "failed": len(failed)}
        return json_answer({"created": kept, "failed": failed, "meta": meta}, status=201)

    def _sorted_out(self, rows: list[Any]) -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
        """The rows that can be written, by their place, and why the others cannot."""
        readable: dict[int, dict[str, Any]] = {}
        good: dict[int, dict[str, Any]] = {}
        failed: list[dict[str, Any]] = []
        for index, row in enumerate(rows):
            try:
                readable[index] = read(take.NewMachine, row)
            except Invalid as problem:
                failed.append(_failure(index, row, problem.data.get("messages") or [problem.text]))
        areas = self.areas(readable.values())
        for index, values in readable.items():
            try:
                good[index] = placed(values, areas)
            except NotFound as problem:
                failed.append(_failure(index, rows[index], [problem.text]))
        return good, failed


def _failure(index: int, row: Any, errors: list[str]) -> dict[str, Any]:
    code = row.get("code") if isinstance(row, dict) else None
    return {"index": index, "code": code if isinstance(code, str) and code.isprintable() else None, "errors": errors}

"""The calls on production orders: who may, what runs. The work itself is in order_calls and order_reads."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.headers import version_seen
from factoryos.dialects.factory import order_calls, order_reads, record_form
from factoryos.dialects.factory import order_requests as take
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.states import verbs_meant
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.transactions import Answer
from orders.locks import require_version
from orders.selectors import find_order_id

Call = Callable[..., Answer]


class OrderView(FactoryView):
    """A call on one order, found by the uuid in the path."""

    def order_id(self, name: str) -> int:
        """Problem: NotFound, for a stranger's order and for what is no uuid alike."""
        return find_order_id(parse_uuid(name), by=self.actor)

    def act(
        self, request: HttpRequest, name: str, *, verbs: tuple[str, ...], call: Call, verbs_of_body: Any = None
    ) -> FaceResponse:
        """Run `call` on the order in the request's one transaction, after what If-Match asks for."""
        return self.change(
            request, verbs=verbs, work=partial(self._work, request, name, call), verbs_of_body=verbs_of_body
        )

    def _work(self, request: HttpRequest, name: str, call: Call, body: JsonObject) -> Answer:
        order_id = self.order_id(name)
        self.no_query()
        if (seen := version_seen(request)) is not None:
            require_version(order_id, by=self.actor, seen=seen)
        return call(body, by=self.actor, order_id=order_id)


class Orders(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        return self.read(order_reads.page(self.query(take.OrderQuery), by=self.actor))

    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs="create", work=self._create)

    def _create(self, body: JsonObject) -> Answer:
        self.no_query()
        return order_calls.create(body, by=self.actor)


class Order(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        self.no_query()
        return self.read(order_calls.answer(found, by=self.actor))

    def patch(self, request: HttpRequest, order_id: str) -> FaceResponse:
        return self.act(request, order_id, verbs=("amend",), call=order_calls.amend)


class Action(OrderView):
    """A POST on an order that is one verb, or one of a few."""

    verbs: ClassVar[tuple[str, ...]]
    call: ClassVar[Call]

    def post(self, request: HttpRequest, order_id: str) -> FaceResponse:
        return self.act(request, order_id, verbs=self.verbs, call=type(self).call)


class Schedule(Action):
    verbs = ("schedule",)
    call = order_calls.schedule


class Transition(Action):
    # The word in the body picks the verb, and with it the role.
    verbs = ("start", "pause", "resume", "complete", "close", "cancel")
    call = order_calls.transition

    def post(self, request: HttpRequest, order_id: str) -> FaceResponse:
        return self.act(request, order_id, verbs=self.verbs, call=order_calls.transition, verbs_of_body=self._verbs_of)

    def _verbs_of(self, body: JsonObject) -> tuple[str, ...]:
        return verbs_meant(body.get("toState")) or self.verbs


class LogQuantity(Action):
    verbs = ("report",)
    call = order_calls.log_quantity


class Verify(Action):
    verbs = ("verify",)
    call = order_calls.verify


class Rework(Action):
    verbs = ("rework",)
    call = order_calls.rework


class AdjustQuantity(Action):
    verbs = ("adjust_quantity",)
    call = order_calls.adjust_quantity


class AdjustQuantityPreview(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        return self.read(order_reads.preview(self.query(take.PreviewQuery), by=self.actor, order_id=found))


class Transitions(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        return self.read(order_reads.transitions(self.query(take.TransitionsQuery), order_id=found))


class QuantityEntries(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        return self.read(order_reads.entries(self.query(take.EntriesQuery), order_id=found))


class Record(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        form = self.query(take.RecordQuery).get("format") or record_form.wanted_form(request.headers.get("Accept", ""))
        return self.read(order_reads.record(order_id=found, by=self.actor, form=form))

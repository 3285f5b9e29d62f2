"""The calls on production orders: who may, what runs. The work itself is in order_calls."""

from typing import Any, ClassVar

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.headers import version_seen
from factoryos.dialects.base.requests import read
from factoryos.dialects.store import list_views, order_calls, responses
from factoryos.dialects.store import requests as take
from factoryos.dialects.store.auth import StoreView, id_in_path
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.states import Command, follow
from factoryos.kernel.idempotency import Memory
from factoryos.kernel.problems import Stale
from factoryos.kernel.transactions import Answer
from orders.customer_orders import find_customer_order
from orders.locks import lock_order
from orders.models import ProductionOrder


class OrderView(StoreView):
    """A call on one order. A change begins with the order's lock: whatever is judged is judged as it is then."""

    def locked(self, order_id: str) -> ProductionOrder:
        """Problem: NotFound, for a stranger's order and for what is no id alike."""
        return lock_order(id_in_path(order_id, thing="Production order"), by=self.actor)

    def require_seen(self, order: ProductionOrder) -> None:
        """Hear If-Match. Problem: Stale."""
        seen = version_seen(self.request)
        if seen is not None and seen != order.version:
            raise Stale(current=order.version)

    def order_answer(self, order_id: int) -> Answer:
        """The whole order as it is now, in the same transaction."""
        found = responses.shown(order_id, by=self.actor)
        return self.answer(found.value, root=responses.ORDER, headers=found.headers)

    def _memory(self, request: HttpRequest, body: JsonObject) -> Memory | None:
        """A part of what is sent stands in the query (`?waste=3`): a key is not to be used again with another one."""
        said: dict[str, Any] = {"body": body, "query": request.GET.dict()}
        return super()._memory(request, said)


class Orders(OrderView):
    faults = {"POST": Fault.CREATING}
    takes = {"POST": take.NewOrder}

    def get(self, request: HttpRequest) -> FaceResponse:
        return list_views.page_of_all(self, request)

    def post(self, request: HttpRequest) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            values = self.fields(take.NewOrder, body)
            return self.order_answer(order_calls.create(values, by=self.actor))

        return self.change(request, verbs="create", work=work)


class OfCustomerOrder(OrderView):
    faults = {"POST": Fault.CREATING}
    may_be_empty = frozenset({"POST"})

    def get(self, request: HttpRequest, customer_order_id: str) -> FaceResponse:
        return list_views.page_of_customer_order(self, request, customer_order_id)

    def post(self, request: HttpRequest, customer_order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            number = id_in_path(customer_order_id, thing="Customer order")
            customer_order = find_customer_order(number, by=self.actor)
            self.no_query()
            return self.order_answer(order_calls.create_from(customer_order, by=self.actor))

        return self.change(request, verbs="create", work=work)


class Order(OrderView):
    faults = {"PUT": Fault.UPDATING}
    takes = {"PUT": take.ChangedOrder}
    may_be_empty = frozenset({"PUT"})

    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = responses.shown(id_in_path(order_id, thing="Production order"), by=self.actor)
        self.no_query()
        return self.show(found.value, root=responses.ORDER, headers=found.headers)

    def put(self, request: HttpRequest, order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            start = self.query(take.StartQuery).get("start_production", False)
            values = read(take.ChangedOrder, body)
            self.require_seen(order)
            order_calls.change(order, values, start=start, by=self.actor)
            return self.order_answer(order.pk)

        # Whoever may only start production may do that here, as long as nothing of the header is sent.
        verbs = ("amend", "start") if "startProduction" in request.GET and not self.body else "amend"
        return self.change(request, verbs=verbs, work=work)


class Ending(OrderView):
    """A PUT without a body that brings an order to its end; what is sent all the same is ignored."""

    faults = {"PUT": Fault.UPDATING}
    may_be_empty = frozenset({"PUT"})
    verb: ClassVar[str]
    command: ClassVar[Command]

    def put(self, request: HttpRequest, order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            self.no_query()
            self.require_seen(order)
            follow(self.command, order, by=self.actor)
            return self.order_answer(order.pk)

        return self.change(request, verbs=self.verb, work=work)


class Cancel(Ending):
    verb, command = "cancel", Command.CANCEL


class Finish(Ending):
    verb, command = "complete", Command.FINISH

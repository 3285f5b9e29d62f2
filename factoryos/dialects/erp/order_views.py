"""The calls on production orders: who may, what runs. The work itself is in order_calls."""

from collections.abc import Callable
from typing import ClassVar

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.headers import version_seen
from factoryos.dialects.erp import order_calls
from factoryos.dialects.erp import order_requests as take
from factoryos.dialects.erp.auth import ErpView
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.transactions import Answer
from orders.locks import require_version
from orders.selectors import find_order_id

Call = Callable[..., Answer]


class OrderView(ErpView):
    """A call on one order, found by the uuid in the path."""

    def order_id(self, name: str) -> int:
        """Problem: NotFound, for a stranger's order and for what is no uuid alike."""
        return find_order_id(parse_uuid(name), by=self.actor)

    def require_seen(self, request: HttpRequest, order_id: int) -> None:
        """Hear If-Match. Problem: Stale."""
        if (seen := version_seen(request)) is not None:
            require_version(order_id, by=self.actor, seen=seen)


class Orders(ErpView):
    def get(self, request: HttpRequest) -> FaceResponse:
        return self.read(order_calls.page(self.query(take.OrderQuery), by=self.actor))

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


class Action(OrderView):
    """A POST on an order. `verb` gives the roles; a path of verbs names the one that asks for no more than the others."""

    verb: ClassVar[str]
    call: ClassVar[Call]

    def post(self, request: HttpRequest, order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            found = self.order_id(order_id)
            self.no_query()
            self.require_seen(request, found)
            return type(self).call(body, by=self.actor, order_id=found)

        return self.change(request, verbs=self.verb, work=work)


class Confirm(Action):
    verb = "approve"
    call = order_calls.confirm


class Produce(Action):
    verb = "report"
    call = order_calls.produce


class Close(Action):
    verb = "complete"
    call = order_calls.close


class Cancel(Action):
    verb = "cancel"
    call = order_calls.cancel


class Productions(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        return self.read(order_calls.productions(self.query(take.ProductionsQuery), order_id=found))

"""The calls on work orders: who may, what runs. The work itself is in work_order_calls."""

from typing import ClassVar

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.erp import order_requests as take
from factoryos.dialects.erp import work_order_calls
from factoryos.dialects.erp.order_views import Call, OrderView
from factoryos.kernel.transactions import Answer


class WorkOrders(OrderView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        return self.read(work_order_calls.page(self.query(take.WorkOrdersQuery), order_id=found))


class Action(OrderView):
    """A POST on one work order, which is looked up inside its order: `wo_001` is unique nowhere else."""

    verb: ClassVar[str]
    call: ClassVar[Call]

    def post(self, request: HttpRequest, order_id: str, work_order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            found = self.order_id(order_id)
            sequence = work_order_calls.sequence_of(work_order_id, order_id=found)
            self.no_query()
            self.require_seen(request, found)
            return type(self).call(body, by=self.actor, order_id=found, sequence=sequence)

        return self.change(request, verbs=self.verb, work=work)


class Start(Action):
    verb = "begin_work"
    call = work_order_calls.start


class Done(Action):
    verb = "finish_work"
    call = work_order_calls.done

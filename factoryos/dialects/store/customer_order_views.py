"""The calls on customer orders."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.store import customer_order_calls, responses
from factoryos.dialects.store import requests as take
from factoryos.dialects.store.auth import StoreView
from factoryos.dialects.store.errors import Fault
from factoryos.kernel.transactions import Answer


class CustomerOrders(StoreView):
    faults = {"POST": Fault.CUSTOMER_ORDER}
    takes = {"POST": take.NewCustomerOrder}

    def post(self, request: HttpRequest) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            values = self.fields(take.NewCustomerOrder, body)
            made = customer_order_calls.create(values, by=self.actor)
            value = responses.customer_order_dto(made, by=self.actor)
            return self.answer(value, root=responses.CUSTOMER_ORDER)

        return self.change(request, verbs="create", work=work)


class ByExternalId(StoreView):
    pass


class CustomerOrder(StoreView):
    pass

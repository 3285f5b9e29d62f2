"""The calls on customer orders."""

from contextlib import suppress

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.store import customer_order_calls, listing, responses
from factoryos.dialects.store import requests as take
from factoryos.dialects.store.auth import StoreView, id_in_path, ids_in_rest
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.list_requests import PageQuery
from factoryos.dialects.store.paging import page_of
from factoryos.kernel.problems import NotFound
from factoryos.kernel.transactions import Answer
from orders import models
from orders.customer_orders import find_by_external_id, find_customer_order

THING = "Customer order"


class CustomerOrders(StoreView):
    faults = {"POST": Fault.CUSTOMER_ORDER}
    takes = {"POST": take.NewCustomerOrder}

    def get(self, request: HttpRequest) -> FaceResponse:
        page = page_of(self.query(PageQuery))
        return self.show(listing.customer_orders(by=self.actor, page=page), root=responses.CUSTOMER_ORDERS)

    def post(self, request: HttpRequest) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            values = self.fields(take.NewCustomerOrder, body)
            made = customer_order_calls.create(values, by=self.actor)
            value = responses.customer_order_dto(made, by=self.actor)
            return self.answer(value, root=responses.CUSTOMER_ORDER)

        return self.change(request, verbs="create", work=work)


class OneCustomerOrder(StoreView):
    def shown(self, found: models.CustomerOrder) -> FaceResponse:
        self.no_query()
        return self.show(responses.customer_order_dtos([found])[0], root=responses.CUSTOMER_ORDER)


class ByExternalId(OneCustomerOrder):
    def get(self, request: HttpRequest, external_id: str) -> FaceResponse:
        *others, last = ids_in_rest(external_id, thing=THING)
        for name in others:
            with suppress(NotFound):
                return self.shown(find_by_external_id(name, by=self.actor))
        return self.shown(find_by_external_id(last, by=self.actor))


class CustomerOrder(OneCustomerOrder):
    def get(self, request: HttpRequest, customer_order_id: str) -> FaceResponse:
        return self.shown(find_customer_order(id_in_path(customer_order_id, thing=THING), by=self.actor))

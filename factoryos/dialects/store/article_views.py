"""The calls on the lines of an order."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.requests import read
from factoryos.dialects.store import article_calls, responses, traceability
from factoryos.dialects.store import requests as take
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.order_views import OrderView
from factoryos.kernel.quantities import ZERO
from factoryos.kernel.transactions import Answer

# What changes a line is the planner's business; what is counted on it, the floor's.
_PLANNED = ("amount", "articleName", "time", "status")
_COUNTED = ("finished", "waste")


class Articles(OrderView):
    faults = {"POST": Fault.UPDATING, "PUT": Fault.UPDATING}
    takes = {"POST": take.NewArticle, "PUT": take.ChangedArticle}

    def post(self, request: HttpRequest, order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            self.no_query()
            values = read(take.NewArticle, body)
            self.require_seen(order)
            article_calls.add(order, values, by=self.actor)
            return self.answer(responses.articles_dto(order.pk, by=self.actor), root=responses.ARTICLES)

        return self.change(request, verbs="add_line", work=work)

    def put(self, request: HttpRequest, order_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            self.no_query()
            values = read(take.ChangedArticle, body)
            self.require_seen(order)
            article_calls.change(order, values, by=self.actor)
            return self.order_answer(order.pk)

        return self.change(request, verbs=("amend_line", "report"), work=work, verbs_of_body=_verbs_of)


def _verbs_of(body: JsonObject) -> tuple[str, ...]:
    """Whoever may only count may send the whole article, as long as nothing but its counts differ: the verbs ask."""
    if any(name in body for name in _COUNTED):
        return ("amend_line", "report")
    return ("amend_line",) if any(name in body for name in _PLANNED) else ()


class Article(OrderView):
    faults = {"PUT": Fault.UPDATING, "DELETE": Fault.UPDATING}
    takes = {"PUT": take.TracedRun}
    may_be_empty = frozenset({"DELETE"})

    def put(self, request: HttpRequest, order_id: str, article_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            waste = self.query(take.RunQuery).get("waste", ZERO)
            values = read(take.TracedRun, body)
            self.require_seen(order)
            traceability.book(order, article_id, values, waste=waste, by=self.actor)
            return self.order_answer(order.pk)

        return self.change(request, verbs="report", work=work)

    def delete(self, request: HttpRequest, order_id: str, article_id: str) -> FaceResponse:
        def work(body: JsonObject) -> Answer:
            order = self.locked(order_id)
            self.no_query()
            self.require_seen(order)
            article_calls.remove(order, article_id, by=self.actor)
            return self.order_answer(order.pk)

        return self.change(request, verbs="remove_line", work=work)

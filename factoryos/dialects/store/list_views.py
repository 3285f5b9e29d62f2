"""Lists of production orders, and the next reference."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import invalid
from factoryos.dialects.store import list_requests as take
from factoryos.dialects.store import listing
from factoryos.dialects.store.auth import StoreView, id_in_path
from factoryos.dialects.store.paging import page_of
from factoryos.dialects.store.responses import PAGE
from factoryos.dialects.store.states import Word
from orders import references
from orders.customer_orders import find_customer_order

_STATES = [str(int(word)) for word in Word]
FIRST_LISTED = 20  # what the list between states shows where no limit is asked for


class NextReference(StoreView):
    def get(self, request: HttpRequest) -> FaceResponse:
        self.no_query()
        return self.show({"prReference": references.peek(by=self.actor)}, root="productionOrderRefDto")


class BetweenStates(StoreView):
    def get(self, request: HttpRequest) -> FaceResponse:
        return page_between_states(self, default_limit=FIRST_LISTED)


class InState(StoreView):
    def get(self, request: HttpRequest, state: str) -> FaceResponse:
        word = _state(state)
        values = self.query(take.StateQuery)
        return self.show(listing.in_state(word, values, by=self.actor, page=page_of(values)), root=PAGE)


class WithArticle(StoreView):
    def get(self, request: HttpRequest, article_id: str) -> FaceResponse:
        values = self.query(take.ArticleQuery)
        return self.show(listing.with_article(article_id, values, by=self.actor, page=page_of(values)), root=PAGE)


def page_of_all(view: StoreView, request: HttpRequest) -> FaceResponse:
    """The answer to GET on the base: all orders, those asked for."""
    return page_between_states(view, default_limit=take.DEFAULT_LIMIT)


def page_of_customer_order(view: StoreView, request: HttpRequest, customer_order_id: str) -> FaceResponse:
    """What was made for a customer order. Problem: NotFound, where there is no such customer order."""
    number = id_in_path(customer_order_id, thing="Customer order")
    find_customer_order(number, by=view.actor)
    page = page_of(view.query(take.PageQuery))
    return view.show(listing.of_customer_order(number, by=view.actor, page=page), root=PAGE)


def page_between_states(view: StoreView, *, default_limit: int) -> FaceResponse:
    values = view.query(take.BetweenStatesQuery)
    page = page_of(values, default_limit=default_limit)
    return view.show(listing.between_states(values, by=view.actor, page=page), root=PAGE)


def _state(text: str) -> int:
    """A state in the path is one of four words, not the name of a thing: another one is a wrong field."""
    if text not in _STATES:
        raise invalid([Fault("state", f"state must be one of {', '.join(_STATES)}")])
    return int(text)

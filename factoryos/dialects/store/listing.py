"""Which orders a list shows: this API's words for states, days and articles as what the core looks for."""

from typing import Any

from factoryos.dialects.base.requests import Values
from factoryos.dialects.store.auth import ids_in_rest
from factoryos.dialects.store.list_requests import FIRST_STATE, LAST_STATE
from factoryos.dialects.store.paging import Page, page_dto
from factoryos.dialects.store.responses import customer_order_dtos, order_dtos
from factoryos.dialects.store.states import states_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.text import is_safe
from manufacturing.models import Item
from orders.models import CustomerOrder
from orders.numbered_pages import Sort, Wanted
from orders.numbered_pages import page as find_page

Json = dict[str, Any]

# Of what is kept with an order, and with a line, the texts that a search looks through.
_SEARCHED = ("name", "internalReference", "customerOrderExternalId", "articleName")
_COLUMNS = {"start_date": "start", "end_date": "end"}


def in_state(state: int, values: Values, *, by: Actor, page: Page) -> Json:
    """The orders in one state, within bounds that are judged by what the list is sorted by."""
    wanted = Wanted(states=states_of(state), since=values.get("from"), until=values.get("to"))
    return _shown(wanted, by=by, sort=_sort(values), page=page)


def between_states(values: Values, *, by: Actor, page: Page) -> Json:
    """The orders in a range of states that hold a text, the last planned start first."""
    states = range(values.get("state_from", FIRST_STATE), values.get("state_to", LAST_STATE) + 1)
    wanted = Wanted(states=states_of(*states), text=values.get("query", ""), facts=_SEARCHED)
    return _shown(wanted, by=by, sort=Sort(), page=page)


def with_article(article_id: str, values: Values, *, by: Actor, page: Page) -> Json:
    """The orders with a line of exactly this article. An article that nobody knows has none."""
    item_id = _item_named(article_id, by=by)
    if item_id is None:
        return page_dto([], page=page, total=0)
    states = range(FIRST_STATE, values.get("max_state", LAST_STATE) + 1)
    return _shown(Wanted(states=states_of(*states), item_id=item_id), by=by, sort=_sort(values), page=page)


def of_customer_order(customer_order_id: int, *, by: Actor, page: Page) -> Json:
    """The orders that were made for a customer order, the newest first."""
    return _shown(Wanted(customer_order_id=customer_order_id), by=by, sort=Sort("id"), page=page)


def customer_orders(*, by: Actor, page: Page) -> Json:
    """The customer orders of this store, the newest first."""
    found = CustomerOrder.objects.filter(factory_id=by.factory.id)
    total = found.count()
    rows = found.order_by("-id")[page.offset : page.offset + page.limit] if page.offset < total else []
    return page_dto(customer_order_dtos(list(rows)), page=page, total=total)


def _item_named(article_id: str, *, by: Actor) -> int | None:
    """The item that the rest of a path names. A slash at its end may be part of the id, or nothing."""
    if not is_safe(article_id):
        return None
    names = ids_in_rest(article_id, thing="Article")
    found = dict(Item.objects.filter(factory_id=by.factory.id, sku__in=names).values_list("sku", "id"))
    return next((found[name] for name in names if name in found), None)


def _sort(values: Values) -> Sort:
    return Sort(_COLUMNS[values.get("sort_column", "start_date")], falling=values.get("order", "desc") == "desc")


def _shown(wanted: Wanted, *, by: Actor, sort: Sort, page: Page) -> Json:
    found = find_page(wanted, by=by, sort=sort, limit=page.limit, offset=page.offset)
    return page_dto(order_dtos(found.ids, by=by), page=page, total=found.total)

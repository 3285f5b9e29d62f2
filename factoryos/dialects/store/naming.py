"""How the store API names things: an article by its sku, byte for byte; a line by its article; parts by their batches."""

from collections.abc import Collection, Iterable, Mapping

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import invalid
from factoryos.dialects.store.auth import ids_in_rest
from factoryos.dialects.store.errors import UnknownCustomerOrder
from factoryos.dialects.store.refusals import SeveralLines
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from manufacturing.models import Item, Lot
from orders.customer_orders import find_customer_order
from orders.locks import lines_of
from orders.models import CustomerOrder, OrderLine, ProductionOrder

LONGEST_BATCH = 100


def articles(named: Mapping[str, str], *, by: Actor) -> dict[str, Item]:
    """The items of these articles, by article id, from one question. `named`: the field that names each of them.

    Problem: Invalid, with the field of every one that the factory does not have.
    """
    found = {item.sku: item for item in Item.objects.filter(factory_id=by.factory.id, sku__in=list(named))}
    if faults := [Fault(field, f"{field} names no article") for sku, field in named.items() if sku not in found]:
        raise invalid(faults)
    return found


def article(article_id: str, *, by: Actor) -> Item:
    """Problem: Invalid."""
    return articles({article_id: "articleId"}, by=by)[article_id]


def line_of(order: ProductionOrder, *article_ids: str) -> OrderLine:
    """The line of a locked order that makes the first of these articles that it makes. Problems: NotFound, SeveralLines."""
    lines = lines_of(order)
    for article_id in article_ids:
        found = lines_with(lines, article_id)
        if len(found) > 1:
            raise SeveralLines(article=article_id)
        if found:
            return found[0]
    raise NotFound(thing="Line")


def line_in_path(order: ProductionOrder, rest: str) -> OrderLine:
    """The same for the rest of a path, whose last slash may be part of the id or not. Problems: NotFound, SeveralLines."""
    return line_of(order, *ids_in_rest(rest, thing="Line"))


def lines_with(lines: Iterable[OrderLine], article_id: str) -> list[OrderLine]:
    return [line for line in lines if line.item.sku == article_id]


def customer_order(customer_order_id: int, *, by: Actor) -> CustomerOrder:
    """What a body names as the customer order. Problem: UnknownCustomerOrder, for a stranger's and for none alike."""
    try:
        return find_customer_order(customer_order_id, by=by)
    except NotFound:
        raise UnknownCustomerOrder() from None


def default_batch(order: ProductionOrder) -> str:
    """The batch that good units go into where none is named: the one called like the order."""
    return order.reference[:LONGEST_BATCH]


def batches_of(named: Mapping[int, Collection[str]], *, serial: bool) -> dict[tuple[int, str], int]:
    """The ids of these batches (or serial numbers) by (item id, code), from one question; unknown ones are left out."""
    if not any(named.values()):
        return {}
    codes = {code for of_item in named.values() for code in of_item}
    rows = Lot.objects.filter(item_id__in=list(named), code__in=codes, serial=serial)
    return {(item_id, code): lot_id for item_id, code, lot_id in rows.values_list("item_id", "code", "id")}

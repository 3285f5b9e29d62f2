"""Production orders as the store API shows them: every field always there, null when empty, numbers exact."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, NamedTuple

from factoryos.dialects.base.headers import etag
from factoryos.dialects.store.fields import milliseconds
from factoryos.dialects.store.states import WORD_OF, Word
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from orders.customer_orders import find_customer_order, rows_of
from orders.line_rows import HeaderRow, LinedOrder, LineRow, PartRow, lined_order, lined_orders
from orders.materials import amounts
from orders.models import CustomerOrder, ProductionOrder
from orders.states import State

Json = dict[str, Any]

ORDER, PAGE, ARTICLES = "productionOrderDto", "productionOrdersResponseDto", "productionOrderArticlesResponseDto"
CUSTOMER_ORDER, CUSTOMER_ORDERS = "customerOrderDto", "customerOrdersResponseDto"
_ACCURACY_PLACES = Decimal("1e-6")


class Shown(NamedTuple):
    """An order as it is answered, and the headers that go with it."""

    value: Json
    headers: dict[str, str]


def shown(order_id: int, *, by: Actor) -> Shown:
    """The whole order as it is now, with its ETag. Problem: NotFound."""
    order = lined_order(order_id, by=by)
    return Shown(_order(order), {"ETag": etag(order.header.version)})


def order_dto(order_id: int, *, by: Actor) -> Json:
    """The whole order as it is now. Problem: NotFound."""
    return _order(lined_order(order_id, by=by))


def order_dtos(order_ids: Sequence[int], *, by: Actor) -> list[Json]:
    """These orders, in this order; always the same number of queries."""
    return [_order(order) for order in lined_orders(order_ids, by=by)]


def articles_dto(order_id: int, *, by: Actor) -> Json:
    """All lines of an order and the parts of each. Problem: NotFound."""
    order = lined_order(order_id, by=by)
    return {"articles": [_article(line) for line in order.lines], "parts": _groups(order)}


def _order(order: LinedOrder) -> Json:
    header, facts = order.header, order.header.facts
    target, good = _totals(order)
    return {
        "orderId": header.id,
        "prReference": header.reference,
        "customerOrderId": header.customer_order_id,
        "customerOrderExternalId": facts.get("customerOrderExternalId"),
        "internalReference": facts.get("internalReference"),
        "name": facts.get("name"),
        "comment": header.notes,
        "startDate": milliseconds(header.planned_start),
        "endDate": milliseconds(header.planned_end),
        "finishDate": _finish_date(header),
        "workHours": _number(facts.get("workHours")),
        "state": int(WORD_OF[State(header.state)]),
        "reserveInDepth": header.layer == ProductionOrder.Layer.LEAVES,
        "storeState": facts.get("storeState", 0),
        "totalAmount": target,
        "finishedAmount": good,
        "articles": [_article(line) for line in order.lines],
        "singleArticles": _groups(order),
    }


@exactly()
def _totals(order: LinedOrder) -> tuple[Decimal, Decimal]:
    """(ordered, finished) over all lines; as they were sent, while there are no lines."""
    if order.lines:
        return sum((line.target for line in order.lines), ZERO), sum((line.good for line in order.lines), ZERO)
    facts = order.header.facts
    return _number(facts.get("totalAmount")) or ZERO, _number(facts.get("finishedAmount")) or ZERO


def _finish_date(header: HeaderRow) -> int | None:
    """When it was finished. What was sent counts until then, and for good where an order was made as finished."""
    sent: int | None = header.facts.get("finishDate")
    if WORD_OF[State(header.state)] is not Word.FINISHED:
        return sent
    if sent is not None and header.facts.get("finishDateFixed"):
        return sent
    return milliseconds(header.actual_end)


def _article(line: LineRow) -> Json:
    return {
        "productionOrderId": line.order_id,
        "articleId": line.sku,
        "articleName": line.facts.get("articleName") or line.name,
        "time": _number(line.facts.get("time")) or ZERO,
        "amount": line.target,
        "finished": line.good,
        "waste": line.rejected,
        "status": line.facts.get("status", 0),
        "accuracy": accuracy(line.target, line.good, line.rejected),
    }


def _groups(order: LinedOrder) -> list[Json]:
    """What each line takes, of the layer that the order takes parts from."""
    return [
        {"articleId": line.sku, "singleArticles": [_single_article(line, part) for part in line.parts]}
        for line in order.lines
        if line.parts
    ]


def _single_article(line: LineRow, part: PartRow) -> Json:
    return {
        "articleId": line.sku,
        "singleArticleId": part.sku,
        "singleArticleName": part.name,
        "unit": part.unit,
        "totalReserved": part.reserved,
        "totalAmount": amounts.as_used(amounts.at_any_size(per_unit=part.per_unit, units=line.target)),
        "partAmount": amounts.as_used(part.per_unit),
        "purchasePrice": part.price,
        "hasStockValue": part.stocked,
    }


def accuracy(amount: Decimal, finished: Decimal, waste: Decimal) -> Decimal:
    """Overproduction less waste, in percent of what was ordered, to six places."""
    if not amount:
        return ZERO
    with localcontext(prec=60):
        percent = (max(ZERO, finished - amount) - waste) / amount * 100
        return percent.quantize(_ACCURACY_PLACES, rounding=ROUND_HALF_EVEN)


def customer_order_dto(customer_order_id: int, *, by: Actor) -> Json:
    """A customer order with its rows. Problem: NotFound."""
    return customer_order_dtos([find_customer_order(customer_order_id, by=by)])[0]


def customer_order_dtos(orders: Sequence[CustomerOrder]) -> list[Json]:
    """These customer orders, which the caller found through the actor, in this order; always one query."""
    rows = rows_of([order.pk for order in orders])
    return [
        {
            "orderId": order.pk,
            "externalId": order.external_id,
            "name": order.name or None,
            "deliveryDate": milliseconds(order.delivery_date),
            "rows": [
                {"articleId": row.item.sku, "articleName": row.name or row.item.name, "amount": row.quantity}
                for row in rows[order.pk]
            ],
        }
        for order in orders
    ]


def _number(kept: str | int | None) -> Decimal | None:
    """A number that is kept as text, exact."""
    return None if kept is None else Decimal(kept)

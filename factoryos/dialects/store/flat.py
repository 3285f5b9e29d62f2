"""The products that an order is made of, as the store API lists them: found, sorted and shown; printed by the picking list."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factoryos.dialects.store.fields import milliseconds
from factoryos.kernel.actors import Actor
from orders.leaf_rows import Incoming, LeafRow, leaf_rows
from orders.materials import amounts

Json = dict[str, Any]

FLAT = "flatBundledArticlesResponseDto"


@dataclass(frozen=True, slots=True)
class FlatRow:
    """One article and what the order takes of it. `item_id` is ours, for those who look for its lots or its picture.

    `own_amount` is what it takes for the units that are made here.
    """

    item_id: int
    article_id: str
    name: str
    reserved: Decimal
    amount: Decimal
    own_amount: Decimal
    part_amount: Decimal
    price: Decimal | None
    price_misc: Decimal | None
    price_shipment: Decimal | None
    supplier_id: int | None
    supplier_name: str | None
    supplier_article_id: str | None
    unit: str
    stockplace: str | None
    purchase_orders: tuple[Incoming, ...]


_SORTED_BY = {"art": "article_id", "name": "name", "supplier": "supplier_name", "supplier_art": "supplier_article_id"}


def flat_rows(
    order_id: int, *, by: Actor, sort: str = "art", falling: bool = False, text: str = "", supplier: str = ""
) -> list[FlatRow]:
    """The articles of an order that hold `text` and come from `supplier` (an id, or a part of the name), in any case.

    Sorted by `art`, `name`, `supplier` or `supplier_art`; what has none comes last, whichever way one reads.
    Problem: NotFound.
    """
    rows = [_row(leaf) for leaf in leaf_rows(order_id, by=by)]
    rows = [row for row in rows if _holds(row, text) and _comes_from(row, supplier)]
    column = _SORTED_BY[sort]
    rows.sort(key=lambda row: _key(row, column), reverse=falling)
    return sorted(rows, key=lambda row: not getattr(row, column))


def flat_dto(rows: list[FlatRow]) -> Json:
    return {"articles": [_article(row) for row in rows]}


def _row(leaf: LeafRow) -> FlatRow:
    item = leaf.item
    return FlatRow(
        item_id=item.id,
        article_id=item.sku,
        name=item.name,
        reserved=leaf.reserved,
        amount=amounts.as_used(leaf.amount),
        own_amount=amounts.as_used(leaf.own_amount),
        part_amount=amounts.as_used(leaf.per_unit),
        price=item.price,
        price_misc=item.price_misc,
        price_shipment=item.price_shipment,
        supplier_id=item.supplier_id,
        supplier_name=item.supplier_name,
        supplier_article_id=item.supplier_sku,
        unit=item.unit,
        stockplace=item.place,
        purchase_orders=tuple(leaf.incoming),
    )


def _holds(row: FlatRow, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in (said or "").casefold() for said in (row.article_id, row.name, row.supplier_article_id))


def _comes_from(row: FlatRow, supplier: str) -> bool:
    if not supplier:
        return True
    return supplier == str(row.supplier_id) or supplier.casefold() in (row.supplier_name or "").casefold()


def _key(row: FlatRow, column: str) -> tuple[str, str]:
    """Upper and lower case stand together; what is called the same keeps the order of its article ids."""
    return (getattr(row, column) or "").casefold(), row.article_id


def _article(row: FlatRow) -> Json:
    return {
        "articleId": row.article_id,
        "articleName": row.name,
        "reserved": row.reserved,
        "amount": row.amount,
        "partAmount": row.part_amount,
        "purchasePrice": row.price,
        "purchasePriceMisc": row.price_misc,
        "purchasePriceShipment": row.price_shipment,
        "supplierId": row.supplier_id,
        "supplierName": row.supplier_name,
        "supplierArticleId": row.supplier_article_id,
        "unit": row.unit,
        "stockplace": row.stockplace,
        "purchaseOrders": [_purchase_order(bought) for bought in row.purchase_orders],
    }


def _purchase_order(bought: Incoming) -> Json:
    return {
        "orderId": bought.id,
        "poRef": bought.reference,
        "ordered": bought.missing,
        "state": int(bought.begun),
        "deliveryDate": milliseconds(bought.expected),
    }

"""Worked exchanges of the store API, as its published description shows them."""

from factoryos.dialects.base.operations import Json


def named(summary: str, value: Json) -> dict[str, Json]:
    """One example, under a name made of its summary."""
    return {"-".join(summary.lower().split()): {"summary": summary, "value": value}}


def page(*orders: Json, size: int = 50) -> Json:
    """A page that holds all there is."""
    return {"page": 0, "pages": 1, "pageSize": size, "ordersCount": len(orders), "orders": list(orders)}


_CAP = "CAP-28/BLUE"


def _part(sku: str, name: str, price: float | None, reserved: int) -> Json:
    return {
        "articleId": _CAP, "singleArticleId": sku, "singleArticleName": name, "unit": "pcs", "totalReserved": reserved,
        "totalAmount": 500, "partAmount": 1, "purchasePrice": price, "hasStockValue": True,
    }  # fmt: skip


def _parts(reserved: int) -> list[Json]:
    parts = [_part("LINER-28", "Liner 28 mm", 0.012, reserved), _part("SHELL-28", "Shell 28 mm", None, reserved)]
    return [{"articleId": _CAP, "singleArticles": parts}]


def _line(finished: int, waste: int, accuracy: float) -> Json:
    return {
        "productionOrderId": 1042, "articleId": _CAP, "articleName": "Bottle cap 28 mm, blue", "time": 1.5, "amount": 500,
        "finished": finished, "waste": waste, "status": 0, "accuracy": accuracy,
    }  # fmt: skip


RUNNING: Json = {
    "orderId": 1042, "prReference": "PO-2026-000123", "customerOrderId": 77, "customerOrderExternalId": "WEB-5512",
    "internalReference": "SHIFT-B", "name": "Blue caps, Selangor Water", "comment": None, "startDate": 1766443826229,
    "endDate": 1766703026229, "finishDate": None, "workHours": 6.5, "state": 1, "reserveInDepth": False, "storeState": 0,
    "totalAmount": 500, "finishedAmount": 120, "articles": [_line(120, 3, -0.6)], "singleArticles": _parts(377),
}  # fmt: skip
NEW: Json = {
    **RUNNING, "state": 0, "finishedAmount": 0, "articles": [_line(0, 0, 0)], "singleArticles": _parts(0),
}  # fmt: skip
EMPTY: Json = {**NEW, "totalAmount": 0, "articles": [], "singleArticles": []}
FINISHED: Json = {**RUNNING, "state": 2, "finishDate": 1766700000000, "singleArticles": _parts(0)}
CANCELLED: Json = {**NEW, "state": 3}

NEW_ORDER: Json = {
    "customerOrderId": 77, "name": "Blue caps, Selangor Water", "internalReference": "SHIFT-B",
    "startDate": 1766443826229, "endDate": 1766703026229, "workHours": 6.5,
}  # fmt: skip
CHANGED_ORDER: Json = {"name": "Blue caps, second shift", "endDate": 1766789426229}
NEW_ARTICLE: Json = {"articleId": _CAP, "amount": 500}
CHANGED_ARTICLE: Json = {"articleId": _CAP, "amount": 600, "finished": 120, "waste": 3, "time": 1.5}
ARTICLES: Json = {"articles": [_line(0, 0, 0)], "parts": _parts(0)}
RUN: Json = {
    "articleId": _CAP, "amount": 120, "batch": "B-260114-1", "bestBefore": 1797979826229, "barcode": "7340012345678",
    "limitPartAmounts": False,
    "partTraceability": [
        {"articleId": "LINER-28", "amount": 123, "batches": [{"batchId": "LN-77", "amount": 123}], "serial": []}
    ],
}  # fmt: skip
_BATCH: Json = {
    "batchId": "B-260114-1", "serialNr": None, "orderedAmount": 500, "deliveredAmount": 120, "bestBefore": 1797979826229
}  # fmt: skip
_COUNTS: Json = {"articleId": _CAP, "countBatch": 1, "countSerial": 0}
BATCHES: Json = {**_COUNTS, "batches": [{**_BATCH, "articleId": _CAP}], "articles": [{**_COUNTS, "batches": [_BATCH]}]}
_PURCHASE: Json = {"orderId": 902, "poRef": "PUR-2026-0044", "ordered": 500, "state": 0, "deliveryDate": 1767225600000}
FLAT: Json = {
    "articles": [{
        "articleId": "RESIN-PP", "articleName": "Polypropylene resin", "reserved": 0, "amount": 1, "partAmount": 0.002,
        "purchasePrice": 5.4, "purchasePriceMisc": 0.1, "purchasePriceShipment": 0.25, "supplierId": 31,
        "supplierName": "Johor Polymers", "supplierArticleId": "JP-PP-550", "unit": "kg", "stockplace": "A-03-2",
        "purchaseOrders": [_PURCHASE],
    }]
}  # fmt: skip
REFERENCE: Json = {"prReference": "PO-2026-000124"}
NEW_CUSTOMER_ORDER: Json = {
    "externalId": "WEB-5512", "name": "Blue caps, Selangor Water", "deliveryDate": 1766703026229,
    "rows": [{"articleId": _CAP, "articleName": "Bottle cap 28 mm, blue", "amount": 500}],
}  # fmt: skip
CUSTOMER_ORDER: Json = {"orderId": 77, **NEW_CUSTOMER_ORDER}
SIGN_IN: Json = {"email": "planner@demo.factoryos", "password": "demo-factoryos"}
SIGNED_IN: Json = {
    "user_id": 12, "user_token": "fut_9f3c0d…", "expires": 1769035826229,
    "stores": [{
        "storeId": "S-1001", "storeGroupId": None, "isMaster": True, "name": "Penang plant", "currency": None,
        "language": None,
    }],
}  # fmt: skip

"""What the factory API answers about bills of materials and stock, as schema components."""

from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.factory.schemas import (
    COUNT,
    FLAG,
    ID,
    NUMBER,
    TEXT,
    TIME,
    an_object,
    list_of,
    one_of,
    or_null,
    page_of,
)

MATERIAL_SCHEMAS: dict[str, Json] = {
    "Buildable": an_object(
        productId=ID,
        quantity={**NUMBER, "description": "Whole units of the product."},
        limiting=list_of(
            an_object(
                productId=ID,
                sku=TEXT,
                available=NUMBER,
                perUnit={**NUMBER, "description": "Exact, or to fifteen decimals."},
            )
        ),
    ),
    "BomVersion": an_object(
        bomId=ID,
        productId=ID,
        version={**COUNT, "minimum": 1},
        current={**FLAG, "description": "Whether new orders are made by it."},
        name=TEXT,
        type=one_of("manufacture", "phantom", "subcontract"),
        quantity={**NUMBER, "description": "The batch that the components are for."},
        components=list_of(an_object(productId=ID, sku=TEXT, name=TEXT, quantity=NUMBER, unit=TEXT)),
        changeReason=or_null(TEXT),
        createdBy=ref("Person"),
        createdAt=TIME,
    ),
    "BomVersions": page_of("BomVersion"),
    "StockReceipt": an_object(
        id={**ID, "description": "Of the move; each serial number has one, and this is the first."},
        kind=one_of("receipt"),
        productId=ID,
        sku=TEXT,
        quantity=NUMBER,
        lotNumber=or_null(TEXT),
        serialNumbers=list_of(TEXT),
        location={**TEXT, "description": "Its code."},
        bestBefore=or_null(TIME),
        reference=or_null(TEXT),
        by=ref("Person"),
        face={**TEXT, "description": "The API or page it came through."},
        at=TIME,
    ),
    "StockBalance": an_object(
        product=an_object(id=ID, sku=TEXT, name=TEXT, unit=TEXT),
        lotNumber={**or_null(TEXT), "description": "The lot or serial number; null for what has none."},
        location={**TEXT, "description": "Its code."},
        onHand=NUMBER,
        reserved=NUMBER,
        available={**NUMBER, "description": "On hand and not reserved."},
    ),
    "StockBalances": page_of("StockBalance"),
}

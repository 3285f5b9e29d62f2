"""What the ERP API answers, as schema components: the envelopes, bills of materials, stock."""

from factoryos.dialects.base.json_schema import ANY, COUNT, ID, NUMBER, TEXT, TIME, an_object, list_of, one_of, or_null
from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.erp.bom_requests import TYPES
from factoryos.dialects.erp.errors import STATUS_OF_CODE

PRODUCT = an_object(id=ID, name=TEXT)


def page_of(name: str) -> Json:
    """A page of a list."""
    return an_object(data=list_of(ref(name)), meta=ref("ErpPageMeta"))


SCHEMAS: dict[str, Json] = {
    # Names are shared with the other APIs of the description, and theirs have other envelopes.
    "ErpError": an_object(
        ["details"],
        statusCode={"type": "integer"},
        message={
            "anyOf": [TEXT, list_of(TEXT)],
            "description": "A list of sentences where fields are wrong, one sentence otherwise.",
        },
        error={**TEXT, "description": "The status in words."},
        code={"type": "string", "enum": list(STATUS_OF_CODE)},
        details={**ANY, "description": "Facts that a program can use, where there are any."},
    ),
    "ErpPageMeta": an_object(
        total=COUNT,
        page=COUNT,
        limit=COUNT,
        totalPages={**COUNT, "description": "0 where there is nothing."},
    ),
    "Bom": an_object(
        id=ID,
        name=TEXT,
        product=PRODUCT,
        quantity={**NUMBER, "description": "The batch that the components' amounts are for."},
        uom={**TEXT, "description": "As it was sent; else the product's unit."},
        type=one_of(*TYPES),
        components=list_of(an_object(productId=ID, name=TEXT, quantity=NUMBER, uom=TEXT)),
        operations=list_of(an_object(name=TEXT, workcenter=or_null(TEXT), durationMinutes=NUMBER)),
        version={**COUNT, "description": "Grows with every effective change."},
        createdAt=TIME,
        updatedAt=TIME,
    ),
    "Boms": page_of("Bom"),
    "StockedProduct": an_object(
        productId=ID,
        productName=TEXT,
        sku=TEXT,
        onHand=NUMBER,
        reserved={**NUMBER, "description": "Of what is on hand, promised to orders."},
        available={**NUMBER, "description": "`onHand` − `reserved`."},
        uom=TEXT,
    ),
    "StockedProducts": page_of("StockedProduct"),
    "StockedLots": list_of(
        an_object(
            locationId=ID,
            locationName=TEXT,
            lotNumber={**or_null(TEXT), "description": "A lot's or a serial number."},
            quantity=NUMBER,
            reserved=NUMBER,
        )
    ),
    "ReceivedStock": an_object(
        ["serialNumbers"],
        id=ID,
        productId=ID,
        quantity=NUMBER,
        lotNumber=or_null(TEXT),
        locationId=ID,
        createdAt=TIME,
        serialNumbers={**list_of(TEXT), "description": "Where the product is tracked by serial number."},
    ),
}

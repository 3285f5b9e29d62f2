"""What the store API answers, as schema components: the classes of its published pages, all fields always there."""

from factoryos.dialects.base.json_schema import COUNT, FLAG, NUMBER, TEXT, an_object, list_of, or_null
from factoryos.dialects.base.operations import Json, ref

_WHOLE: Json = {"type": "integer"}
_MILLISECONDS: Json = {"type": ["integer", "null"], "description": "Epoch milliseconds, UTC."}
_PRICE: Json = {**or_null(NUMBER), "description": "For one unit, today."}

_SINGLE = an_object(
    articleId={**TEXT, "description": "The article that is made."},
    singleArticleId={**TEXT, "description": "A part of it, in the layer in force (`reserveInDepth`)."},
    singleArticleName=TEXT,
    unit=TEXT,
    totalReserved={**NUMBER, "description": "Still reserved for this line; falls as it is used."},
    totalAmount={**NUMBER, "description": "`partAmount` × the line's `amount`."},
    partAmount={**NUMBER, "description": "For one unit of the article."},
    purchasePrice=_PRICE,
    hasStockValue={**FLAG, "description": "Whether it is kept in stock."},
)
_ORDER = an_object(
    orderId=COUNT,
    prReference={**TEXT, "description": "Unique in the store."},
    customerOrderId={**or_null(COUNT), "description": "null on orders that another API made."},
    customerOrderExternalId=or_null(TEXT),
    internalReference=or_null(TEXT),
    name=or_null(TEXT),
    comment=or_null(TEXT),
    startDate=_MILLISECONDS,
    endDate=_MILLISECONDS,
    finishDate=_MILLISECONDS,
    workHours=or_null(NUMBER),
    state={**_WHOLE, "enum": [0, 1, 2, 3], "description": "0 new, 1 developing, 2 finished, 3 cancelled."},
    reserveInDepth={**FLAG, "description": "Reserve what the parts are made of, down to what is bought."},
    storeState={**_WHOLE, "description": "Yours: kept and shown, never read."},
    totalAmount={**or_null(NUMBER), "description": "Of all lines."},
    finishedAmount={**or_null(NUMBER), "description": "Of all lines."},
    articles=list_of(ref("StoreArticle")),
    singleArticles=list_of(ref("StoreParts")),
)
_BATCH_FIELDS: dict[str, Json] = {
    "batchId": or_null(TEXT),
    "serialNr": or_null(TEXT),
    "orderedAmount": NUMBER,
    "deliveredAmount": {**NUMBER, "description": "Good units booked into it."},
    "bestBefore": _MILLISECONDS,
}
_BATCHES_FIELDS: dict[str, Json] = {"articleId": or_null(TEXT), "countBatch": COUNT, "countSerial": COUNT}
_PURCHASE = an_object(
    orderId=COUNT,
    poRef=TEXT,
    ordered={**NUMBER, "description": "Still to come."},
    state={**_WHOLE, "enum": [0, 1], "description": "0 ordered, 1 partly delivered."},
    deliveryDate=_MILLISECONDS,
)

SCHEMAS: dict[str, Json] = {
    "StoreError": an_object(
        errorCode={**_WHOLE, "description": "One of the published numbers."},
        errorMessage=TEXT,
        errorField={**or_null(TEXT), "description": "Such as `partTraceability[0].batches[1].amount`."},
        errorData={"type": ["object", "null"], "additionalProperties": True, "description": "Facts for a program."},
    ),
    "StoreOrder": _ORDER,
    "StoreArticle": an_object(
        productionOrderId=COUNT,
        articleId={**TEXT, "description": "The key of the line."},
        articleName={**TEXT, "description": "The line's own label, else the article's name."},
        time={**NUMBER, "description": "Hours spent, as sent."},
        amount={**NUMBER, "description": "Ordered."},
        finished={**NUMBER, "description": "Good units."},
        waste={**NUMBER, "description": "What is produced is `finished` + `waste`."},
        status={**_WHOLE, "description": "Yours: kept and shown, never read."},
        accuracy={**NUMBER, "description": "Percent: overproduction less waste, of the amount."},
    ),
    "StoreParts": an_object(articleId=TEXT, singleArticles=list_of(_SINGLE)),
    "StoreOrders": an_object(
        page={**COUNT, "description": "From 0."}, pages=COUNT, pageSize=COUNT, ordersCount=COUNT,
        orders=list_of(ref("StoreOrder")),
    ),
    "StoreArticles": an_object(articles=list_of(ref("StoreArticle")), parts=list_of(ref("StoreParts"))),
    "StoreReference": an_object(prReference=TEXT),
    "StoreBatches": an_object(
        **_BATCHES_FIELDS,
        batches=list_of(an_object(**_BATCH_FIELDS, articleId=TEXT)),
        articles=list_of(an_object(**_BATCHES_FIELDS, batches=list_of(an_object(**_BATCH_FIELDS)))),
    ),
    "StoreFlatArticles": an_object(
        articles=list_of(
            an_object(
                articleId=TEXT, articleName=TEXT, reserved=NUMBER, amount=NUMBER, partAmount=NUMBER, purchasePrice=_PRICE,
                purchasePriceMisc=_PRICE, purchasePriceShipment=_PRICE, supplierId=or_null(COUNT),
                supplierName=or_null(TEXT), supplierArticleId=or_null(TEXT), unit=TEXT, stockplace=or_null(TEXT),
                purchaseOrders=list_of(_PURCHASE),
            )
        )
    ),
    "StoreCustomerOrder": an_object(
        orderId=COUNT,
        externalId=or_null(TEXT),
        name=or_null(TEXT),
        deliveryDate=_MILLISECONDS,
        rows=list_of(an_object(articleId=TEXT, articleName=TEXT, amount=NUMBER)),
    ),
    "StoreCustomerOrders": an_object(
        page=COUNT, pages=COUNT, pageSize=COUNT, ordersCount=COUNT, orders=list_of(ref("StoreCustomerOrder"))
    ),
    "StoreSignIn": an_object(
        user_id=COUNT,
        user_token=TEXT,
        expires=_MILLISECONDS,
        stores=list_of(
            an_object(
                storeId=TEXT, storeGroupId=or_null(TEXT), isMaster=FLAG, name=TEXT, currency=or_null(TEXT),
                language=or_null(TEXT),
            )
        ),
    ),
}  # fmt: skip

"""What the changing calls take, class by class as the API names them.

Where something is made, null says the same as nothing. Where it is changed, what is left out stays as it is and null
empties: it is taken only by fields that can be empty.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from factoryos.dialects.base.faults import Fault, Wrong, unknown
from factoryos.dialects.base.fields import ListField, StrictField
from factoryos.dialects.base.requests import QueryRequest, RequestSerializer, Values
from factoryos.dialects.store.fields import (
    IdField,
    MillisecondsField,
    NumberField,
    VerbatimField,
    WholeField,
    YesNoField,
)

NAME, ARTICLE_ID, REFERENCE, COMMENT = 255, 255, 100, 10_000
MOST_ROWS, MOST_PARTS, MOST_BATCHES, MOST_SERIALS = 1_000, 1_000, 1_000, 10_000


class StoreRequest(RequestSerializer):
    """A class of the API as it comes in; `dto` is its name."""

    dto: ClassVar[str]

    def read(self, data: Any) -> Values:
        """A misspelled name is told before the field that is missing because of it."""
        if isinstance(data, dict) and (strange := [name for name in data if name not in self.known]):
            raise Wrong(map(unknown, strange))
        return super().read(data)


def text(longest: int = NAME, **more: Any) -> VerbatimField:
    """Text that may be left out or null."""
    return VerbatimField(required=False, allow_null=True, max_length=longest, **more)


def whole(**more: Any) -> WholeField:
    return WholeField(required=False, **more)


def number(**more: Any) -> NumberField:
    return NumberField(required=False, **more)


def instant() -> MillisecondsField:
    return MillisecondsField(required=False, allow_null=True)


def yes_no(**more: Any) -> YesNoField:
    return YesNoField(required=False, **more)


# --- the order


class OrderHeader(StoreRequest):
    """What may be said of an order whenever it is made or changed."""

    dto = "ProductionOrderDto"
    customerOrderExternalId = text()
    internalReference = text()
    name = text()
    comment = text(COMMENT, multiline=True)
    startDate = instant()
    endDate = instant()
    finishDate = instant()
    workHours = number(allow_null=True)

    def faults(self, values: Values) -> Iterable[Fault]:
        start, end = values.get("start_date"), values.get("end_date")
        if start and end and end < start:
            return [Fault("endDate", "endDate must not be before startDate")]
        return []


class NewOrder(OrderHeader):
    customerOrderId = IdField()
    prReference = text(REFERENCE)
    state = whole(least=0, largest=3, allow_null=True)
    reserveInDepth = yes_no(allow_null=True)
    storeState = whole(allow_null=True)
    totalAmount = number(allow_null=True)
    finishedAmount = number(allow_null=True)
    ignored: ClassVar = frozenset({"orderId", "articles", "singleArticles"})

    def faults(self, values: Values) -> Iterable[Fault]:
        reference = values.get("pr_reference")
        if reference and not reference.strip():
            return [Fault("prReference", "prReference must not be blank")]
        return super().faults(values)


class ChangedOrder(OrderHeader):
    orderId = IdField(required=False, allow_null=True)
    customerOrderId = IdField(required=False, allow_null=True)
    prReference = VerbatimField(required=False, filled=True, max_length=REFERENCE)
    reserveInDepth = yes_no()
    storeState = whole()
    ignored: ClassVar = frozenset({"state", "totalAmount", "finishedAmount", "articles", "singleArticles"})


class StartQuery(QueryRequest):
    startProduction = yes_no(help_text="Whether production starts now.")


# --- its lines


class NewArticle(StoreRequest):
    dto = "ProductionOrderArticleDto"
    productionOrderId = IdField(required=False, allow_null=True)
    articleId = VerbatimField(max_length=ARTICLE_ID)
    articleName = text()
    time = number(allow_null=True)
    amount = NumberField(positive=True)
    finished = number(allow_null=True)
    waste = number(allow_null=True)
    status = whole(allow_null=True)
    ignored: ClassVar = frozenset({"accuracy"})


class ChangedArticle(StoreRequest):
    dto = "ProductionOrderArticleDto"
    productionOrderId = IdField(required=False, allow_null=True)
    articleId = VerbatimField(max_length=ARTICLE_ID)
    articleName = text()
    time = number()
    amount = number(positive=True)
    finished = number()
    waste = number()
    status = whole()
    ignored: ClassVar = frozenset({"accuracy"})


# --- a run, traced


class SerialField(StrictField):
    """A serial number: text, or an object that holds it as serialNr or serial. One that holds none is None."""

    def read(self, value: Any) -> str | None:
        if isinstance(value, dict):
            return self._of_object(value)
        # An empty XML element is what {} is in JSON.
        return None if value is None or value == "" else _SERIAL.read(value)

    def _of_object(self, value: dict[str, Any]) -> str | None:
        if strange := [name for name in value if name not in ("serialNr", "serial")]:
            raise Wrong(map(unknown, strange))
        told = [_SERIAL.read(serial) for serial in value.values() if serial is not None and serial != ""]
        if len(set(told)) > 1:
            raise Wrong.must("must not hold two serial numbers")
        return told[0] if told else None


_SERIAL = VerbatimField(max_length=REFERENCE, required=False, filled=True)


class PartBatch(StoreRequest):
    dto = "PartTraceabilityBatchDto"
    batchId = VerbatimField(max_length=REFERENCE)
    amount = NumberField()


class PartRun(StoreRequest):
    dto = "PartTraceabilityDto"
    articleId = VerbatimField(max_length=ARTICLE_ID)
    amount = number(allow_null=True)
    batches = ListField(child=PartBatch(), most=MOST_BATCHES, required=False, allow_null=True)
    serial = ListField(child=SerialField(), most=MOST_SERIALS, required=False, allow_null=True)


class TracedRun(StoreRequest):
    dto = "ProductionOrderArticleTraceabilityDto"
    articleId = text(ARTICLE_ID)
    batch = text(REFERENCE)
    serial = text(REFERENCE)
    amount = number(allow_null=True)
    bestBefore = instant()
    barcode = text(REFERENCE)
    partTraceability = ListField(child=PartRun(), most=MOST_PARTS, required=False, allow_null=True)
    limitPartAmounts = yes_no(allow_null=True)


class RunQuery(QueryRequest):
    waste = number(help_text="How many units of this run were waste.")


# --- customer orders


class CustomerOrderRow(StoreRequest):
    dto = "CustomerOrderRowDto"
    articleId = VerbatimField(max_length=ARTICLE_ID)
    articleName = text()
    amount = NumberField(positive=True)


class NewCustomerOrder(StoreRequest):
    dto = "CustomerOrderDto"
    externalId = text()
    name = text()
    deliveryDate = instant()
    rows = ListField(child=CustomerOrderRow(), most=MOST_ROWS, required=False, allow_null=True)
    ignored: ClassVar = frozenset({"orderId"})

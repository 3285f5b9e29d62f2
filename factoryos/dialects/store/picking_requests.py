"""What the picking list takes: which rows, in which order, and whether with pictures."""

from factoryos.dialects.base.fields import ChoiceField
from factoryos.dialects.base.requests import QueryRequest
from factoryos.dialects.store.fields import YesNoField


class PickingQuery(QueryRequest):
    """The picking list of an order."""

    filter_non_available = YesNoField(
        required=False, help_text="Leave out articles of which nothing is reserved for this order and nothing is free."
    )
    article_images = YesNoField(required=False, help_text="With a picture of each article that has one.")
    order = ChoiceField(required=False, choices=["asc", "desc"])
    sort_column = ChoiceField(required=False, choices=["art", "name", "supplier", "supplier_art"])

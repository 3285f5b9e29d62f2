"""What the lists take: pages counted from 0, sort columns and bounds, as they are spelled in a URL."""

from typing import Any

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import ChoiceField, TextField
from factoryos.dialects.base.requests import QueryRequest, Values
from factoryos.dialects.store.fields import MillisecondsField, WholeField, number_in
from factoryos.dialects.store.states import Word

LARGEST_LIMIT, DEFAULT_LIMIT = 500, 50
_LONGEST, _ANY = 2**63 - 1, 10**39
FIRST_STATE, LAST_STATE = min(Word), max(Word)


class OpenMillisecondsField(MillisecondsField):
    """A bound of a list: an instant in epoch milliseconds, or 0 for none."""

    def read(self, value: Any) -> Any:
        return None if number_in(value) == 0 else super().read(value)


def state_field() -> WholeField:
    return WholeField(least=FIRST_STATE, largest=LAST_STATE, required=False)


class PageQuery(QueryRequest):
    """`page`, counted from 0, and `limit`; filters are added by subclasses."""

    page = WholeField(least=0, largest=_LONGEST, required=False, help_text="Counted from 0.")
    limit = WholeField(
        least=1, largest=_ANY, required=False, help_text=f"Orders a page; above {LARGEST_LIMIT} is {LARGEST_LIMIT}."
    )


class SortedQuery(PageQuery):
    """Lists that are sorted by a planned day. What has none comes last, whichever way one reads."""

    sort_column = ChoiceField(required=False, choices=["start_date", "end_date"])
    order = ChoiceField(required=False, choices=["desc", "asc"])


class StateQuery(SortedQuery):
    """Orders in one state."""

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python, so these two cannot be declared above.
        text = "Epoch milliseconds, inclusive, of the column that is sorted by. 0: no bound."
        bounds = {name: OpenMillisecondsField(required=False, help_text=text) for name in ("from", "to")}
        return {**super().get_fields(), **bounds}


class ArticleQuery(SortedQuery):
    """Orders with a line of one article."""

    max_state = state_field()


class BetweenStatesQuery(PageQuery):
    """Orders in a range of states, which is all of them unless told otherwise."""

    state_from = state_field()
    state_to = state_field()
    query = TextField(
        required=False,
        help_text="A part of a reference, name or article of the order, in any case; or exactly its orderId.",
    )

    def faults(self, values: Values) -> list[Fault]:
        if values.get("state_from", FIRST_STATE) > values.get("state_to", LAST_STATE):
            return [Fault("state_from", "state_from must not be greater than state_to")]
        return []


class FlatQuery(QueryRequest):
    """The products that an order is made of, down to those that are made of nothing else."""

    query = TextField(
        required=False, help_text="A part of the article id, the name or the supplier's article id, in any case."
    )
    supplier = TextField(required=False, help_text="A supplierId, or a part of the supplier's name in any case.")
    order = ChoiceField(required=False, choices=["asc", "desc"])
    sort_column = ChoiceField(required=False, choices=["art", "name", "supplier", "supplier_art"])


class BatchQuery(QueryRequest):
    """What an order made, batch by batch."""

    article_id = TextField(required=False, filled=True, verbatim=True, help_text="Only this article of the order.")

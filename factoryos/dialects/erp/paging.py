"""Lists as the ERP API shows them: numbered pages, `data` and a `meta` that says how many there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.fields import ChoiceField, IntegerField, TextField
from factoryos.dialects.base.requests import QueryRequest, Values
from factoryos.kernel.transactions import Answer

DEFAULT_PAGE, LARGEST_PAGE = 20, 100
_LAST_PAGE = 1_000_000_000

Row = dict[str, Any]
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for, counted from 1, and how many rows it has."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.limit


class PageQuery(QueryRequest):
    """`page` and `limit` of a list; filters are added by subclasses."""

    page = IntegerField(least=1, largest=_LAST_PAGE, required=False, help_text="Counted from 1.")
    limit = IntegerField(least=1, required=False, help_text="Rows a page; above 100 is served as 100.")


class SortedQuery(PageQuery):
    """Lists that are long enough to be sorted and searched. A subclass adds `sortBy = sort_field(…)`."""

    sortOrder = ChoiceField(required=False, choices=["desc", "asc"])
    search = TextField(required=False, help_text="A part of a name.")


def sort_field(*names: str) -> ChoiceField:
    """`sortBy`; the first name is the default."""
    return ChoiceField(required=False, choices=list(names))


def page_of(values: Values, *, default_limit: int = DEFAULT_PAGE) -> Page:
    """The page that a query's values ask for. Above 100 rows is served as 100."""
    return Page(values.get("page", 1), min(values.get("limit", default_limit), LARGEST_PAGE))


def order_of(values: Values, *, columns: Mapping[str, str]) -> list[str]:
    """What to order rows by. `columns` maps `sortBy` to a column, the default first; ties are broken by id.

    Where rows are numbered as they are made, `createdAt` is the id: it needs no sorting, and no comparing of clocks.
    """
    column = columns[values.get("sort_by") or next(iter(columns))]
    sign = "" if values.get("sort_order") == "asc" else "-"
    return [sign + name for name in dict.fromkeys((column, "id"))]


def slice_of(rows: QuerySet[M], *, page: Page) -> QuerySet[M]:
    """The rows of a page: past the end there are none."""
    return rows[page.offset : page.offset + page.limit]


def list_answer(data: Sequence[Any], *, page: Page, total: int) -> Answer:
    """One page of a list of `total` rows."""
    meta = {"total": total, "page": page.number, "limit": page.limit, "totalPages": -(-total // page.limit)}
    return json_answer({"data": data, "meta": meta})


def page_answer(rows: QuerySet[Any, Row], *, page: Page, show: Callable[[list[Row]], Sequence[Any]]) -> Answer:
    """The page of ordered rows; `show` turns the page's rows into what is answered. Past the end it is empty."""
    return list_answer(show(list(slice_of(rows, page=page))), page=page, total=rows.order_by().count())


def short_list(rows: Sequence[Any], *, page: Page) -> Answer:
    """A page of a list that is short enough to be held whole."""
    return list_answer(rows[page.offset : page.offset + page.limit], page=page, total=len(rows))

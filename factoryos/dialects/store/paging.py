"""Pages as the store API shows them: counted from 0, with the exact number of orders there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from factoryos.dialects.base.requests import Values
from factoryos.dialects.store.list_requests import DEFAULT_LIMIT, LARGEST_LIMIT


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for, and how many orders it has."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        return self.number * self.limit


def page_of(values: Values, *, default_limit: int = DEFAULT_LIMIT) -> Page:
    """The page that a query's values ask for. A larger limit than there may be is lowered."""
    return Page(values.get("page", 0), min(values.get("limit", default_limit), LARGEST_LIMIT))


def page_dto(orders: Sequence[Any], *, page: Page, total: int) -> dict[str, Any]:
    """One page of a list of `total` orders."""
    return {
        "page": page.number,
        "pages": -(-total // page.limit),
        "pageSize": page.limit,
        "ordersCount": total,
        "orders": list(orders),
    }

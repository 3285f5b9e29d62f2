"""Lists as the factory API shows them: `data`, and a `meta` that says how much there is and where it goes on."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.paging import Window, encode_cursor
from factoryos.kernel.transactions import Answer

COUNTED = 10_000  # rows; beyond, counting would cost more than the number is worth

Row = dict[str, Any]


def list_answer(
    data: Sequence[Any], *, window: Window, total: int | None, next_cursor: str | None, **more: Any
) -> Answer:
    """A page. `total` is what was counted, at most one beyond COUNTED; None when a cursor was given."""
    meta: dict[str, Any] = {
        "total": None if total is None else min(total, COUNTED),
        "limit": window.limit,
        "offset": window.offset,
        "nextCursor": next_cursor,
    }
    if total is not None and total > COUNTED:
        meta["totalCapped"] = True
    return json_answer({"data": data, "meta": meta, **more})


def newest_first(rows: QuerySet[Any, Row], *, window: Window, show: Callable[[list[Row]], Sequence[Any]]) -> Answer:
    """A page of rows that are ordered by falling id; `show` turns the page's rows into what is answered."""
    page = rows if window.after is None else rows.filter(id__lt=window.after[0])
    found = list(page[window.offset : window.offset + window.limit + 1])
    shown = found[: window.limit]
    return list_answer(
        show(shown),
        window=window,
        total=None if window.after else rows.order_by()[: COUNTED + 1].count(),
        next_cursor=encode_cursor((shown[-1]["id"],)) if len(found) > window.limit else None,
    )


def short_list(rows: Sequence[Any], *, window: Window) -> Answer:
    """A page of a list that is short enough to be held whole. Its cursor is a place in it."""
    begin = window.offset if window.after is None else max(0, int(window.after[0] or 0))
    end = begin + window.limit
    return list_answer(
        rows[begin:end],
        window=window,
        total=None if window.after else len(rows),
        next_cursor=encode_cursor((end,)) if end < len(rows) else None,
    )

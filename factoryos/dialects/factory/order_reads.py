"""The reading calls on production orders: pages of orders, of history and of the ledger, and the record."""

from typing import Any

from factoryos.dialects.base.answers import dumps, json_answer
from factoryos.dialects.base.fragments import Fragments
from factoryos.dialects.base.paging import encode_cursor, window_of
from factoryos.dialects.base.requests import Values, fit
from factoryos.dialects.base.times import instant_of
from factoryos.dialects.factory import naming, order_calls
from factoryos.dialects.factory import order_responses as show
from factoryos.dialects.factory.record import record as record_of
from factoryos.dialects.factory.states import states_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.transactions import Answer
from orders import trail
from orders.selectors import COUNT_LIMIT, OrderFilter, count_orders, order_row, order_rows, page_keys

# Rendered list rows by (factory facts, order, head of its chain): whatever changes an order gives it a new head.
_ROWS = Fragments(most=2_000)


def _filter(values: Values, *, by: Actor) -> OrderFilter:
    words = values.get("status") or values.get("state") or []
    zone = by.factory.zone
    since, until = values.get("from"), values.get("to")
    return OrderFilter(
        states=tuple(state for word in words for state in states_of(word)),
        item_id=naming.filter_id(naming.product, values.get("product_id"), by=by),
        machine_id=naming.filter_id(naming.machine, values.get("machine_id"), by=by),
        batch_number=values.get("batch_number") or None,
        since=instant_of(since, zone=zone) if since else None,
        until=instant_of(until, zone=zone) if until else None,
        text=values.get("q", ""),
    )


def page(values: Values, *, by: Actor) -> Answer:
    """A page of orders, newest first. By cursor the deepest page costs what the first does."""
    wanted, window = _filter(values, by=by), window_of(values)
    before = window.after[0] if window.after else None
    keys = page_keys(
        wanted,
        by=by,
        limit=window.limit + 1,
        offset=window.offset,
        before_id=before if isinstance(before, int) else None,
    )
    shown = keys[: window.limit]
    meta: dict[str, Any] = {"total": None, "limit": window.limit, "offset": window.offset, "nextCursor": None}
    if len(keys) > window.limit:
        meta["nextCursor"] = encode_cursor((shown[-1][0],))
    if before is None:
        total = count_orders(wanted, by=by)
        meta["total"] = min(total, COUNT_LIMIT)
        if total > COUNT_LIMIT:
            meta["totalCapped"] = True
    rows = _rendered(shown, by=by)
    return Answer(
        200, b'{"data":[' + b",".join(rows) + b'],"meta":' + dumps(meta) + b"}", {"Content-Type": "application/json"}
    )


def _rendered(keys: list[tuple[int, str]], *, by: Actor) -> list[bytes]:
    """The list rows of these orders as JSON; only those not rendered before are read whole."""
    place = (by.factory.id, by.factory.masters_version, by.factory.requires_verification)
    found = {key: _ROWS.get((place, *key)) for key in keys}
    missing = [order_id for (order_id, _), row in found.items() if row is None]
    fresh: dict[int, bytes] = {}
    for row in order_rows(missing, by=by) if missing else ():
        fresh[row.id] = dumps(show.order(row, tenant=by.factory))
        _ROWS.put((place, row.id, row.chain_head), fresh[row.id])
    return [row if row is not None else fresh[key[0]] for key, row in found.items()]


def _slice(found: Any, values: Values, *, default_limit: int, total: int) -> tuple[list[Any], dict[str, Any]]:
    """One page of an order's own lists, which are short enough to be counted; the cursor holds the offset."""
    window = window_of(values, default_limit=default_limit)
    start = int(window.after[0] or 0) if window.after else window.offset
    rows = list(found[start : start + window.limit])
    end = start + len(rows)
    meta: dict[str, Any] = {
        "total": None if window.after else min(total, COUNT_LIMIT),
        "limit": window.limit,
        "offset": start,
    }
    meta["nextCursor"] = encode_cursor((end,)) if end < total and rows else None
    if total > COUNT_LIMIT and not window.after:
        meta["totalCapped"] = True
    return rows, meta


def transitions(values: Values, *, order_id: int) -> Answer:
    """Every move of the order, oldest first; with `all` also what moved nothing. Append-only, so offsets are stable."""
    events = trail.events_of(order_id, moves_only=not values["all"])
    rows, meta = _slice(events, values, default_limit=100, total=events.count())
    return json_answer({"data": [show.transition(event) for event in rows], "meta": meta})


def entries(values: Values, *, order_id: int) -> Answer:
    """The order's quantity ledger, newest first."""
    window = window_of(values)
    found = trail.entries_of(order_id)
    total = found.count()
    if window.after:
        found = found.filter(pk__lt=window.after[0])
    rows = list(found[window.offset : window.offset + window.limit + 1])
    more, rows = len(rows) > window.limit, rows[: window.limit]
    meta: dict[str, Any] = {
        "total": None if window.after else min(total, COUNT_LIMIT),
        "limit": window.limit,
        "offset": window.offset,
    }
    meta["nextCursor"] = encode_cursor((rows[-1].pk,)) if more else None
    if total > COUNT_LIMIT and not window.after:
        meta["totalCapped"] = True
    return json_answer({"data": [show.entry(entry) for entry in rows], "meta": meta})


def preview(values: Values, *, by: Actor, order_id: int) -> Answer:
    """What a new target would mean, without doing it."""
    line_id, decimals = naming.line(values.get("line_id"), order_id=order_id)
    fit({"quantityTarget": values["quantity_target"]}, decimals=decimals)
    return json_answer(order_calls.preview_of(order_id, by=by, line_id=line_id, target=values["quantity_target"]))


def record(*, order_id: int, by: Actor, form: str) -> Answer:
    """The shippable record as JSON or PDF."""
    row = order_row(order_id, by=by)
    data = record_of(row, by=by)
    if form == "pdf":
        from factoryos.dialects.factory import record_pdf  # the PDF library is large, and most processes never need it

        headers = {
            "Content-Type": "application/pdf",
            "Content-Disposition": f'inline; filename="record-{row.uuid}.pdf"',
        }
        return Answer(200, record_pdf.render(data), headers)
    return json_answer(data)

"""Which orders are meant: the ones ticked, or all that a filter matched; only ever orders of the actor's factory."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.http import QueryDict

from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Invalid
from factoryos.ops.bulk import words
from factoryos.ops.bulk.token import Filtered, Seen, read_filter, sign_filter
from factoryos.ops.order_list.filters import canonical, matching
from orders.models import ProductionOrder

MOST = 50_000  # orders in one operation


@dataclass(frozen=True, slots=True)
class Selection:
    """The orders of a preview, and how many were asked for that are not there (or not this factory's: the same)."""

    seen: Seen
    missing: int = 0
    more: int = 0  # how many more (or, below zero, fewer) a filter matches than the list had said

    def remarks(self) -> list[str]:
        """What somebody must know who relies on the number that they saw."""
        told = []
        if self.missing:
            told.append(f"{words.orders(self.missing)} of the selection cannot be found and will not be touched.")
        if self.more:
            now = words.orders(len(self.seen.ids))
            told.append(f"The list has changed since you saw it: the filter now matches {now}.")
        return told


def posted(form: QueryDict, *, by: Actor) -> Selection:
    """What the list's form selected. Problems: Invalid (nothing, too many), SelectionUnreadable, SelectionExpired."""
    token = form.get("filter_token", "")
    if form.get("all") and token:
        return _filtered(read_filter(str(token), by=by), left_out=_uuids(form.getlist("except")), by=by)
    ticked = form.getlist("ids")
    if not ticked:
        raise Invalid(messages=["No order was selected"], field="ids")
    return chosen(_uuids(ticked), asked=len(set(ticked)), query=_written(form, by=by), by=by)


def _written(form: QueryDict, *, by: Actor) -> str:
    """The list's filter beside which orders were ticked, for the record; what is none is not kept."""
    try:
        return canonical(QueryDict(str(form.get("query", ""))), by=by)[:2000]
    except Invalid:
        return ""


def chosen(uuids: Sequence[UUID], *, asked: int, by: Actor, query: str = "") -> Selection:
    """These orders; what is no order of this factory is counted as missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, version FROM orders_productionorder WHERE factory_id = %s AND uuid = ANY(%s) ORDER BY id",
            [by.factory.id, list(uuids)],
        )
        rows = cursor.fetchall()
    if not rows:
        raise Invalid(messages=["None of the selected orders can be found"], field="ids")
    return Selection(_seen(rows, query=query), missing=max(0, asked - len(rows)))


def _filtered(wanted: Filtered, *, left_out: Sequence[UUID], by: Actor) -> Selection:
    """The filter's matches of now that were there when it was shown: what came later has a higher id."""
    found = (
        matching(QueryDict(wanted.query), by=by).filter(pk__lte=wanted.max_id).exclude(uuid__in=left_out).order_by("pk")
    )
    rows = list(found.values_list("pk", "version")[: MOST + 1])
    if len(rows) > MOST:
        raise Invalid(messages=[f"More than {MOST} orders match; narrow the filter"], field="filter_token")
    if not rows:
        raise Invalid(messages=["No order matches any more"], field="filter_token")
    return Selection(_seen(rows, query=wanted.query, from_filter=True), more=len(rows) + len(left_out) - wanted.count)


def _seen(rows: Sequence[tuple[int, int]], *, query: str = "", from_filter: bool = False) -> Seen:
    return Seen([row[0] for row in rows], [row[1] for row in rows], query=query, from_filter=from_filter)


def _uuids(texts: Sequence[str]) -> list[UUID]:
    return [uuid for text in texts if (uuid := parse_uuid(text))]


def token_for(query: str, *, count: int, by: Actor) -> str:
    """For the list: what "all that match" means at this moment. `query`: the filter as it is written down."""
    newest = ProductionOrder.objects.filter(factory_id=by.factory.id).aggregate(newest=Max("pk"))["newest"] or 0
    return sign_filter(query=query, count=count, max_id=newest, by=by)

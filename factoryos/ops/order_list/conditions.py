"""What each filter of the list asks of an order, written so that an index answers it.

Beginnings are ranges ("ACM" ≤ x < "ACN") and not LIKE: a range is answered by the index under any plan. The indexed
columns are of collation C, where the next code point is the next text, and where upper() knows A to Z alone: other
letters are tried in both cases.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, CharField, Expression, F, Func, IntegerField, Q, Value
from django.db.models.functions import Reverse, Upper
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from factoryos.kernel.actors import Actor
from manufacturing.models import Item
from orders.models import Assignment, OrderLine, ProductionOrder
from quality.models import Hold

# The named dates that a range may be about, and the column of each.
DATES = {"due": "planned_end", "created": "created_at", "finished": "actual_end"}

_LAST_BEFORE_SURROGATES, _FIRST_AFTER = 0xD7FF, 0xE000
_LAST = 0x10FFFF
FEW = 500  # orders that one way of a search may lead to and be taken as a list


def starts_with(column: Expression | F, beginning: str) -> Q:
    """Whether a text of collation C begins so."""
    condition = Q(GreaterThanOrEqual(column, Value(beginning, CharField())))
    end = next_text(beginning)
    return condition & Q(LessThan(column, Value(end, CharField()))) if end else condition


def next_text(beginning: str) -> str | None:
    """The least text that is greater than all that begin so."""
    kept = beginning.rstrip(chr(_LAST))
    if not kept:
        return None
    code = ord(kept[-1])
    return kept[:-1] + chr(_FIRST_AFTER if code == _LAST_BEFORE_SURROGATES else code + 1)


def _spellings(text: str) -> list[str]:
    return list(dict.fromkeys((text, text.upper(), text.lower())))


def _latin_upper(text: str) -> str:
    """As PostgreSQL's upper() does in collation C."""
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def of_customer(name: str) -> Q:
    """The customer's name begins so, in whichever case."""
    combined = Q()
    for spelling in _customer_spellings(name):
        combined |= starts_with(Upper("customer_name"), spelling)
    return combined


def _customer_spellings(name: str) -> list[str]:
    return list(dict.fromkeys(_latin_upper(text) for text in _spellings(name)))


def said_as(text: str, *, by: Actor) -> Q:
    """A reference begins or ends so, a batch or a customer begins so, or the article's name or number contains it.

    Each of the ways has an index, and how many orders it leads to is for nobody to guess: where few are found in all,
    they are the condition. Where there are many, the list need not be searched for long to fill a page.
    """
    ways = _ways(text, by=by)
    found = _some(ways, by=by)
    if max(Counter(way for way, _ in found).values(), default=0) <= FEW:
        ids = sorted({order_id for _, order_id in found})
        return Q(_IsAny(F("id"), Value(ids, ArrayField(BigIntegerField()))))
    combined = Q()
    for condition, _ in ways:
        combined |= condition
    return combined


def _ways(text: str, *, by: Actor) -> list[tuple[Q, Any]]:
    """Conditions, each with what its index is sorted by."""
    ways: list[tuple[Q, Any]] = []
    for each in _spellings(text):
        ways += [
            (starts_with(F("reference"), each), F("reference")),
            (starts_with(Reverse("reference"), each[::-1]), Reverse("reference")),
            (starts_with(F("batch_number"), each), F("batch_number")),
        ]
    for each in _customer_spellings(text):
        ways.append((starts_with(Upper("customer_name"), each), Upper("customer_name")))
    articles = Item.objects.filter(Q(name__icontains=text) | Q(sku__icontains=text), factory_id=by.factory.id)
    return [*ways, (Q(item_id__in=articles.values("id")), None)]


def _some(ways: list[tuple[Q, Any]], *, by: Actor) -> list[tuple[int, int]]:
    """(number of the way, id of an order) of at most FEW and one of each way, in one statement."""
    orders = ProductionOrder.objects.filter(factory_id=by.factory.id)
    parts = []
    for number, (condition, key) in enumerate(ways):
        part = orders.filter(condition)
        part = part.order_by(key) if key is not None else part.order_by()
        parts.append(part.annotate(way=Value(number, IntegerField())).values_list("way", "id")[: FEW + 1])
    return list(parts[0].union(*parts[1:], all=True))


class _IsAny(Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def on_machine(machine_id: int) -> Q:
    return Q(id__in=Assignment.objects.filter(machine_id=machine_id).values("order_id"))


def of_product(item_id: int) -> Q:
    return Q(id__in=OrderLine.objects.filter(item_id=item_id).values("order_id"))


def with_open_hold(*, by: Actor) -> Q:
    holds = Hold.objects.filter(factory_id=by.factory.id, released_at__isnull=True)
    return Q(id__in=holds.values("order_id"))


def between(column: str, first: date | None, last: date | None, *, zone: ZoneInfo) -> Q:
    """From the beginning of the first day to the end of the last one, both as the plant's clocks have them."""
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{column}__gte": midnight(first, zone)})
    if last is not None:
        condition &= Q(**{f"{column}__lt": next_midnight(last, zone)})
    return condition


def next_midnight(day: date, zone: ZoneInfo) -> datetime:
    """When this day is over."""
    return midnight(day + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks jump over midnight the day begins with the jump; where it comes twice, with the first."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)

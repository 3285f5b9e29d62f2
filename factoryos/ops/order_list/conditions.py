"""What each filter of the list asks of an order, written so that an index answers it.

Beginnings are ranges ("ACM" ≤ x < "ACN") and not LIKE: a range is answered by the index under any plan. The indexed
columns are of collation C, where the next code point is the next text, and where upper() knows A to Z alone: other
letters are tried in both cases.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, CharField, Expression, F, Func, Q, Value
from django.db.models.functions import Reverse, Upper
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from factoryos.kernel.actors import Actor
from manufacturing.models import Item
from orders.models import Assignment, OrderLine
from quality.models import Hold

# The named dates that a range may be about, and the column of each.
DATES = {"due": "planned_end", "created": "created_at", "finished": "actual_end"}

_LAST_BEFORE_SURROGATES, _FIRST_AFTER = 0xD7FF, 0xE000
_LAST = 0x10FFFF


def starts_with(column: Expression | F, beginning: str) -> Q:
    """Whether a text of collation C begins so."""
    condition = Q(GreaterThanOrEqual(column, Value(beginning, CharField())))
    end = _next_text(beginning)
    return condition & Q(LessThan(column, Value(end, CharField()))) if end else condition


def _next_text(beginning: str) -> str | None:
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
    return _any_of(
        lambda text: starts_with(Upper("customer_name"), text), [_latin_upper(text) for text in _spellings(name)]
    ) & Q(customer_name__isnull=False)


def said_as(text: str, *, by: Actor) -> Q:
    """A reference begins or ends so, a batch or a customer begins so, or the article's name or number contains it."""
    spellings = _spellings(text)
    return (
        _any_of(lambda each: starts_with(F("reference"), each), spellings)
        | _any_of(lambda each: starts_with(Reverse("reference"), each[::-1]), spellings)
        | _any_of(lambda each: starts_with(F("batch_number"), each), spellings)
        | of_customer(text)
        | Q(_IsAny(F("item_id"), Value(_items_like(text, by=by), ArrayField(BigIntegerField()))))
    )


def _items_like(text: str, *, by: Actor) -> list[int]:
    """Articles are few beside orders: they are looked through first, and the orders then found by their index."""
    named = Q(name__icontains=text) | Q(sku__icontains=text)
    return list(Item.objects.filter(named, factory_id=by.factory.id).values_list("id", flat=True))


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
        condition &= Q(**{f"{column}__gte": _midnight(first, zone)})
    if last is not None:
        condition &= Q(**{f"{column}__lt": _midnight(last + timedelta(days=1), zone)})
    return condition


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks jump over midnight the day begins with the jump; where it comes twice, with the first."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _any_of(condition: Callable[[str], Q], texts: list[str]) -> Q:
    combined = Q()
    for text in dict.fromkeys(texts):
        combined |= condition(text)
    return combined

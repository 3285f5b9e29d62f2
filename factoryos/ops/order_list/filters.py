"""The filters of the order list as they stand in an address: read, checked, applied, told again.

For whatever else works on "all orders that match": `matching` gives them, `describe` says the filter in words, and
`canonical` is the one way to write it down. A filter that is wrong raises Invalid; it never means "everything".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django_filters import (  # type: ignore[import-untyped]  # it has no types
    CharFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    MultipleChoiceFilter,
)

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid
from factoryos.kernel.text import is_safe
from factoryos.ops.order_list import conditions
from manufacturing.models import Item, Machine
from orders.models import ProductionOrder
from orders.states import State

Query = str | QueryDict | Mapping[str, Any]  # text: as it stands in an address
Orders = QuerySet[ProductionOrder]

MANY = ("status", "priority")  # filters that may be given several times
# Words of the address that are no filters: the sort, where a page begins, which factory, and "no default view, please".
NOT_FILTERS = frozenset({"sort", "after", "before", "factory", "all"})
DATE_WORDS = {"due": "Due", "created": "Created", "finished": "Finished"}
FIRST_YEAR, LAST_YEAR = 1970, 2200
TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force. `url`: the list without it."""

    label: str
    value: str
    url: str


def safe(text: str) -> None:
    if not is_safe(text):
        raise ValidationError("Control characters are not allowed.")


def plausible(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")


class FilterForm(forms.Form):
    """The fields together: days in order, and a machine and a product of this factory."""

    by: Actor
    data: MultiValueDict[str, Any]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._refuse_what_is_not_asked()
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", "The last day lies before the first.")
        if code := cleaned.get("machine"):
            cleaned["machine"] = self._named(Machine, "machine", "code__iexact", code)
        if sku := cleaned.get("product"):
            cleaned["product"] = self._named(Item, "product", "sku", sku)
        return cleaned

    def _named(self, model: type[Machine] | type[Item], field: str, lookup: str, value: str) -> Any:
        # iexact is UPPER(code) = UPPER(%s); a factory's machines are few.
        found = model._default_manager.filter(factory_id=self.by.factory.id, **{lookup: value}).first()
        if found is None:
            self.add_error(field, f"There is no {field} “{value}”.")
        return found

    def _refuse_what_is_not_asked(self) -> None:
        """A word that nobody knows may be a filter misspelt: leaving it out would show, or change, too many orders."""
        for name in self.data:
            if name not in self.fields and name not in NOT_FILTERS:
                self.add_error(None, f"There is no filter “{name[:40]}”.")
            elif name in self.fields and name not in MANY and len(self.data.getlist(name)) > 1:
                self.add_error(name, "Give only one value.")


class OrderFilterSet(FilterSet):
    """The filters of one address over the actor's orders."""

    status = MultipleChoiceFilter(choices=State.choices, field_name="state", lookup_expr="in", method="_in")
    priority = MultipleChoiceFilter(choices=ProductionOrder.Priority.choices, method="_in")
    date = ChoiceFilter(choices=list(DATE_WORDS.items()), empty_label=None, method="_as_it_is")
    customer = CharFilter(method="_of_customer", max_length=TEXT_LENGTH, validators=[safe])
    machine = CharFilter(method="_on_machine", max_length=TEXT_LENGTH, validators=[safe])
    product = CharFilter(method="_of_product", max_length=255, validators=[safe])
    q = CharFilter(method="_said_as", max_length=TEXT_LENGTH, validators=[safe], label="Search")
    hold = ChoiceFilter(choices=[("open", "open")], empty_label=None, method="_held", label="Hold")

    class Meta:
        form = FilterForm

    def __init__(self, query: Query, *, by: Actor) -> None:
        self.by = by
        super().__init__(_without_blanks(query), ProductionOrder.objects.filter(factory_id=by.factory.id))
        self.is_bound = True  # an empty query is a filter like any other: everything

    @property
    def form(self) -> FilterForm:
        form = cast(FilterForm, super().form)
        form.by = self.by
        return form

    def filter_queryset(self, queryset: Orders) -> Orders:
        found: Orders = super().filter_queryset(queryset)
        cleaned = self.form.cleaned_data
        column = conditions.DATES[cleaned["date"] or "due"]
        zone = self.by.factory.zone
        return found.filter(conditions.between(column, cleaned["from"], cleaned["to"], zone=zone))

    def given(self) -> dict[str, Any]:
        """The filters in force, cleaned, in the order in which they are written."""
        cleaned = self.form.cleaned_data
        dated = bool(cleaned["from"] or cleaned["to"])
        given = {name: cleaned[name] for name in PLACES if cleaned[name]}
        if dated:
            given["date"] = given.get("date", "due")
        else:
            given.pop("date", None)
        return {name: given[name] for name in PLACES if name in given}

    def _in(self, found: Orders, name: str, values: list[str]) -> Orders:
        return found.filter(**{f"{name}__in": values})

    def _as_it_is(self, found: Orders, name: str, value: Any) -> Orders:
        """A part of the range of days, which is applied as a whole."""
        return found

    def _of_customer(self, found: Orders, name: str, value: str) -> Orders:
        return found.filter(conditions.of_customer(value))

    def _on_machine(self, found: Orders, name: str, value: Machine) -> Orders:
        return found.filter(conditions.on_machine(value.pk))

    def _of_product(self, found: Orders, name: str, value: Item) -> Orders:
        return found.filter(conditions.of_product(value.pk))

    def _said_as(self, found: Orders, name: str, value: str) -> Orders:
        return found.filter(conditions.said_as(value, by=self.by))

    def _held(self, found: Orders, name: str, value: str) -> Orders:
        return found.filter(conditions.with_open_hold(by=self.by))


# `from` is a word of Python's and cannot be a name in the class.
for _name, _label in (("from", "from"), ("to", "to")):
    OrderFilterSet.base_filters[_name] = DateFilter(
        method="_as_it_is", label=_label, input_formats=["%Y-%m-%d"], validators=[plausible]
    )
PLACES = ("status", "priority", "date", "from", "to", "customer", "machine", "product", "q", "hold")


def matching(query: Query, *, by: Actor) -> Orders:
    """The orders of the actor's factory that a query of the list's address matches, in no order. Problem: Invalid."""
    return cast(Orders, _checked(query, by=by).qs)


def canonical(query: Query, *, by: Actor) -> str:
    """The same filter, and nothing but the filter, always written alike; empty for no filter. Problem: Invalid."""
    return written(_checked(query, by=by).given())


def describe(query: Query, *, by: Actor) -> list[Chip]:
    """The filter in words, a chip for each value: (label, value, address of the list without it). Problem: Invalid."""
    return chips(_checked(query, by=by).given(), keep={})


def _checked(query: Query, *, by: Actor) -> OrderFilterSet:
    filters = OrderFilterSet(query, by=by)
    if not filters.is_valid():
        field, errors = next(iter(filters.errors.items()))
        raise Invalid(messages=[str(text) for text in errors], field=None if field == "__all__" else field)
    return filters


def chips(given: dict[str, Any], *, keep: Mapping[str, str]) -> list[Chip]:
    """A chip for each filter. `keep`: what else shall stay in the address, such as the sort."""
    made = []
    for name, value in given.items():
        if name in MANY:
            made += [_chip(given, name, each, keep=keep) for each in value]
        elif name not in ("date", "to") or (name == "to" and "from" not in given):
            made.append(_chip(given, name, value, keep=keep))
    return made


def _chip(given: dict[str, Any], name: str, value: Any, *, keep: Mapping[str, str]) -> Chip:
    rest = dict(given)
    if name in MANY:
        rest[name] = [each for each in given[name] if each != value]
    elif name in ("from", "to"):
        for part in ("date", "from", "to"):
            rest.pop(part, None)
    else:
        del rest[name]
    return Chip(*_words(given, name, value), url=list_url(written(rest), keep))


def _words(given: dict[str, Any], name: str, value: Any) -> tuple[str, str]:
    if name == "status":
        return "Status", State(value).label
    if name == "priority":
        return "Priority", ProductionOrder.Priority(value).label
    if name in ("from", "to"):
        first, last = given.get("from"), given.get("to")
        span = f"{first} to {last}" if first and last else f"from {first}" if first else f"to {last}"
        return DATE_WORDS[given["date"]], span
    words = {"customer": "Customer", "machine": "Machine", "product": "Product", "q": "Search", "hold": "Hold"}
    return words[name], _text(value)


def _text(value: Any) -> str:
    return str(value.code if isinstance(value, Machine) else value.sku if isinstance(value, Item) else value)


def written(given: dict[str, Any]) -> str:
    """Cleaned filters as a query string."""
    pairs = [
        (name, _text(each))
        for name in PLACES
        if name in given
        for each in (_ordered(name, given[name]) if name in MANY else [given[name]])
    ]
    return urlencode(pairs)


def _ordered(name: str, values: list[str]) -> list[str]:
    choices = State.values if name == "status" else ProductionOrder.Priority.values
    return [value for value in choices if value in values]


def list_url(query: str, keep: Mapping[str, str]) -> str:
    """The list's address with this filter. Without any it says `all`, or somebody's default view would apply."""
    bare = not query and not keep.keys() - {"factory"}
    parts = [part for part in ("all=1" if bare else query, urlencode(keep)) if part]
    return f"{reverse('ops:orders')}?{'&'.join(parts)}"


def _without_blanks(query: Query) -> MultiValueDict[str, str]:
    """A form sends its empty fields along; they ask for nothing. What has a name that nobody knows stays, to be told."""
    if isinstance(query, str):
        query = QueryDict(query)
    lists = query.lists() if isinstance(query, MultiValueDict) else ((name, _listed(query[name])) for name in query)
    kept = {name: [value for value in values if str(value).strip()] for name, values in lists}
    return MultiValueDict({name: values for name, values in kept.items() if values or name not in PLACES})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]

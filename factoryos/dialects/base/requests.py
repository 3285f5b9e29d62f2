"""Reading a request's fields: strictly, all faults at once, with one shared instance a class."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.fields import empty

from factoryos.dialects.base.faults import MOST_TOLD, Fault, Wrong, unknown
from factoryos.dialects.base.fields import fits
from factoryos.kernel.problems import Invalid

Values = dict[str, Any]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """quantityTarget → quantity_target: the names verbs use."""
    return _HUMP.sub("_", name).lower()


class _Step(NamedTuple):
    name: str
    target: str
    field: Any
    required: bool
    allow_null: bool
    default: Any


class RequestSerializer(serializers.Serializer):  # type: ignore[type-arg]  # reads requests only, serializes nothing
    """The fields that a call takes, spelled as on the wire; read, they are keyed in snake_case (or by `source`).

    Anything else is refused by name, for a typo must not vanish. `ignored` are the exception: what the returned object
    shows but the call does not take, so that an object can be sent back as it was read.
    """

    ignored: ClassVar[frozenset[str]] = frozenset()

    def faults(self, values: Values) -> Iterable[Fault]:
        """What is wrong between fields that are fine each by itself. For subclasses."""
        return ()

    @cached_property
    def plan(self) -> tuple[_Step, ...]:
        return tuple(
            _Step(
                name,
                snake(name) if field.source == name else str(field.source),
                field,
                field.required,
                field.allow_null,
                field.default,
            )
            for name, field in self.fields.items()
        )

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.fields) | self.ignored

    def read(self, data: Any) -> Values:
        """`data` (a parsed JSON object) as clean values. Absent optional fields are absent. Raises Wrong."""
        if not isinstance(data, dict):
            raise Wrong.must("must be an object")
        values: Values = {}
        found: list[Fault] = []
        for step in self.plan:
            try:
                self._take(step, data, values)
            except Wrong as wrong:
                found += [fault.under(step.name) for fault in wrong.faults]
        if not self.known.issuperset(data):
            found += [unknown(name) for name in data if name not in self.known]
        found = found or list(self.faults(values))
        if found:
            raise Wrong(found)
        return values

    def _take(self, step: _Step, data: Mapping[str, Any], values: Values) -> None:
        value = data.get(step.name, empty)
        if value is empty:
            if step.default is not empty:
                values[step.target] = step.default
                return
            if not step.required:
                return
            value = None  # told in the words for null
        elif value is None and step.allow_null:
            values[step.target] = None
            return
        values[step.target] = step.field.read(value)


class QueryRequest(RequestSerializer):
    """Query parameters: the same fields, spelled as text. A parameter given twice is refused."""

    def read_query(self, query: QueryDict) -> Values:
        """The parameters of a URL as clean values. Raises Wrong."""
        if repeated := [name for name in query if len(query.getlist(name)) > 1]:
            raise Wrong(
                Fault(name, f"{name} should be given once") if name in self.known else unknown(name)
                for name in repeated
            )
        data: dict[str, Any] = query.dict()
        for step in self.plan:
            if step.name in data:
                data[step.name] = step.field.from_text(data[step.name])
        return self.read(data)


@cache
def _shared(serializer: type[Any]) -> Any:
    """One instance a class: reading keeps no state, and making one copies every field."""
    return serializer()


def read(serializer: type[RequestSerializer], data: Any) -> Values:
    """The clean values of a body. Problem: Invalid, with every fault."""
    try:
        values: Values = _shared(serializer).read(data)
    except Wrong as wrong:
        raise invalid(wrong.faults) from None
    return values


def read_query(serializer: type[QueryRequest], query: QueryDict) -> Values:
    """The clean values of the query parameters. Problem: Invalid, with every fault."""
    try:
        values: Values = _shared(serializer).read_query(query)
    except Wrong as wrong:
        raise invalid(wrong.faults) from None
    return values


def refuse_query(query: QueryDict) -> None:
    """For calls that take no query parameters at all. Problem: Invalid."""
    if query:
        raise invalid([unknown(name) for name in query])


def invalid(faults: list[Fault]) -> Invalid:
    """The problem that tells these faults."""
    return Invalid(messages=[fault.message for fault in faults[:MOST_TOLD]], field=faults[0].field)


def fit(amounts: Mapping[str, Decimal | None], *, decimals: int) -> None:
    """Refuse amounts (by wire name) with more decimals than the product's unit has. Problem: Invalid."""
    unit = "must be a whole number" if decimals == 0 else f"must not have more than {decimals} decimal places"
    found = [
        Fault(name, f"{name} {unit}")
        for name, amount in amounts.items()
        if amount is not None and not fits(amount, decimals=decimals)
    ]
    if found:
        raise invalid(found)

"""Our request fields as JSON Schema: what `fields.py` and `times.py` refuse is what the published description forbids."""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from factoryos.dialects.base import fields
from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.base.times import TimeField
from factoryos.kernel.text import CODE

_INSTANT = {"type": "string", "format": "date-time"}
_DATE = {"type": "string", "format": "date"}


def component_name(serializer: RequestSerializer) -> str:
    """The name under which a request is published."""
    return f"{type(serializer).__name__}Request"


def schema_of(serializer: RequestSerializer) -> Json:
    """A request as an object that holds nothing unknown; what is `ignored` may stand in it, whatever it is."""
    schema: Json = {
        "type": "object",
        "properties": {name: property_of(field) for name, field in serializer.fields.items()},
        "additionalProperties": False,
    }
    if required := [name for name, field in serializer.fields.items() if field.required]:
        schema["required"] = required
    if shown := sorted(serializer.ignored - set(serializer.fields)):
        schema["patternProperties"] = {f"^({'|'.join(map(re.escape, shown))})$": {}}
        schema["description"] = "Fields that the returned object shows but this call does not take are ignored."
    return schema


def property_of(field: Any) -> Json:
    """One field, with its null, its default and what it says about itself."""
    schema = _value_of(field)
    if field.allow_null:
        schema = _or_null(schema)
    if field.default is not empty:
        schema["default"] = field.default
    if field.help_text:
        schema["description"] = str(field.help_text)
    return schema


def _or_null(schema: Json) -> Json:
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _value_of(field: Any) -> Json:
    match field:
        case RequestSerializer():
            return ref(component_name(field))
        case fields.ListField():
            items = property_of(field.child)
            return {"type": "array", "items": items, "minItems": field.least, "maxItems": field.most}
        case serializers.ChoiceField():
            return {"type": "string", "enum": list(field.choices)}
        case fields.QuantityField():
            return _quantity(field)
        case fields.IntegerField():
            return {"type": "integer", "minimum": field.least, "maximum": field.largest}
        case fields.BooleanField():
            return {"type": "boolean"}
        case fields.UuidField():
            return {"type": "string", "format": "uuid"}
        case TimeField():
            return {"anyOf": [dict(_INSTANT), dict(_DATE)]} if field.dates else dict(_INSTANT)
        case fields.TextField():
            return _text(field)
    described = getattr(field, "described_by", None)  # a value that is read later, as this request
    if described:
        return ref(component_name(described()))
    return dict(getattr(field, "published", {}))  # what a field says of itself that only one dialect has


def _quantity(field: fields.QuantityField) -> Json:
    lower = {"minimum": _plain(field.least)} if field.zero_too else {"exclusiveMinimum": 0}
    return {"type": "number", **lower, "maximum": _plain(field.largest)}


def _plain(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _text(field: fields.TextField) -> Json:
    schema: Json = {"type": "string", "maxLength": field.max_length}
    if isinstance(field, fields.CodeField):
        return {**schema, "maxLength": fields.LONGEST_CODE, "pattern": f"^{CODE.pattern}$"}
    if field.filled:
        schema["minLength"] = 1
    if isinstance(field, fields.NameOrIdField):
        schema["description"] = "Its id, or its code."
    return schema


def nested_in(serializer: RequestSerializer) -> list[RequestSerializer]:
    """The requests that `serializer` refers to."""
    found: list[RequestSerializer] = []
    for field in serializer.fields.values():
        value: Any = field.child if isinstance(field, fields.ListField) else field
        if described := getattr(value, "described_by", None):
            value = described()
        if isinstance(value, RequestSerializer):
            found.append(value)
    return found

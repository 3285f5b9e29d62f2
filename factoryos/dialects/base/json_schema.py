"""JSON Schema in few words, for what the dialects publish about their answers."""

from collections.abc import Iterable

from factoryos.dialects.base.operations import Json

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
COUNT: Json = {"type": "integer", "minimum": 0}
FLAG: Json = {"type": "boolean"}
ID: Json = {"type": "string", "format": "uuid"}
TIME: Json = {"type": "string", "format": "date-time"}
ANY: Json = {"type": "object", "additionalProperties": True}


def an_object(optional: Iterable[str] = (), /, **properties: Json) -> Json:
    """An object that always has these properties, but for the optional ones."""
    left_out = set(optional)
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in left_out],
    }


def or_null(schema: Json) -> Json:
    kind = schema.get("type")
    return {**schema, "type": [kind, "null"]} if kind else {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def one_of(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}

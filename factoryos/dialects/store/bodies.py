"""A request's body, JSON or XML, as one kind of object: fields by name, lists as lists."""

from django.http import HttpRequest

from factoryos.dialects.base import bodies
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.dialect import MEGABYTE
from factoryos.dialects.base.problems import MalformedJson, UnsupportedMediaType
from factoryos.dialects.base.requests import RequestSerializer

_JSON, _XML = "application/json", ("application/xml", "text/xml")


def read(request: HttpRequest, *, takes: type[RequestSerializer] | None, may_be_empty: bool) -> JsonObject:
    """The body as an object; nothing at all is `{}` where that is taken.

    Problems, in this order: TooLarge, UnsupportedMediaType, MalformedJson (or what is wrong with the XML).
    """
    raw = bodies.read_bytes(request, limit=MEGABYTE)
    if not raw:
        if may_be_empty:
            return {}
        raise MalformedJson(reason="there is none")
    if request.content_type != _JSON:
        raise UnsupportedMediaType(wanted=f"{_JSON} or {_XML[0]}")
    return bodies.parse(raw)

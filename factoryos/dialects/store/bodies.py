"""A request's body, JSON or XML, as one kind of object: fields by name, lists as lists."""

from django.http import HttpRequest

from factoryos.dialects.base import bodies
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.dialect import MEGABYTE
from factoryos.dialects.base.problems import UnsupportedMediaType
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.store import xml_in
from factoryos.kernel.problems import Kind, Problem

_JSON, _XML = "application/json", ("application/xml", "text/xml")
_UTF8 = frozenset({"utf-8", "utf8"})


class BodyMissing(Problem):
    code, kind, template = "body_missing", Kind.INVALID, "This call needs a body"


def read(request: HttpRequest, *, takes: type[RequestSerializer] | None, may_be_empty: bool) -> JsonObject:
    """The body as an object; nothing at all is `{}` where that is taken, whatever the headers say.

    Problems, in this order: TooLarge, BodyMissing, UnsupportedMediaType, MalformedJson or MalformedXml.
    """
    raw = bodies.read_bytes(request, limit=MEGABYTE)
    if not raw:
        if may_be_empty:
            return {}
        raise BodyMissing()
    _refuse_encodings(request)
    if request.content_type == _JSON:
        return bodies.parse(raw)
    if request.content_type in _XML:
        return xml_in.parse(raw, takes=takes)
    raise UnsupportedMediaType(wanted=f"{_JSON} or {_XML[0]}")


def _refuse_encodings(request: HttpRequest) -> None:
    """Bodies are UTF-8 as they are: neither another charset nor anything compressed. Problem: UnsupportedMediaType."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.strip().strip('"').lower() not in _UTF8 or request.META.get("HTTP_CONTENT_ENCODING", "").strip():
        raise UnsupportedMediaType(wanted="plain UTF-8")

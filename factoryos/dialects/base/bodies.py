"""A request's body as a JSON object, or the exact way in which it is none."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from factoryos.dialects.base.problems import MalformedJson, TooLarge, UnsupportedMediaType
from factoryos.kernel import json_objects
from factoryos.kernel.json_objects import JsonObject

__all__ = ["JsonObject", "parse", "read_bytes", "read_json"]


def read_json(request: HttpRequest, *, limit: int) -> JsonObject:
    """The body as an object; nothing at all is `{}`. Numbers with a fraction or an exponent come as Decimal.

    Problems, in this order: TooLarge, UnsupportedMediaType, MalformedJson.
    """
    raw = read_bytes(request, limit=limit)
    if not raw:
        return {}
    if request.content_type != "application/json":
        raise UnsupportedMediaType()
    return parse(raw)


def read_bytes(request: HttpRequest, *, limit: int) -> bytes:
    """The raw body. Judged by Content-Length before a byte is read, and again by what arrived. Problem: TooLarge."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(limit=limit)
        raw = _without_length(request, limit=limit) if _is_chunked(request) else request.body
    except RequestDataTooBig:
        raise TooLarge(limit=limit) from None
    except (UnreadablePostError, ValueError):
        raise MalformedJson(reason="it did not arrive whole") from None
    if len(raw) > limit:
        raise TooLarge(limit=limit)
    return raw


def _is_chunked(request: HttpRequest) -> bool:
    return not request.META.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" in request.META


def _without_length(request: HttpRequest, *, limit: int) -> bytes:
    """Django takes a body without Content-Length for empty. Where the server ends the stream itself, it is read."""
    if not request.META.get("wsgi.input_terminated"):
        raise ValueError("no length")
    data: bytes = request.META["wsgi.input"].read(limit + 1)
    return data


def parse(raw: bytes) -> JsonObject:
    """`raw` as a JSON object, read strictly. Problem: MalformedJson."""
    try:
        return json_objects.parse(raw)
    except json_objects.Malformed as malformed:
        raise MalformedJson(reason=str(malformed)) from None

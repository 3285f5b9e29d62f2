"""A request's body as a JSON object, or the exact way in which it is none."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from factoryos.dialects.base.problems import MalformedJson, TooLarge, UnsupportedMediaType

JsonObject = dict[str, Any]

DEEPEST = 20
# Beyond any quantity, but well within what Decimal can calculate with (1e9999999 would overflow where it is compared).
LARGEST_EXPONENT = 1000


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
    """`raw` as a JSON object, strictly: UTF-8, no NaN, no key twice, at most DEEPEST levels. Problem: MalformedJson."""
    try:
        value = json.loads(
            raw.decode(),
            parse_float=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise MalformedJson(reason=f"more than {DEEPEST} levels") from None
    except UnicodeDecodeError:
        raise MalformedJson(reason="it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(reason=f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise MalformedJson(reason=_own_words(error)) from None
    if not isinstance(value, dict):
        raise MalformedJson(reason="it is something else")
    # Counting brackets is much cheaper than walking, and nearly every body has fewer than it may have levels.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _is_deeper(value, than=DEEPEST):
        raise MalformedJson(reason=f"more than {DEEPEST} levels")
    return value


class _Refused(ValueError):
    """A refusal of ours, whose text may be told."""


def _own_words(error: ValueError) -> str:
    return str(error) if isinstance(error, _Refused) else "a number has too many digits"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _Refused("a number is out of range") from None
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise _Refused("a number is out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Refused("a key occurs twice")
    return value


def _is_deeper(value: Any, *, than: int) -> bool:
    level = [value]
    for _ in range(than):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True

"""The four headers that say who calls. Their names hold underscores, which servers treat in three different ways.

Our own server keeps them out of the usual names and lists every header line as it was sent; others drop them; others make
one header of `api_key` and `api-key`. They are taken by these names alone, from the list where there is one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from factoryos.kernel.problems import Unauthenticated
from factoryos.kernel.text import is_safe

_SPELLINGS = {
    "store": ("store",),
    "api_key": ("api_key", "api-key"),
    "user_id": ("user_id", "user-id"),
    "user_token": ("user_token", "user-token"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a caller shows of themselves. "" is what they do not show: a blank header is none."""

    store: str
    api_key: str
    user_id: str
    user_token: str


def shown_by(request: HttpRequest) -> Shown:
    """The credentials of a request, unchecked. Problem: Unauthenticated, for a header given twice with two values."""
    return Shown(**{name: _one(_values(request, name)) for name in _SPELLINGS})


def _values(request: HttpRequest, name: str) -> Iterable[str]:
    lines = request.META.get("factoryos.raw_headers")
    if lines is None:
        return [request.META.get(f"HTTP_{name.upper()}", "")]
    return [value for sent, value in lines if sent in _SPELLINGS[name]]


def _one(values: Iterable[str]) -> str:
    """Which of two values somebody else looked at, a proxy or a log, nobody knows: neither is believed."""
    found = {text for value in values if (text := _text(value))}
    if len(found) > 1 or not all(is_safe(text) for text in found):
        raise Unauthenticated()
    return found.pop() if found else ""


def _text(value: str) -> str:
    """A header's characters, which WSGI gives as Latin-1, as the UTF-8 that they may have been."""
    try:
        return value.encode("latin-1").decode().strip()
    except UnicodeError:
        return value.strip()

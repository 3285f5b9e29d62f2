"""Request headers that every face takes: Authorization, Idempotency-Key, If-Match."""

import re

from django.http import HttpRequest

from factoryos.kernel.problems import Invalid

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
NEVER = -1  # no object has this version


def bearer_token(request: HttpRequest) -> str | None:
    """The token of `Authorization: Bearer …`; None for no header and for any other scheme."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def idempotency_key(request: HttpRequest) -> str | None:
    """The caller's Idempotency-Key, None without one. Problem: Invalid for a key that cannot be kept."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Invalid(messages=["Idempotency-Key must be 1 to 255 printable ASCII characters"], field="Idempotency-Key")
    return key


def version_seen(request: HttpRequest) -> int | None:
    """The version that If-Match names; None without one or for `*`. An unreadable one matches no version at all."""
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if header in {"", "*"}:
        return None
    match = _ETAG.fullmatch(header)
    return int(match[1]) if match else NEVER


def etag(version: int) -> str:
    """The ETag of a version: "3"."""
    return f'"{version}"'

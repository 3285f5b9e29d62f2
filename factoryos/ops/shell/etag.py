"""A page or fragment that is as the browser has it already: 304 instead of the same again, asked every few seconds."""

import re
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags

# New in each rendering, and the old ones stay good: a mask over the same CSRF secret, a form's key that was not used.
_NEW_EACH_TIME = re.compile(
    rb'name="(?:csrfmiddlewaretoken|key)" value="[^"]*"|<meta name="csrf-token" content="[^"]*">'
)


def etag_of(content: bytes) -> str:
    """A tag of what a person sees. Weak (RFC 9110, 8.8.1): two renderings with one tag may differ in their tokens."""
    return f'W/"{blake2b(_NEW_EACH_TIME.sub(b"", content), digest_size=12).hexdigest()}"'


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """`response`, tagged; or 304 when If-None-Match of a GET names it. Its own headers and cookies go along."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    tag = etag_of(response.content)
    response.headers["ETag"] = tag
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if tag not in known and "*" not in known:
        return response
    same = HttpResponseNotModified(headers={"ETag": tag})
    for name in ("Cache-Control", "Vary", "Expires", "Date"):
        if response.has_header(name):
            same.headers[name] = response.headers[name]
    same.cookies = response.cookies
    return same

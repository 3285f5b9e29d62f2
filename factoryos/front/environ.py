"""The WSGI environ of a request, with two facts that WSGI loses: the raw target and the headers as they were sent.

    RAW_URI                  the request target before decoding: %2F in an article id is not a slash there
    factoryos.raw_headers    [(name in lower case, value)], each line on its own, `api_key` beside `api-key`

A header whose name holds an underscore is in the raw list only. As HTTP_… it would be one with its hyphenated twin, and
anybody could write `X_Forwarded_Proto` past a proxy that sets `X-Forwarded-Proto`.
"""

import sys
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

# The same in every request; PEP 3333.
CONSTANT: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "FactoryOS",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",  # behind TLS, Django's SECURE_PROXY_SSL_HEADER says so
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


@lru_cache(maxsize=512)
def key(name: str) -> str | None:
    """The environ key of a header; None for a name that only the raw list may hold."""
    if "_" in name:
        return None
    return PLAIN.get(name) or "HTTP_" + name.upper().replace("-", "_")


def build(scope: dict[str, Any], *, body: bytes) -> dict[str, Any]:
    """`scope`: of an ASGI request. Text is latin-1, as WSGI wants it."""
    path, query = scope["raw_path"], scope["query_string"].decode("latin-1")
    raw = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    environ: dict[str, Any] = {
        **CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": path.decode("latin-1") + (f"?{query}" if query else ""),
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "SERVER_PROTOCOL": "HTTP/" + scope["http_version"],
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.input": BytesIO(body),
        "factoryos.raw_headers": raw,
    }
    for name, value in raw:
        place = key(name)
        if place is None:
            continue
        if place in environ:  # a repeated line is one list, of cookies or of anything else; RFC 9110, 5.3
            value = environ[place] + ("; " if name == "cookie" else ",") + value
        environ[place] = value
    if "CONTENT_LENGTH" not in environ and body:  # it came in chunks, and Django reads no more than it is told
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ

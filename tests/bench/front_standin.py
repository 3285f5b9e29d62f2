"""What the web servers under comparison serve: 1.5 ms of Python a request, and a stream with one event a second."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

TURNS = int(os.environ.get("STANDIN_TURNS", "42000"))  # of an empty loop; front.py finds out how many take 1.5 ms here
BODY = b'{"rows":[' + b",".join([b'"' + b"x" * 20 + b'"'] * 40) + b"]}"


def burn() -> int:
    total = 0
    for turn in range(TURNS):
        total += turn & 3
    return total


class Events:
    """An asynchronous response, as Django's StreamingHttpResponse shows itself to a server."""

    streaming = is_async = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b"data: %f\n\n" % time.time()
            await asyncio.sleep(1)


def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return Events()
    burn()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def wsgi_in_threads(environ: dict[str, Any], start_response: Any) -> Any:
    """The same for a server that knows threads only: each stream holds one."""

    def events() -> Iterator[bytes]:
        while True:
            yield b"data: %f\n\n" % time.time()
            time.sleep(1)

    answer = wsgi(environ, start_response)
    return events() if isinstance(answer, Events) else answer

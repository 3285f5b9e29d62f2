"""A small Django project behind the web server under test: it tells what reached it, or is slow, large or endless."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of no use outside this test",
    DATA_UPLOAD_MAX_MEMORY_SIZE=1_048_576,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse  # noqa: E402
from django.urls import re_path  # noqa: E402

streams_open = 0


def echo(request: HttpRequest) -> HttpResponse:
    environ: dict[str, Any] = request.environ  # type: ignore[attr-defined]
    facts = {key: value for key, value in environ.items() if isinstance(value, str)}
    body = request.body.decode("latin-1")
    return JsonResponse({**facts, "raw": environ["factoryos.raw_headers"], "body": body, "pid": os.getpid()})


def slow(request: HttpRequest) -> HttpResponse:
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse(b"done")


def large(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * int(request.GET["bytes"]))


def pieces(request: HttpRequest) -> StreamingHttpResponse:
    def made() -> Iterator[str]:
        yield from ("one,", "", "two,", "three")

    return StreamingHttpResponse(made(), content_type="text/csv")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def events() -> AsyncIterator[str]:
        global streams_open
        streams_open += 1
        try:
            for number in range(int(request.GET.get("events", 1_000_000))):
                yield f"id: {number}\ndata: {time.time()}\n\n"
                await asyncio.sleep(float(request.GET.get("every", 1)))
        finally:
            streams_open -= 1
            if "trace" in request.GET:
                with Path(request.GET["trace"]).open("a") as trace:
                    trace.write("ended\n")

    return StreamingHttpResponse(events(), content_type="text/event-stream")


def count(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"streams": streams_open, "pid": os.getpid()})


urlpatterns = [
    re_path(r"^slow$", slow),
    re_path(r"^large$", large),
    re_path(r"^pieces$", pieces),
    re_path(r"^stream$", stream),
    re_path(r"^count$", count),
    re_path(r"^.*$", echo),
]
django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("nobody caught this")
    return django(environ, start_response)

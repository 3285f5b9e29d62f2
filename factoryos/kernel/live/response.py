"""The HTTP response that carries a feed: never cached, never buffered by a proxy, of no length."""

from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def event_stream(pieces: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """The web server iterates it in the event loop, once the request's thread and connection are free (see front.asgi)."""
    return StreamingHttpResponse(pieces, content_type=MEDIA_TYPE, headers=HEADERS)


def last_event_id(request: HttpRequest) -> str | None:
    """Where the reader was when the connection broke; None for somebody new."""
    return request.headers.get("Last-Event-ID") or None

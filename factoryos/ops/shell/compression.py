"""Which answers are compressed on their way: whole HTML pages. A stream, a file and a redirect are left as they are."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageGzip(GZipMiddleware):
    """Django's, which also hides the true length of a page behind a random one (BREACH), for HTML alone.

    A live stream must not pass: zlib would keep its events back until there are enough of them.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, HttpResponse) or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)

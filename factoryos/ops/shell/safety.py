"""What the browser is told about every page: run and load nothing but ours, be framed by nobody, keep cookies to TLS."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Nothing inline and nothing evaluated: a name or note with a script in it stays text even where an escape was forgotten.
POLICY = (
    "default-src 'self'; object-src 'none'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; report-uri /ops/csp-report"
)


class SafetyHeaders:
    """Around all other middleware of pages, so that error pages and cookies set by any of them are seen too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
            if request.is_secure():
                response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response

"""How long a session lasts: from the last thing that a person did, not from what a page asks for by itself."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.kernel import clock

GetResponse = Callable[[HttpRequest], HttpResponseBase]

RENEWED = "renewed"  # the session's key for the second it was last prolonged
RENEW_AFTER_S = 600  # written to the database at most this often
BY_ITSELF = "X-By-Itself"  # the header with which static/ops/live.js marks what nobody asked for


class RollingSession:
    """Prolongs the session of whoever is at work. A page left open and refreshing itself does not keep it alive."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if not session.accessed or session.is_empty() or _asked_by_itself(request, response):
            return response
        now = int(clock.now().timestamp())
        if now - session.get(RENEWED, 0) >= RENEW_AFTER_S:
            session[RENEWED] = now
        return response


def _asked_by_itself(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A refresh, or the live stream, which a browser opens again and again."""
    return BY_ITSELF in request.headers or response.get("Content-Type", "").startswith("text/event-stream")

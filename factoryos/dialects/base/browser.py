"""The chain of middleware that a browser session needs, run for pages and skipped by the API faces."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from factoryos.dialects.base.dialect import FaceRequest

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class BrowserOnly:
    """Stands in Django's chain for all of settings.BROWSER_MIDDLEWARE. An API call costs it one comparison.

    A face has no session and no CSRF token to ask for: its credentials do not travel by themselves (the one face that
    takes a cookie asks for a JSON body and a same-site Origin instead).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.links: list[Any] = []  # outermost first
        chain: Any = get_response
        for name in reversed(settings.BROWSER_MIDDLEWARE):
            try:
                link = import_string(name)(chain)
            except MiddlewareNotUsed:
                continue
            self.links.insert(0, link)
            chain = convert_exception_to_response(link)
        self.chain: GetResponse = chain

    def __call__(self, request: FaceRequest) -> HttpResponseBase:
        return (self.chain if request.envelope is None else self.get_response)(request)

    def process_view(
        self, request: FaceRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Django calls the hooks of what stands in its own list only; these three pass them on (CSRF lives in one)."""
        return self._first(request, "process_view", self.links, view, args, kwargs)

    def process_exception(self, request: FaceRequest, exception: Exception) -> HttpResponse | None:
        return self._first(request, "process_exception", reversed(self.links), exception)

    def process_template_response(self, request: FaceRequest, response: Any) -> Any:
        for link in reversed(self.links) if request.envelope is None else ():
            if hook := getattr(link, "process_template_response", None):
                response = hook(request, response)
        return response

    def _first(self, request: FaceRequest, hook_name: str, links: Any, *args: Any) -> HttpResponse | None:
        if request.envelope is not None:
            return None
        for link in links:
            hook = getattr(link, hook_name, None)
            response: HttpResponse | None = hook(request, *args) if hook else None
            if response is not None:
                return response
        return None

"""Paths under /v1 that lead nowhere: who calls is asked first, as on any other path."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.store.auth import StoreView
from factoryos.kernel.problems import NotFound


class Nowhere(StoreView):
    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        raise NotFound(thing="Path")

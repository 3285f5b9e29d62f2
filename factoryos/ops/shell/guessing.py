"""The page for whoever typed too many wrong passwords. How they are counted stands in factoryos/kernel/guessing.py."""

from datetime import timedelta
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from factoryos.kernel import clock
from factoryos.kernel.guessing import wait_for


def locked_out(request: HttpRequest, answer: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """What django-axes answers instead of a sign-in page when it has counted enough."""
    return too_many(request, wait_for(request, (credentials or {}).get("username") or ""))


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page that says when to try again. It is the same for a name that exists and for one that does not."""
    seconds = max(1, seconds)
    known = {"minutes": ceil(seconds / 60), "seconds": seconds, "again_at": clock.now() + timedelta(seconds=seconds)}
    response = render(request, "ops/locked_out.html", known, status=429)
    response["Retry-After"] = str(seconds)
    add_never_cache_headers(response)
    return response

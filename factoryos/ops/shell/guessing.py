"""Guessing passwords: how many wrong ones per name and address, and per address; from which address a request comes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from factoryos.kernel import clock
from factoryos.kernel.problems import RateLimited

_IPV6_PREFIX = 64  # what one customer line or desk is given; its 2^64 addresses are one caller


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. X-Forwarded-For is believed only behind our own proxy, and only what that one wrote.

    The last entry is the proxy's; anybody can send the ones before it.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS:
        given = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or given
    try:
        found = ip_address(given.partition("%")[0])
    except ValueError:
        return "0.0.0.0"  # noqa: S104 not an address to listen on: a caller who has none, such as a socket's
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, _IPV6_PREFIX), strict=False).network_address)


def wait_for(request: HttpRequest, username: str = "") -> int:
    """Whole seconds until somebody at this address may try this name again; 0 when they may now."""
    since = clock.now() - settings.AXES_COOLOFF_TIME
    failed = AccessAttempt.objects.filter(ip_address=address_of(request), attempt_time__gt=since)
    rows = list(failed.values_list("username", "attempt_time", "failures_since_start"))
    of_name = [(at, failures) for name, at, failures in rows if name == username]
    of_address = [(at, failures) for _, at, failures in rows]
    return max(
        _wait(of_name, limit=settings.AXES_FAILURE_LIMIT),
        _wait(of_address, limit=settings.AXES_FAILURE_LIMIT_OF_ADDRESS),
    )


def _wait(failed: list[tuple[datetime, int]], *, limit: int) -> int:
    """Failures are forgotten oldest first, a row at once; below the limit the door is open again."""
    left, opens = sum(failures for _, failures in failed), None
    for at, failures in sorted(failed):
        if left < limit:
            break
        left -= failures
        opens = at + settings.AXES_COOLOFF_TIME
    return max(1, ceil((opens - clock.now()).total_seconds())) if opens else 0


@contextmanager
def one_at_a_time(request: HttpRequest, username: str) -> Iterator[None]:
    """Check one password per name and address at a time, or forty sent at once would all be checked before any counts.

    Problems: RateLimited for the others.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(address_of(request), username)])
            if not cursor.fetchone()[0]:
                raise RateLimited(retry_after=1)
        yield


def _lock_number(address: str, username: str) -> int:
    """A signed 64-bit number for PostgreSQL's advisory locks, whatever was typed as a name."""
    name = f"sign-in {address} {username}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


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

"""Guessing passwords: how many wrong ones per name and address, and per address, whichever door they are tried at."""

import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in
from django.db import connection, transaction
from django.http import HttpRequest

from factoryos.kernel import clock
from factoryos.kernel.addresses import address_of
from factoryos.kernel.models import User
from factoryos.kernel.problems import RateLimited, Unauthenticated
from factoryos.kernel.text import is_safe


def person_with(request: HttpRequest, *, username: str, password: str) -> User:
    """The person who has this name and password, as a program signs in: without a session.

    A name that nobody has costs the same calculation as a wrong password. What was typed wrong is counted together
    with the sign-in page's; a right one forgives it.
    Problems: Unauthenticated, without saying which was wrong; RateLimited, when there were too many.
    """
    name = unicodedata.normalize("NFKC", username).strip()  # as the sign-in page does
    longest = User._meta.get_field("username").max_length or 0
    if not 0 < len(name) <= longest or not is_safe(name):  # fits neither the accounts' table nor that of the failures
        raise Unauthenticated()
    with one_at_a_time(request, name):
        if seconds := wait_for(request, name):
            raise RateLimited(retry_after=seconds)
        user = authenticate(request, username=name, password=password)
        if user is not None:
            user_logged_in.send(sender=type(user), request=request, user=user)
    if not isinstance(user, User):  # raised out here: in there it would take back that the failure was counted
        raise Unauthenticated()
    return user


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

"""Who calls the ingest API, and the order in which a call is looked at: token, rate, path, then what the call is about."""

import re
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.views import FaceView
from factoryos.dialects.ingest.senders import Senders
from factoryos.kernel import api_keys, limits
from factoryos.kernel.addresses import address_of
from factoryos.kernel.limits import Allowance
from factoryos.kernel.models import ApiKey
from factoryos.kernel.problems import RateLimited, Unauthenticated

FACE = "ingest"
REQUESTS_PER_SECOND = 50  # published: of one factory, whoever sends; a bucket of as many, so that they may come at once
# The bare token, or after the one scheme word that clients put there by themselves.
_AUTHORIZATION = re.compile(r"(?:bearer +)?([\x21-\x7e]{1,255})", re.IGNORECASE)


class IngestView(FaceView):
    """A call of the ingest API. `self.senders` is who calls, in each of the token's factories."""

    senders: Senders

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request: Any = request
        self.enter(cast(FaceRequest, request))
        answered: HttpResponseBase = self._handler(request)(request, **kwargs)
        return answered

    def enter(self, request: FaceRequest) -> None:
        """Believe the caller and count the call in every factory of theirs; who is not believed is counted by address.

        Problems: Unauthenticated, RateLimited.
        """
        try:
            self.senders = self.identify(request)
        except Unauthenticated:
            _count(request, [f"address:{address_of(request)}"])
            raise
        self.actor = request.actor = self.senders.first
        _count(request, [f"factory:{factory_id}" for factory_id in self.senders.factory_ids])

    def identify(self, request: HttpRequest) -> Senders:
        """Problem: Unauthenticated, one and the same for whatever is missing or wrong."""
        return Senders.believed(api_keys.actors_of(_token(request), kind=ApiKey.Kind.PERSONAL_ACCESS_TOKEN, face=FACE))


def _token(request: HttpRequest) -> str:
    """The token that is shown. Problem: Unauthenticated; also where it is shown twice, for nobody knows who believed which."""
    lines = request.META.get("factoryos.raw_headers")
    shown = (
        [request.META.get("HTTP_AUTHORIZATION", "")]
        if lines is None
        else [value for name, value in lines if name == "authorization"]
    )
    found = _AUTHORIZATION.fullmatch(shown[0].strip(" \t")) if len(shown) == 1 else None
    if found is None:
        raise Unauthenticated()
    return found[1]


def _count(request: FaceRequest, names: list[str]) -> None:
    """Take one request from each of these buckets, wherever this runs: what is published shall not differ in production."""
    least: Allowance | None = None
    for name in names:
        left = limits.take(key=f"{FACE}:{name}", limit=REQUESTS_PER_SECOND, period_seconds=1)
        if least is None or left.remaining < least.remaining:
            least = request.allowance = left
        if left.exceeded:
            request.allowance = left
            raise RateLimited(retry_after=left.retry_after)

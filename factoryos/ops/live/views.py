"""The console's live stream: for whoever is signed in, about the factory they work in."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from factoryos.kernel import live
from factoryos.ops.access import LAST_FACTORY, ConsoleRequest, console
from factoryos.ops.live.topics import announcements_of, hint

GONE = b"event: gone\ndata: {}\n\n"  # come back only after signing in: the right to read is gone


def _leaving_the_session_alone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A stream that comes back by itself must not switch the factory that somebody meanwhile chose in another tab."""

    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before, modified = request.session.get(LAST_FACTORY), request.session.modified
        response = view(request, *args, **kwargs)
        if request.session.get(LAST_FACTORY) != before:
            if before is None:
                request.session.pop(LAST_FACTORY, None)
            else:
                request.session[LAST_FACTORY] = before
            request.session.modified = modified
        return response

    return guarded


@require_GET
@_leaving_the_session_alone
@console
def stream(request: ConsoleRequest) -> HttpResponseBase:
    """`?topics=orders` hints at what changed in `?factory=slug`; see topics.py."""
    topics = announcements_of(request.GET.get("topics", ""))
    if topics is None:
        return HttpResponse("Unknown topic\n", status=400, content_type="text/plain")
    return live.event_stream(
        live.feed(
            right=_right_of(request),
            wish=live.Wish(factory_id=request.actor.factory.id, topics=topics),
            show=hint,
            since=live.last_event_id(request),
            face="console",
            farewell=GONE,
        )
    )


def _right_of(request: ConsoleRequest) -> live.Right:
    password = hashlib.sha256(request.user.password.encode()).hexdigest()
    return live.Right(
        person=UUID(request.actor.id),
        factory_id=request.actor.factory.id,
        session=request.session.session_key,
        sign_in=password,
    )

"""The way of every call through a face, always in the same order: who, how often, where, may they, what, and again?"""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.views import APIView

from factoryos.dialects.base import bodies, requests
from factoryos.dialects.base.answers import FaceResponse, as_response
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.dialect import Dialect, FaceRequest
from factoryos.dialects.base.headers import idempotency_key
from factoryos.dialects.base.problems import MethodNotAllowed
from factoryos.kernel import limits, live, transactions
from factoryos.kernel.actors import Actor
from factoryos.kernel.idempotency import Memory, fingerprint
from factoryos.kernel.permissions import authorise_any
from factoryos.kernel.problems import RateLimited
from factoryos.kernel.text import is_safe
from factoryos.kernel.transactions import Answer

Work = Callable[[JsonObject], Answer]


class FaceView(APIView):
    """A DRF view, so that the API's description can be drawn from it, with a dispatch that does only what a face needs.

    A face derives its own view from this and says who calls (`identify`, `admit`). A handler gets what is left of the
    path as keywords and answers with `read` or `change`. Whatever is raised, FaceRoad puts into the face's envelope.
    """

    bulk: ClassVar[bool] = False  # bulk calls have a bucket and a limit of their own
    actor: Actor

    def identify(self, request: HttpRequest) -> Any:
        """What the credential says, believed or refused without asking about factories. Problem: Unauthenticated."""
        raise NotImplementedError

    def principal_of(self, credential: Any) -> str:
        """The name under which this credential's calls are counted."""
        raise NotImplementedError

    def admit(self, credential: Any, path: dict[str, str]) -> Actor | None:
        """The actor that the credential is at this place; takes the factory out of `path`. None where there is none.

        Problem: NotFound for a factory that is not the caller's.
        """
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        handler = self._handler(request)
        self.request: Any = request
        credential = self.identify(request)
        self._count(cast(FaceRequest, request), self.principal_of(credential))
        path = dict(kwargs)
        if actor := self.admit(credential, path):
            self.actor = cast(FaceRequest, request).actor = actor
        answered: HttpResponseBase = handler(request, **path)
        return answered

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        """HEAD is GET without a body (the road drops it); OPTIONS is nothing here, as there is nothing to negotiate."""
        method = "GET" if request.method == "HEAD" else request.method or ""
        allowed = [name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(self, name)]
        if method not in allowed:
            raise MethodNotAllowed(method=method, allowed=allowed)
        handler: Callable[..., HttpResponseBase] = getattr(self, method.lower())
        return handler

    def _count(self, request: FaceRequest, principal: str) -> None:
        limit = settings.RATE_LIMIT_BULK_PER_MINUTE if self.bulk else settings.RATE_LIMIT_PER_MINUTE
        if not limit:
            return
        key = f"{_dialect_of(request).name}:{'bulk:' if self.bulk else ''}{principal}"
        request.allowance = limits.take(key=key, limit=limit, period_seconds=60)
        if request.allowance.exceeded:
            raise RateLimited(retry_after=request.allowance.retry_after)

    def read(self, answer: Answer) -> FaceResponse:
        """The response to a call that changes nothing."""
        return as_response(answer)

    def stream(self, request: HttpRequest, feed: Callable[[], AsyncIterator[bytes]]) -> HttpResponseBase:
        """An open-ended response. To HEAD, which shall see only whether there would be one, none is opened."""
        if request.method == "HEAD":
            return as_response(Answer(200, b"", {"Content-Type": live.MEDIA_TYPE, "Cache-Control": "no-cache"}))
        return live.event_stream(feed())

    def query(self, serializer: type[requests.QueryRequest]) -> requests.Values:
        """The clean query parameters. Problem: Invalid."""
        return requests.read_query(serializer, self.request.GET)

    def no_query(self) -> None:
        """Refuse query parameters where there are none to give. Problem: Invalid."""
        requests.refuse_query(self.request.GET)

    def fields(self, serializer: type[requests.RequestSerializer], body: JsonObject) -> requests.Values:
        """The clean fields of a change, called from its work, once the object is known to exist. Problem: Invalid."""
        self.no_query()
        return requests.read(serializer, body)

    def read_body(self, request: HttpRequest) -> JsonObject:
        """The body of a change as an object. Problems: TooLarge, UnsupportedMediaType, MalformedJson."""
        return bodies.read_json(request, limit=_dialect_of(cast(FaceRequest, request)).max_body_bytes)

    def change(
        self,
        request: HttpRequest,
        *,
        verbs: str | tuple[str, ...],
        work: Work,
        verbs_of_body: Callable[[JsonObject], tuple[str, ...]] | None = None,
    ) -> FaceResponse:
        """Run `work` on the body in one transaction, once per Idempotency-Key.

        `verbs` are those that the call may turn out to be; the actor must be allowed one. Where the body picks among
        them, `verbs_of_body` gives those that remain (none: left to `work` to refuse). `work` looks the object up
        (404), reads the fields (400), looks up what they name (404), calls the verbs and renders. It may be run again
        after a lost race, so it keeps nothing between two runs.
        """
        dialect = _dialect_of(cast(FaceRequest, request))
        authorise_any(self.actor, (verbs,) if isinstance(verbs, str) else verbs)
        body = self.read_body(request)
        if verbs_of_body and (remaining := verbs_of_body(body)):
            authorise_any(self.actor, remaining)
        answer = transactions.run(
            lambda: work(body),
            refuse=partial(_render, dialect, cast(FaceRequest, request)),
            memory=self._memory(request, body),
        )
        return as_response(answer)

    def _memory(self, request: HttpRequest, body: JsonObject) -> Memory | None:
        """Nothing is called what a path with control characters names, and the database takes no such text."""
        key = idempotency_key(request)
        if key is None or not is_safe(request.path):
            return None
        return Memory(
            factory_id=self.actor.factory.id,
            principal=self.actor.principal,
            call=f"{request.method} {request.path}",
            key=key,
            fingerprint=fingerprint(body),
        )


def _dialect_of(request: FaceRequest) -> Dialect:
    assert request.dialect is not None, "a face's routes lie under its prefixes"
    return request.dialect


def _render(dialect: Dialect, request: FaceRequest, problem: Any) -> Answer:
    request.problem = problem  # for the log line: it will not pass the road
    return dialect.render_problem(problem, request)

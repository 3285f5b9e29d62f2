"""The road through HTTP: the face is chosen by URL before any view runs, and whatever happens is told in its words."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from factoryos.dialects.base.answers import NO_CONTENT, FaceResponse, as_response
from factoryos.dialects.base.dialect import Dialect, FaceRequest
from factoryos.dialects.base.translation import problem_of, problem_of_status
from factoryos.kernel import limits, metrics
from factoryos.kernel.ids import uuid7
from factoryos.kernel.limits import Allowance
from factoryos.kernel.problems import Kind, Problem

log = structlog.get_logger("factoryos.requests")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_OUR_FAULT = frozenset({Kind.INTERNAL, Kind.BUSY})


class FaceRoad:
    """Outermost: gives each request its number and its face, and each answer its envelope, headers and log line."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        # By name, as urlconfs are: the base knows no face.
        self.dialect_of = import_string("factoryos.dialects.registry.dialect_of")
        self.envelope_of = import_string("factoryos.dialects.registry.envelope_of")

    def __call__(self, request: FaceRequest) -> HttpResponseBase:
        began = time.perf_counter()
        self._prepare(request)
        response = self._enveloped(request, self.get_response(request))
        response.headers["X-Request-Id"] = request.request_id
        if request.dialect is not None:
            _tell_allowance(response, request.allowance or limits.untouched(limit=request.dialect.limit_per_minute))
        if isinstance(response, FaceResponse):
            if response.status_code != NO_CONTENT:  # which may not have a length, not even of 0 (RFC 9110, 8.6)
                response.headers["Content-Length"] = str(len(response.content))
            if request.method == "HEAD":
                response.content = b""
        seconds = time.perf_counter() - began
        metrics.observe(
            face=request.dialect.name if request.dialect else "page",
            method=request.method or "",
            status=response.status_code,
            seconds=seconds,
        )
        _log(request, response, seconds=seconds)
        return response

    def _prepare(self, request: FaceRequest) -> None:
        request.request_id = str(uuid7())
        request.actor = request.allowance = request.problem = None
        path = request.path_info
        request.dialect = dialect = self.dialect_of(path)
        request.envelope = dialect or self.envelope_of(path)
        if dialect is not None and path.endswith("/") and not _may_be_part_of_a_name(path, dialect):
            # Never by a redirect: clients repeat a redirected POST without its body.
            request.path_info, request.path = path[:-1], request.path[:-1]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)

    def process_exception(self, request: FaceRequest, exception: Exception) -> HttpResponse | None:
        """Called by Django with what a view raised. A page for people is Django's own business."""
        if request.envelope is None:
            return None
        problem = problem_of(exception, request_id=request.request_id)
        if problem.kind in _OUR_FAULT:
            log.error("request_failed", code=problem.code, exc_info=exception)
        return _refusal(request, problem)

    def _enveloped(self, request: FaceRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Django's own failures (no such path, a middleware that raised) come as HTML: not to a program."""
        if request.envelope is None or response.status_code < 400 or isinstance(response, FaceResponse):
            return response
        return _refusal(request, problem_of_status(response, request=request))


def _may_be_part_of_a_name(path: str, dialect: Dialect) -> bool:
    return dialect.keeps_trailing_slash is not None and dialect.keeps_trailing_slash.match(path) is not None


def _refusal(request: FaceRequest, problem: Problem) -> FaceResponse:
    assert request.envelope is not None
    request.problem = problem
    return as_response(request.envelope.render_problem(problem, request))


def _tell_allowance(response: HttpResponseBase, allowance: Allowance) -> None:
    response.headers["X-RateLimit-Limit"] = str(allowance.limit)
    response.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
    response.headers["X-RateLimit-Reset"] = str(allowance.reset)


def _log(request: FaceRequest, response: HttpResponseBase, *, seconds: float) -> None:
    """One line a request. Never headers, bodies or the query: they may hold secrets."""
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        face=request.dialect.name if request.dialect else None,
        actor=request.actor.principal if request.actor else None,
        code=request.problem.code if request.problem else None,
    )

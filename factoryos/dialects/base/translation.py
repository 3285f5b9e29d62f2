"""Everything that can be raised or answered on the way, as one of our problems."""

from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from rest_framework import exceptions

from factoryos.dialects.base.dialect import MEGABYTE, FaceRequest
from factoryos.dialects.base.problems import (
    BadRequest,
    Internal,
    MalformedJson,
    MethodNotAllowed,
    NotAcceptable,
    TooLarge,
    UnsupportedMediaType,
)
from factoryos.kernel.problems import Busy, NotFound, Problem, Unauthenticated


def problem_of(exception: Exception, *, request_id: str) -> Problem:
    """The problem that an exception is. What nobody foresaw is Internal."""
    match exception:
        case Problem():
            return exception
        case OperationalError() | InterfaceError():  # the server is away, or has no time
            return Busy()
        case Http404() | exceptions.NotFound():
            return NotFound(thing="Path")
        case RequestDataTooBig():
            return TooLarge(limit=MEGABYTE)
        case exceptions.ParseError():
            return MalformedJson(reason="it cannot be parsed")
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaType()
        case exceptions.NotAcceptable():
            return NotAcceptable(offered=["application/json"])
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Unauthenticated()
        case SuspiciousOperation() | DjangoBadRequest() | exceptions.ValidationError():
            return BadRequest()
    return Internal(request_id=request_id)


def problem_of_status(response: HttpResponseBase, *, request: FaceRequest) -> Problem:
    """The problem behind an answer that Django gave by itself."""
    if isinstance(response, HttpResponseNotAllowed) or response.status_code == 405:
        allowed = [method.strip() for method in response.headers.get("Allow", "").split(",") if method.strip()]
        return MethodNotAllowed(method=request.method or "", allowed=allowed)
    match response.status_code:
        case 400:
            return BadRequest()
        case 401 | 403:
            return Unauthenticated()
        case 404:
            return NotFound(thing="Path")
        case 406:
            return NotAcceptable(offered=["application/json"])
        case 413:
            return TooLarge(limit=MEGABYTE)
        case 415:
            return UnsupportedMediaType()
    return Internal(request_id=request.request_id)

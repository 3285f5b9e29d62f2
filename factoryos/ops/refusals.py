"""How a page says no: the whole page or the fragment, with the status, the reason and what to do next."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from factoryos.kernel.models import Membership
from factoryos.kernel.problems import Kind, Problem

STATUS_OF_KIND = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 409,
    Kind.REUSED: 422,
    Kind.BUSY: 503,
    Kind.LIMITED: 429,
}


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page (and not for one that it has to restore from its history)."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def refusal(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A refused request as a page, or as a notice at the top of the page that asked for a fragment."""
    status = STATUS_OF_KIND.get(problem.kind, 500)
    known = {"problem": problem, "status": status, "kind": problem.kind.value, "ask": _whom_to_ask(request, problem)}
    template = "ops/refusal_notice.html" if is_fragment(request) else "ops/refusal.html"
    response = as_notice(request, render(request, template, known, status=status))
    if problem.kind in (Kind.BUSY, Kind.LIMITED):
        response["Retry-After"] = str(problem.data.get("retry_after", 1))
    return response


def as_notice(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Where a fragment was asked for, `response` goes to the notices, whatever the request was to replace."""
    if is_fragment(request):
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
    return response


def _whom_to_ask(request: HttpRequest, problem: Problem) -> list[str]:
    """Who could give the role that was missing: the factory's administrators, up to three by name."""
    actor = getattr(request, "actor", None)
    if problem.kind is not Kind.FORBIDDEN or actor is None:
        return []
    found = Membership.objects.filter(factory_id=actor.factory.id, roles__contains=["admin"], user__is_active=True)
    return [str(place.user) for place in found.select_related("user").order_by("user__name", "pk")[:3]]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back again afterwards; by a whole redirect even where a fragment was asked for."""
    where = f"{reverse('ops:sign-in')}?{urlencode({'next': _place_of(request)})}"
    if is_fragment(request):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = where
        return response
    return HttpResponseRedirect(where, status=302 if request.method in ("GET", "HEAD") else 303)


def _place_of(request: HttpRequest) -> str:
    """The page somebody was on: of a fragment the one around it, of a form the one that it stood on."""
    if is_fragment(request):
        return _path_of(request.headers.get("HX-Current-URL", ""))
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return _path_of(request.headers.get("Referer", ""))


def _path_of(address: str) -> str:
    """Path and query of an address; sign-in asks once more whether it is ours."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

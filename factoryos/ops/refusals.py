"""How a page says no: the whole page or the fragment, with the status, the reason and what to do next."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

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
    template = "ops/refusal_notice.html" if is_fragment(request) else "ops/refusal.html"
    response = render(request, template, {"problem": problem, "status": status}, status=status)
    if is_fragment(request):
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
    if problem.kind in (Kind.BUSY, Kind.LIMITED):
        response["Retry-After"] = str(problem.data.get("retry_after", 1))
    return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back again afterwards; by a whole redirect even where a fragment was asked for."""
    back = request.headers.get("HX-Current-URL", "") if is_fragment(request) else request.get_full_path()
    where = f"{reverse('ops:sign-in')}?{urlencode({'next': _path_of(back)})}"
    if is_fragment(request):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = where
        return response
    return HttpResponseRedirect(where)


def _path_of(address: str) -> str:
    """Path and query of an address of ours; a page of somebody else's is no place to return to."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

"""What people are told when a page fails before or beyond its view: 400, 403, 404, 500, and a form that is too old."""

from html import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from factoryos.ops.refusals import as_notice, is_fragment

_LAST_RESORT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>It failed · FactoryOS</title>
<h1>This page failed</h1><p>It is not known whether a change was saved: look before you send it again.</p>
<p>Reference: {reference}</p>"""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "404.html", 404)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a page that was open while somebody signed out or in elsewhere; cookies switched off look the same."""
    return _page(request, "ops/csrf.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks neither the database nor the session, for either may be what failed."""
    reference = _reference(request)
    changing = request.method not in ("GET", "HEAD")
    known = {"reference": reference, "changing": changing, "path": request.get_full_path()}
    name = "ops/failure_notice.html" if is_fragment(request) else "500.html"
    try:
        text = loader.get_template(name).render(known)
    except Exception:
        if settings.DEBUG:
            raise
        text = _LAST_RESORT.format(reference=escape(reference))
    return as_notice(request, HttpResponse(text, status=500))


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """The page; to a fragment the same words as a notice."""
    if is_fragment(request):
        known = {"status": status, "reference": _reference(request)}
        return as_notice(request, render(request, "ops/failure_notice.html", known, status=status))
    return render(request, template, status=status)


def _reference(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))

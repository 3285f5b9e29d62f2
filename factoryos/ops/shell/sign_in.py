"""Coming and going: one page to sign in for console and admin alike; signing out is a POST, so that no link does it."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from factoryos.kernel.guessing import one_at_a_time, wait_for
from factoryos.kernel.problems import RateLimited
from factoryos.ops.shell.forms import SignInForm
from factoryos.ops.shell.guessing import too_many
from factoryos.ops.shell.returning import way_back


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The session's key is made anew at sign-in, so that one set before by somebody else is worth nothing."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(way_back(request))
        return _page(request, SignInForm(request))
    username = request.POST.get("username", "").strip()
    if seconds := wait_for(request, username):
        return too_many(request, seconds)
    form = SignInForm(request, request.POST)
    try:
        with one_at_a_time(request, username):
            right = form.is_valid()
    except RateLimited as problem:
        return too_many(request, problem.data["retry_after"])
    if not right:
        return _page(request, form, status=422)
    login(request, form.get_user())
    return HttpResponseRedirect(way_back(request), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":  # somebody typed the address: ask, and change nothing
        response = render(request, "ops/sign_out.html", status=405)
        response["Allow"] = "POST"
        return response
    logout(request)
    messages.success(request, "You are signed out.")
    return HttpResponseRedirect(reverse("ops:sign-in"), status=303)


def _page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    return render(request, "ops/sign_in.html", {"form": form, "next": way_back(request)}, status=status)

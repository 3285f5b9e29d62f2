"""Where to go after signing in or after a switch: an address of ours, or home. Never somebody else's page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, *, otherwise: str = "ops:orders") -> str:
    """`next` of the form or the address if it leads to this server, else the page named `otherwise`."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )  # fmt: skip
    return asked if ours else reverse(otherwise)

"""The admin's site: our name, the way back to the console, and who may come in."""

from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from factoryos.supervision.tenancy import administered, is_keeper


class SupervisionSite(AdminSite):
    """Staff come in. Everybody else who is signed in is refused; who is not is sent to the console's sign-in page."""

    site_title = "FactoryOS admin"
    site_header = "FactoryOS admin"
    index_title = "Supervision"
    site_url = "/ops/orders"
    index_template = "supervision/index.html"
    # The console ships no page for it, and the question "which object is that" needs no answer past our own lists.
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Of staff, those with a factory to supervise and the keepers of the installation; others find it empty."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A person who is signed in but not let in is told so, not sent round through the sign-in page."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("The supervisors' admin is for staff accounts.")
            answer: HttpResponseBase = inner(request, *args, **kwargs)
            return answer

        return update_wrapper(guarded, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The console's sign-in page is the only one: guesses at passwords are counted there."""
        wanted = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) and wanted.startswith("/")
        here = wanted if safe else reverse("admin:index", current_app=self.name)
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied("The supervisors' admin is for staff accounts.")
            return HttpResponseRedirect(here)
        try:
            page = reverse("ops:sign-in")
        except NoReverseMatch:  # an installation without the console still has Django's own page
            return super().login(request, extra_context)
        return HttpResponseRedirect(f"{page}?{urlencode({'next': here})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from django.contrib.auth.views import LogoutView

        return LogoutView.as_view(next_page=reverse("admin:login", current_app=self.name))(request)

    def get_urls(self) -> list[Any]:
        """Without `r/…`, which would say of any object of any factory whether it exists."""
        return [route for route in super().get_urls() if getattr(route, "name", None) != "view_on_site"]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        nothing = self.has_permission(request) and not is_keeper(request) and not administered(request)
        return {**super().each_context(request), "supervises_nothing": nothing}


site = SupervisionSite(name="admin")
# Everything is deleted one by one, after a look at what hangs on it.
site.disable_action("delete_selected")

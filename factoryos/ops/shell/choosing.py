"""Which factory somebody works in, and how they like their pages: two small forms of the header."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.frame import SCREENS
from factoryos.ops.models import Preferences
from factoryos.ops.refusals import is_fragment, to_sign_in
from factoryos.ops.shell.forms import PreferencesForm
from factoryos.ops.shell.returning import way_back


@require_POST
@console
def switch(request: ConsoleRequest) -> HttpResponse:
    """To another of one's factories, on the same screen. `console` has chosen it already, or refused a stranger's."""
    screens = {name for name, _, _ in SCREENS}
    screen = request.POST.get("screen", "")
    messages.success(request, f"You now work in {request.actor.factory.name}.")
    return HttpResponseRedirect(reverse(screen if screen in screens else "ops:orders"), status=303)


@require_POST
def preferences(request: HttpRequest) -> HttpResponseBase:
    """Saved for the person, whatever the factory. A script gets 204, a form goes back to its page."""
    user = request.user
    if not user.is_authenticated:
        return to_sign_in(request)
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return HttpResponse("There is no such choice.\n", status=422, content_type="text/plain")
    Preferences.objects.update_or_create(user=user, defaults=form.chosen())
    if is_fragment(request):
        return HttpResponse(status=204)
    return HttpResponseRedirect(way_back(request), status=303)

"""Saved views over HTTP: kept, looked at, changed."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST

from factoryos.kernel.problems import Invalid, Kind, Problem
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.changes import Done, change
from factoryos.ops.models import SavedView
from factoryos.ops.order_list import saved_views
from factoryos.ops.order_list.filters import list_url
from factoryos.ops.order_list.listing import Listing
from factoryos.ops.order_list.saved_views import Owner, ViewForm
from factoryos.ops.order_list.views import after, keep_of, shown


@console
@require_POST
def view_save(request: ConsoleRequest) -> HttpResponseBase:
    """`POST /ops/views`: keep the filter and sort of the list under a name."""
    form, owner = ViewForm(request.POST), Owner(request.user, request.actor)

    def work() -> Done:
        view = saved_views.save(form.cleaned_data, owner=owner)
        return Done(list_url(view.query, keep_of(request)), f"The view “{view.name}” is saved.")

    if form.is_valid():
        try:
            return after(request, change(request, work))
        except Problem as problem:
            if problem.kind not in (Kind.INVALID, Kind.CONFLICT):
                raise
            form.add_error("name", problem.text)
    return _again(request, form)


@console
@require_http_methods(["GET", "HEAD", "POST"])
def view(request: ConsoleRequest, uuid: UUID) -> HttpResponseBase:
    """`/ops/views/<uuid>`: to the list as the view has it; POST changes one's own view (`action`)."""
    owner = Owner(request.user, request.actor)
    if request.method != "POST":
        return HttpResponseRedirect(list_url(saved_views.find(uuid, owner=owner).query, keep_of(request)))
    act = ACTIONS.get(request.POST.get("action", ""))
    if act is None:
        raise Invalid(messages=["There is no such action on a view"], field="action")

    def work() -> Done:
        found = saved_views.find_own(uuid, owner=owner)
        said = act(found, request.POST, owner)
        gone = found.pk is None
        return Done(list_url("" if gone else found.query, keep_of(request)), said)

    return after(request, change(request, work))


def _again(request: ConsoleRequest, form: ViewForm) -> HttpResponseBase:
    """The list that was to be saved, with the form open, its values kept and what is wrong with them."""
    query = QueryDict(form.data.get("query", "")[:2000])
    return shown(request, Listing(query, by=request.actor, several=len(request.places) > 1), view_form=form, status=422)


def _rename(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    form = ViewForm(fields)
    if not form.is_valid():
        raise Invalid(
            messages=[str(text) for text in form.errors.get("name", ["The name cannot be used"])], field="name"
        )
    saved_views.rename(found, form.cleaned_data["name"], owner=owner)
    return f"The view is now called “{found.name}”."


def _default(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    saved_views.make_default(found, owner=owner)
    return f"“{found.name}” is what you see first from now on."


def _no_default(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    saved_views.no_default(found, owner=owner)
    return "All orders are what you see first from now on."


def _share(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    saved_views.share(found, owner=owner)
    return f"Everybody in {owner.actor.factory.name} sees the view “{found.name}”."


def _unshare(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    saved_views.unshare(found)
    return f"Only you see the view “{found.name}”."


def _delete(found: SavedView, fields: QueryDict, owner: Owner) -> str:
    name = found.name
    found.delete()
    return f"The view “{name}” is deleted."


ACTIONS: dict[str, Callable[[SavedView, QueryDict, Owner], str]] = {
    "rename": _rename, "default": _default, "no-default": _no_default, "share": _share, "unshare": _unshare,
    "delete": _delete,
}  # fmt: skip

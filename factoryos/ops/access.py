"""Who sees a page of the console, in which factory, and what they are told when they may not."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject

from factoryos.kernel.actors import Actor
from factoryos.kernel.directory import Person, Place, places_of
from factoryos.kernel.models import User
from factoryos.kernel.problems import NotFound, Problem
from factoryos.ops.models import Preferences
from factoryos.ops.refusals import refusal, to_sign_in

LAST_FACTORY = "factory"  # the session's key for the factory somebody works in


class ConsoleRequest(HttpRequest):
    """A request of somebody signed in who belongs to at least one factory."""

    user: User
    actor: Actor
    places: Sequence[Place]
    preferences: Preferences


View = Callable[..., HttpResponseBase]


def console(view: View) -> View:
    """A page of the factory somebody works in: `?factory=slug`, else the last one, else their first.

    Strangers go to sign-in; who belongs nowhere is told so. A Problem that the view raises becomes a page or a fragment.
    """

    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        try:
            _admit(request)
            if not request.places:
                return _kept_private(render(request, "ops/no_factory.html", status=403))
            request.actor = actor_at(request, _chosen(request))
            return _kept_private(view(request, *args, **kwargs))
        except Problem as problem:
            return _kept_private(refusal(request, problem))

    return cast(View, guarded)


def console_of_order(view: View) -> View:
    """A page about one order, `order_uuid` of the address: in whichever of one's factories it is.

    The view gets `order_id`, the primary key. A stranger's order is as missing as one that does not exist.
    """

    @console
    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, order_uuid: UUID, **kwargs: Any) -> HttpResponseBase:
        order_id, factory_id = _place_of_order(order_uuid, request.places)
        place = next(place for place in request.places if place.tenant.id == factory_id)
        request.actor = actor_at(request, place)
        return view(request, *args, order_id=order_id, **kwargs)

    return guarded


def actor_at(request: ConsoleRequest, place: Place) -> Actor:
    """The person as an actor in one of their factories, which becomes the one they work in."""
    slug = place.tenant.slug
    if request.session.get(LAST_FACTORY) != slug:
        request.session[LAST_FACTORY] = slug
    user = request.user
    return Actor(
        kind="user", id=str(user.uuid), name=str(user), factory=place.tenant, roles=place.roles, face="console",
        credential="session",
    )  # fmt: skip


def _admit(request: ConsoleRequest) -> None:
    user = request.user
    request.places = places_of(Person(id=user.pk, uuid=user.uuid, name=str(user)))
    request.preferences = cast(Preferences, SimpleLazyObject(lambda: preferences_of(user)))


def preferences_of(user: User) -> Preferences:
    """Somebody's switches; the usual ones for whoever never touched any."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)


def _chosen(request: ConsoleRequest) -> Place:
    asked = request.GET.get("factory") or request.POST.get("factory")
    by_slug = {place.tenant.slug: place for place in request.places}
    if asked:
        if asked not in by_slug:
            raise NotFound(thing="Factory")
        return by_slug[asked]
    return by_slug.get(request.session.get(LAST_FACTORY, ""), request.places[0])


def _place_of_order(order_uuid: UUID, places: Sequence[Place]) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, factory_id FROM orders_productionorder WHERE uuid = %s AND factory_id = ANY(%s)",
            [order_uuid, [place.tenant.id for place in places]],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(thing="Production order")
    return row[0], row[1]


def _kept_private(response: HttpResponseBase) -> HttpResponseBase:
    """Whole page and fragment share an address, and neither may be shown to whoever sits down next."""
    patch_vary_headers(cast(Any, response), ["HX-Request", "Cookie"])
    if not response.has_header("Cache-Control"):
        patch_cache_control(cast(Any, response), private=True, no_cache=True)
    return response

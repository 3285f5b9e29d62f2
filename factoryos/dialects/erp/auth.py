"""Who calls the ERP API: a program with an API key, which has one factory, or a person with a Supabase token."""

from django.http import HttpRequest

from factoryos.dialects.base.headers import bearer_token
from factoryos.dialects.base.views import FaceView
from factoryos.dialects.erp.errors import FactoryRequired, NoMembership
from factoryos.kernel import api_keys, directory, supabase
from factoryos.kernel.actors import Actor
from factoryos.kernel.models import ApiKey
from factoryos.kernel.problems import NotFound, Unauthenticated
from factoryos.kernel.supabase import Claims

FACE = "erp"
_OURS = "fos_"  # every key of our own making begins so; a JSON Web Token begins with `ey`


class ErpView(FaceView):
    """A call under /api/manufacturing or /api/inventory. `self.actor` is the caller in the one factory that is meant."""

    def identify(self, request: HttpRequest) -> Actor | Claims:
        token = bearer_token(request)
        if token is None:
            raise Unauthenticated()
        if token.startswith(_OURS):
            return api_keys.actor_of(token, kind=ApiKey.Kind.API_KEY, face=FACE)
        return supabase.verify(token)

    def principal_of(self, credential: Actor | Claims) -> str:
        return credential.principal if isinstance(credential, Actor) else f"user:{credential.subject}"

    def admit(self, credential: Actor | Claims, path: dict[str, str]) -> Actor:
        """A key's factory is the only one it knows; a person's is the only one they have, or the one they name.

        There is no default among several: an order made in the wrong plant is worse than one not made.
        """
        if isinstance(credential, Actor):
            return credential
        person = directory.person_of(credential)
        places = directory.places_of(person)
        if not places:
            raise NoMembership()
        wanted = self.request.META.get("HTTP_X_FACTORY", "").strip()
        if not wanted and len(places) > 1:
            raise FactoryRequired(factories=[place.tenant.slug for place in places])
        for place in places:
            if wanted in ("", place.tenant.slug):
                return directory.actor_at(place, person=person, face=FACE)
        raise NotFound(thing="Factory")

"""Who calls the factory API: a person with a Supabase token, in the factory that the path names."""

from django.http import HttpRequest

from factoryos.dialects.base.headers import bearer_token
from factoryos.dialects.base.views import FaceView
from factoryos.kernel import directory, supabase
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound, Unauthenticated
from factoryos.kernel.supabase import Claims
from factoryos.kernel.text import is_safe

FACE = "factory"


class FactoryView(FaceView):
    """A call under /api/factories/{slug}. `self.actor` is the caller as a member of that factory."""

    def identify(self, request: HttpRequest) -> Claims:
        token = bearer_token(request)
        if token is None:
            raise Unauthenticated()
        return supabase.verify(token)

    def principal_of(self, credential: Claims) -> str:
        return f"user:{credential.subject}"

    def admit(self, credential: Claims, path: dict[str, str]) -> Actor | None:
        if not is_safe(path["slug"]):  # PostgreSQL takes no NUL, not even in a question
            raise NotFound(thing="Factory")
        return directory.member_of(credential, slug=path.pop("slug"), face=FACE)

"""Who calls the store API, and the order in which a call is looked at: credential, limit, path, method, form, body, role."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.base.views import FaceView
from factoryos.dialects.store import bodies, negotiation
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.renderers import document
from factoryos.kernel import api_keys
from factoryos.kernel.actors import Actor
from factoryos.kernel.models import ApiKey, Factory
from factoryos.kernel.problems import NotFound, Unauthenticated
from factoryos.kernel.text import is_safe
from factoryos.kernel.transactions import Answer

FACE = "store"
_ID = re.compile(r"[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Credential:
    """Whoever was believed: the actor, and the name under which the calls are counted."""

    actor: Actor
    counted_as: str


class StoreView(FaceView):
    """A call under /v1. `self.actor` is the caller in the one factory that the credential belongs to.

    A subclass says what its calls are about (`faults`, by method), what they take (`takes`), and may offer other forms.
    """

    offers: ClassVar[tuple[str, ...]] = negotiation.DOCUMENTS
    faults: ClassVar[dict[str, Fault]] = {}  # method → the code of its refusals; reading, where nothing is said
    takes: ClassVar[dict[str, type[RequestSerializer]]] = {}  # method → the class that its body is
    may_be_empty: ClassVar[frozenset[str]] = frozenset()  # methods whose body may be left out
    form: str
    body: JsonObject

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request: Any = request
        cast(Any, request).fault = self.faults.get(request.method or "", Fault.READING)
        credential = self.identify(request)
        self._count(cast(FaceRequest, request), self.principal_of(credential))
        self.actor = cast(FaceRequest, request).actor = credential.actor
        handler = self._handler(request)
        self.form = negotiation.form_of(request, offered=self.offers)
        if request.method in {"POST", "PUT", "DELETE"}:
            self.body = bodies.read(
                request, takes=self.takes.get(request.method), may_be_empty=request.method in self.may_be_empty
            )
        answered: HttpResponseBase = handler(request, **kwargs)
        return answered

    def identify(self, request: HttpRequest) -> Credential:
        key, store = request.META.get("HTTP_API_KEY", ""), request.META.get("HTTP_STORE", "")
        if not key or not store or not is_safe(store):
            raise Unauthenticated()
        actor = api_keys.actor_of(key, kind=ApiKey.Kind.STORE_KEY, face=FACE)
        if not Factory.objects.filter(pk=actor.factory.id, store_id=store).exists():
            raise Unauthenticated()
        return Credential(actor, actor.principal)

    def principal_of(self, credential: Credential) -> str:
        return credential.counted_as

    def read_body(self, request: HttpRequest) -> JsonObject:
        """Already read: a body that cannot be understood is refused before anybody asks for the role."""
        return self.body

    def answer(self, value: dict[str, Any], *, root: str, headers: dict[str, str] | None = None) -> Answer:
        """A success, in the form that was asked for. Always 200."""
        return document(value, root=root, form=self.form, headers=headers)

    def show(self, value: dict[str, Any], *, root: str, headers: dict[str, str] | None = None) -> FaceResponse:
        """The response to a call that changes nothing."""
        return self.read(self.answer(value, root=root, headers=headers))


def id_in_path(text: str, *, thing: str) -> int:
    """The bigint that a path names. Problem: NotFound, for whatever is none."""
    number = int(text) if _ID.fullmatch(text) else 0
    if not 0 < number <= _LARGEST_ID:
        raise NotFound(thing=thing)
    return number

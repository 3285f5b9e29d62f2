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
from factoryos.dialects.store.headers import Shown, shown_by
from factoryos.dialects.store.renderers import document
from factoryos.kernel import api_keys, limits, user_tokens
from factoryos.kernel.actors import Actor
from factoryos.kernel.addresses import address_of
from factoryos.kernel.idempotency import Memory
from factoryos.kernel.models import ApiKey
from factoryos.kernel.problems import Invalid, NotFound, RateLimited, Unauthenticated
from factoryos.kernel.text import is_safe
from factoryos.kernel.transactions import Answer
from factoryos.kernel.user_tokens import Holder

FACE = "store"
WINDOW_SECONDS = 60
_ID = re.compile(r"[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Credential:
    """Whoever was believed: the actor, the name under which the calls are counted, and the token that was shown, if any."""

    actor: Actor
    counted_as: str
    token_id: int | None = None


class StoreView(FaceView):
    """A call under /v1. `self.actor` is the caller in the one factory that the credential belongs to.

    A subclass says what its calls are about (`faults`, by method), what they take (`takes`), and may offer other forms.
    """

    offers: ClassVar[tuple[str, ...]] = negotiation.DOCUMENTS
    faults: ClassVar[dict[str, Fault]] = {}  # method → the code of its refusals; reading, where nothing is said
    takes: ClassVar[dict[str, type[RequestSerializer]]] = {}  # method → the class that its body is
    may_be_empty: ClassVar[frozenset[str]] = frozenset()  # methods whose body may be left out
    credential: Credential
    form: str
    body: JsonObject

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.request: Any = request
        cast(Any, request).fault = self.faults.get(request.method or "", Fault.READING)
        self.enter(cast(FaceRequest, request))
        handler = self._handler(request)
        self.form = negotiation.form_of(request, offered=self.offers)
        if request.method in {"POST", "PUT", "DELETE"}:
            self.body = bodies.read(
                request, takes=self.takes.get(request.method), may_be_empty=request.method in self.may_be_empty
            )
        answered: HttpResponseBase = handler(request, **kwargs)
        return answered

    def enter(self, request: FaceRequest) -> None:
        """Believe the caller and count the call; who is not believed is counted by address.

        Problems: Unauthenticated, RateLimited.
        """
        try:
            self.credential = self.identify(request)
        except Unauthenticated:
            self._count(request, by_address(request))
            raise
        self.actor = request.actor = self.credential.actor
        self._count(request, self.principal_of(self.credential))

    def identify(self, request: HttpRequest) -> Credential:
        """A program's key, a person's token, or both: then both must be right, and the person acts.

        Problem: Unauthenticated, one and the same for whatever is missing or wrong.
        """
        shown = shown_by(request)
        is_person, is_program = bool(shown.user_id or shown.user_token), bool(shown.api_key)
        if not shown.store or not (is_person or is_program):
            raise Unauthenticated()
        program = _program(shown) if is_program else None
        person = _person(shown) if is_person else None
        if person is None:
            assert program is not None, "one of them is there"
            return Credential(program, counted_as=program.principal)
        counted_as = program.principal if program else f"token:{person.token_id}"
        return Credential(person.actor, counted_as=counted_as, token_id=person.token_id)

    def principal_of(self, credential: Credential) -> str:
        return credential.counted_as

    def _count(self, request: FaceRequest, principal: str) -> None:
        """By the published limit, wherever this runs: what a client was built against shall not differ in production."""
        assert request.dialect is not None, "a face's routes lie under its prefixes"
        request.allowance = limits.take_in_window(
            key=f"{FACE}:{principal}", limit=request.dialect.limit_per_minute, period_seconds=WINDOW_SECONDS
        )
        if request.allowance.exceeded:
            raise RateLimited(retry_after=request.allowance.retry_after)

    def _memory(self, request: HttpRequest, body: JsonObject) -> Memory | None:
        """Problem: Invalid, for a key that cannot be kept; which is no fault of what the call is about."""
        try:
            return super()._memory(request, body)
        except Invalid:
            cast(Any, request).fault = Fault.COMMON
            raise

    def read_body(self, request: HttpRequest) -> JsonObject:
        """Already read: a body that cannot be understood is refused before anybody asks for the role."""
        return self.body

    def answer(self, value: dict[str, Any], *, root: str, headers: dict[str, str] | None = None) -> Answer:
        """A success, in the form that was asked for. Always 200."""
        return document(value, root=root, form=self.form, headers=headers)

    def show(self, value: dict[str, Any], *, root: str, headers: dict[str, str] | None = None) -> FaceResponse:
        """The response to a call that changes nothing."""
        return self.read(self.answer(value, root=root, headers=headers))


def by_address(request: HttpRequest) -> str:
    """The name under which calls are counted of whom nobody knows."""
    return f"address:{address_of(request)}"


def _program(shown: Shown) -> Actor:
    return api_keys.actor_of(shown.api_key, kind=ApiKey.Kind.STORE_KEY, face=FACE, store_id=shown.store)


def _person(shown: Shown) -> Holder:
    """Problem: Unauthenticated, also for half a pair and for what is no user's id."""
    user_id = _number(shown.user_id)
    if not user_id or not shown.user_token:
        raise Unauthenticated()
    return user_tokens.holder_of(shown.user_token, user_id=user_id, store_id=shown.store, face=FACE)


def _number(text: str) -> int:
    """The bigint above 0 that a text spells; 0 for whatever is none."""
    number = int(text) if _ID.fullmatch(text) else 0
    return number if number <= _LARGEST_ID else 0


def id_in_path(text: str, *, thing: str) -> int:
    """The bigint that a path names. Problem: NotFound, for whatever is none."""
    if not (number := _number(text)):
        raise NotFound(thing=thing)
    return number


def ids_in_rest(text: str, *, thing: str) -> tuple[str, ...]:
    """What the rest of a path may name, to be tried in this order: all of it, then without the slash at its end.

    Problem: NotFound, for text that nothing can be called (control characters, which the database would not even look up).
    """
    if not is_safe(text):
        raise NotFound(thing=thing)
    return (text, text[:-1]) if text.endswith("/") and text != "/" else (text,)

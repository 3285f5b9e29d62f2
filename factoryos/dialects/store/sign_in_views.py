"""Signing in and out: a person's name and password for a token, good for thirty days or until it is given back."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.store import sign_in_requests as take
from factoryos.dialects.store.auth import Credential, StoreView, by_address
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.fields import milliseconds
from factoryos.kernel import user_tokens
from factoryos.kernel.guessing import person_with
from factoryos.kernel.models import Factory, User
from factoryos.kernel.problems import Unauthenticated


class Login(StoreView):
    """The one call without credentials: it is counted by address, and twice more by name (kernel/guessing.py).

    An Idempotency-Key has no effect: the answer holds a secret, which is kept nowhere.
    """

    faults: ClassVar[dict[str, Fault]] = {"POST": Fault.COMMON}
    takes: ClassVar[dict[str, Any]] = {"POST": take.LoginDto}

    def enter(self, request: FaceRequest) -> None:
        self._count(request, by_address(request))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        values = self.fields(take.LoginDto, self.body)
        name = values.get("email") or values["username"]
        user = person_with(request, username=name, password=values["password"])
        device = {name: values[name] for name in take.DEVICE if values.get(name)}
        token, expires_at = user_tokens.issue(user=user, device=device)
        answer = {
            "user_id": user.pk,
            "user_token": token,
            "expires": milliseconds(expires_at),
            "stores": stores_of(user),
        }
        return self.show(answer, root="loginDto", headers={"Cache-Control": "no-store"})


class Logout(StoreView):
    faults: ClassVar[dict[str, Fault]] = {"POST": Fault.COMMON}
    may_be_empty: ClassVar[frozenset[str]] = frozenset({"POST"})

    def identify(self, request: HttpRequest) -> Credential:
        """A key has no sign-in that could end. Problem: Unauthenticated."""
        credential = super().identify(request)
        if credential.token_id is None:
            raise Unauthenticated()
        return credential

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.no_query()
        assert self.credential.token_id is not None, "identify saw to it"
        user_tokens.revoke(self.credential.token_id)
        return self.show({}, root="logoutDto")


def stores_of(user: User) -> list[Mapping[str, Any]]:
    """The stores that somebody may call about, by name.

    There are no groups of stores here, so each is the master of its own. Its language is the one that everything here is
    written in. A currency that nobody entered is null.
    """
    found = Factory.objects.filter(memberships__user=user).exclude(store_id=None).order_by("name", "store_id")
    return [
        {
            "storeId": factory.store_id,
            "storeGroupId": None,
            "isMaster": True,
            "name": factory.name,
            "currency": factory.currency or None,
            "language": settings.LANGUAGE_CODE,
        }
        for factory in found
    ]

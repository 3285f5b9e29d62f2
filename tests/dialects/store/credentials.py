"""Credentials of the store API to call with, and the one path where it shows at once whether they are believed."""

from datetime import timedelta
from typing import Any

from django.test import Client

from factoryos.kernel import clock
from factoryos.kernel.api_keys import create_api_key, digest_of
from factoryos.kernel.models import ApiKey, Factory, User, UserToken
from factoryos.kernel.user_tokens import issue
from tests.callers import a_member
from tests.floor import a_factory

NOWHERE = "/v1/nowhere"  # 404 for whoever is believed, 401 for everybody else


def a_store(store_id: str = "S-1001", **facts: Any) -> Factory:
    return a_factory(store_id=store_id, **facts)


def a_key(store: Factory, *roles: str, **facts: Any) -> str:
    wanted: dict[str, Any] = {"kind": ApiKey.Kind.STORE_KEY, "factory": store} | facts
    return create_api_key(name="Till", roles=roles or ("admin",), **wanted)[1]


def a_token(user: User) -> str:
    return issue(user=user, device={})[0]


def program(store: Factory, *roles: str) -> dict[str, str]:
    """The headers of a program with a key of this store."""
    return {"store": store.store_id or "", "api_key": a_key(store, *roles)}


def person(store: Factory, user: User | None = None) -> dict[str, str]:
    """The headers of somebody who signed in and is a member of this store."""
    user = user or a_member(store, "admin")
    return {"store": store.store_id or "", "user_id": str(user.pk), "user_token": a_token(user)}


def call(path: str = NOWHERE, *, method: str = "GET", **headers: str) -> Any:
    """One call with these headers, their names as they are written here."""
    return Client(raise_request_exception=False).generic(method, path, headers=headers)


def let_in(**headers: str) -> bool:
    """Whether these headers are believed."""
    status: int = call(**headers).status_code
    assert status in {401, 404}
    return status == 404


def expire(secret: str) -> None:
    UserToken.objects.filter(digest=digest_of(secret)).update(expires_at=clock.now() - timedelta(seconds=1))

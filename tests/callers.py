"""People with tokens, calling the server over HTTP: for tests of what a face answers."""

import json
import time
from itertools import count
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.test import Client

from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import Factory, Membership, User

_numbers = count(1)


def a_user(**facts: Any) -> User:
    number = next(_numbers)
    return User.objects.create(
        **{"username": f"person-{number}", "name": f"Person {number}", "supabase_id": uuid7()} | facts
    )


def a_member(factory: Factory, *roles: str) -> User:
    """Somebody with these roles in the factory."""
    user = a_user(name=" ".join(roles))
    Membership.objects.create(user=user, factory=factory, roles=list(roles))
    return user


def token(user: User | None = None, **claims: Any) -> str:
    """A token that Supabase might have made for `user`; claims may be bent, None leaves one out."""
    subject = str(user.supabase_id) if user else str(UUID(int=next(_numbers)))
    payload = {
        "sub": subject,
        "aud": settings.SUPABASE_JWT_AUDIENCE,
        "iss": settings.SUPABASE_JWT_ISSUER,
        "exp": int(time.time()) + 600,
        "email": f"{subject[:8]}@example.com",
        "role": "authenticated",
    } | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, settings.SUPABASE_JWT_SECRETS[0], algorithm="HS256")


class Caller:
    """A client of the API with one credential. Bodies are Python values, or the raw text to be sent as it is."""

    def __init__(self, bearer: str | None = None, *, base: str = "") -> None:
        self.client = Client(headers={"authorization": f"Bearer {bearer}"} if bearer else {})
        self.base = base

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(self.base + path, headers=_named(headers))

    def head(self, path: str = "", **headers: str) -> Any:
        return self.client.head(self.base + path, headers=_named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, (str, bytes)) else b"" if body is None else json.dumps(body)
        kind = headers.pop("content_type", "application/json")
        return self.client.generic(method, self.base + path, raw, content_type=kind, headers=_named(headers))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def calling(factory: Factory, *roles: str) -> Caller:
    """A caller with these roles (admin without any), under the factory's base path."""
    user = a_member(factory, *(roles or ("admin",)))
    return Caller(token(user), base=f"/api/factories/{factory.slug}")

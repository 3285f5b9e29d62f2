"""Credentials of our own making: 256 random bits, shown once, kept as a prefix and a SHA-256."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from factoryos.kernel.models import ApiKey, Factory, User

_MARKS = {
    ApiKey.Kind.API_KEY: "fos_erp_",
    ApiKey.Kind.PERSONAL_ACCESS_TOKEN: "fos_pat_",
    ApiKey.Kind.STORE_KEY: "fos_store_",
}


def digest_of(secret: str) -> str:
    """What is stored and looked up. A plain SHA-256 is right for 256 random bits (nothing to guess)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_api_key(
    *,
    kind: ApiKey.Kind,
    name: str,
    roles: Iterable[str],
    factory: Factory | None = None,
    user: User | None = None,
    expires_at: datetime | None = None,
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not to be had again. `secret` is given for demo keys only."""
    shown = secret or _MARKS[kind] + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        kind=kind,
        name=name,
        prefix=shown[:14],
        digest=digest_of(shown),
        factory=factory,
        user=user,
        roles=sorted(set(roles)),
        expires_at=expires_at,
    )
    return key, shown

"""Credentials of our own making: 256 random bits, shown once, kept as a prefix and a SHA-256."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.directory import TENANT_COLUMNS, tenant_of
from factoryos.kernel.models import ApiKey, Factory, User
from factoryos.kernel.problems import Unauthenticated

_MARKS = {
    ApiKey.Kind.API_KEY: "fos_erp_",
    ApiKey.Kind.PERSONAL_ACCESS_TOKEN: "fos_pat_",
    ApiKey.Kind.STORE_KEY: "fos_store_",
}

_USE_TOLD_EVERY = timedelta(minutes=1)

_FIND = f"""
SELECT key.id, key.uuid, key.name, key.roles, key.last_used_at, {TENANT_COLUMNS}
FROM kernel_apikey AS key JOIN kernel_factory AS factory ON factory.id = key.factory_id
WHERE key.digest = %s AND key.kind = %s AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > %s)
    AND (%s::text IS NULL OR factory.store_id = %s)
"""
# Skips a row that somebody holds: a call does not wait because its key is being edited, or used by another call.
_USED = """
UPDATE kernel_apikey SET last_used_at = %s
WHERE id = (SELECT id FROM kernel_apikey WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
"""


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


def actor_of(secret: str, *, kind: ApiKey.Kind, face: str, store_id: str | None = None) -> Actor:
    """The actor that a factory's key of this kind is, now. When it was last used is kept to the minute.

    A caller who names the store as well is believed only together with it.
    Problem: Unauthenticated, for a key that is unknown, revoked, expired, of another kind or another store, without
    saying which.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [digest_of(secret), kind, now, store_id, store_id])
        row = cursor.fetchone()
        if row is None:
            raise Unauthenticated()
        key_id, uuid, name, roles, last_used_at = row[:5]
        if last_used_at is None or now - last_used_at >= _USE_TOLD_EVERY:
            cursor.execute(_USED, [now, key_id])
    return Actor(
        kind="api_key", id=str(uuid), name=name, roles=frozenset(roles), factory=tenant_of(row[5:]), face=face,
        credential="api_key",
    )  # fmt: skip

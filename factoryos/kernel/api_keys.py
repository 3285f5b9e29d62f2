"""Credentials of our own making: 256 random bits, shown once, kept as a prefix and a SHA-256."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

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
# A key that names a person follows that person's places: all of them, or the one in the factory that it names as well.
_FIND_PLACES = f"""
SELECT key.id, key.uuid, key.name, key.roles, key.last_used_at, person.uuid, person.name, person.username, membership.roles,
    {TENANT_COLUMNS}
FROM kernel_apikey AS key
LEFT JOIN kernel_user AS person ON person.id = key.user_id
LEFT JOIN kernel_membership AS membership
    ON membership.user_id = key.user_id AND (key.factory_id IS NULL OR membership.factory_id = key.factory_id)
JOIN kernel_factory AS factory
    ON factory.id = CASE WHEN key.user_id IS NULL THEN key.factory_id ELSE membership.factory_id END
WHERE key.digest = %s AND key.kind = %s AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > %s)
    AND (key.user_id IS NULL OR person.is_active)
ORDER BY factory.id
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
        _tell_use(key_id, last_used_at, now=now)
    return Actor(
        kind="api_key", id=str(uuid), name=name, roles=frozenset(roles), factory=tenant_of(row[5:]), face=face,
        credential="api_key",
    )  # fmt: skip


def actors_of(secret: str, *, kind: ApiKey.Kind, face: str) -> list[Actor]:
    """Who a key of this kind is in each factory where it is somebody, now, by the factory's id; at least one.

    A factory's key has the roles that it was given. A person's has those of the person's memberships as they are now,
    and none beyond its own where it has any; `admin` on one side is as much as the other side has.
    Problem: Unauthenticated, for a key that is unknown, revoked, expired or of another kind, of somebody disabled, or of
    somebody who belongs to none of its factories any more, without saying which.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_FIND_PLACES, [digest_of(secret), kind, now])
        rows = cursor.fetchall()
    if not rows:
        raise Unauthenticated()
    _tell_use(rows[0][0], rows[0][4], now=now)
    return [_actor_at(row, face=face) for row in rows]


def _actor_at(row: Sequence[Any], *, face: str) -> Actor:
    _, uuid, key_name, key_roles, _, person, name, username, place_roles = row[:9]
    if person is None:
        return Actor(
            kind="api_key", id=str(uuid), name=key_name, roles=frozenset(key_roles), factory=tenant_of(row[9:]), face=face,
            credential="api_key",
        )  # fmt: skip
    return Actor(
        kind="user", id=str(person), name=name or username, roles=_common(frozenset(key_roles), frozenset(place_roles)),
        factory=tenant_of(row[9:]), face=face, credential="token",
    )  # fmt: skip


def _common(of_key: frozenset[str], of_place: frozenset[str]) -> frozenset[str]:
    """What a person may do by a key: `admin` may everything, so it never takes away what the other side allows."""
    if not of_key or "admin" in of_key:
        return of_place
    return of_key if "admin" in of_place else of_key & of_place


def _tell_use(key_id: int, last_used_at: datetime | None, *, now: datetime) -> None:
    """When a key was last used is kept to the minute."""
    if last_used_at is None or now - last_used_at >= _USE_TOLD_EVERY:
        with connection.cursor() as cursor:
            cursor.execute(_USED, [now, key_id])

"""What signing in gives a person to call with: 256 random bits, shown once, dead as soon as the password is another."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.api_keys import digest_of
from factoryos.kernel.directory import TENANT_COLUMNS, tenant_of
from factoryos.kernel.models import User, UserToken
from factoryos.kernel.problems import Unauthenticated

GOOD_FOR = timedelta(days=30)
_MARK = "fut_"

_FIND = f"""
SELECT token.id, token.password_stamp, person.password, person.uuid, person.name, person.username, membership.roles,
    {TENANT_COLUMNS}
FROM kernel_usertoken AS token
JOIN kernel_user AS person ON person.id = token.user_id
JOIN kernel_membership AS membership ON membership.user_id = person.id
JOIN kernel_factory AS factory ON factory.id = membership.factory_id
WHERE token.digest = %s AND token.user_id = %s AND factory.store_id = %s
    AND token.revoked_at IS NULL AND token.expires_at > %s AND person.is_active
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever shows a token: the row of the token, and who they are in the store that they named."""

    token_id: int
    actor: Actor


def issue(*, user: User, device: Mapping[str, str]) -> tuple[str, datetime]:
    """A new token for somebody whose password has just been checked, and its end. It is not to be had again.

    The stamp is of the password as it was checked: one that is changed meanwhile makes the token worthless.
    """
    secret, expires_at = _MARK + secrets.token_urlsafe(32), clock.now() + GOOD_FOR
    UserToken.objects.create(
        user=user,
        digest=digest_of(secret),
        password_stamp=_stamp(user.password),
        device=dict(device),
        expires_at=expires_at,
    )
    return secret, expires_at


def holder_of(secret: str, *, user_id: int, store_id: str, face: str) -> Holder:
    """Who calls with this token: its owner, with the roles held in the store as they are now. One query.

    Problem: Unauthenticated for a token that is unknown, expired, revoked, of another person, of somebody disabled or
    no member of the store, or older than the password, without saying which.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [digest_of(secret), user_id, store_id, clock.now()])
        row = cursor.fetchone()
    if row is None or not compare_digest(row[1], _stamp(row[2])):
        raise Unauthenticated()
    actor = Actor(
        kind="user", id=str(row[3]), name=row[4] or row[5], roles=frozenset(row[6]), factory=tenant_of(row[7:]), face=face,
        credential="token",
    )  # fmt: skip
    return Holder(row[0], actor)


def revoke(token_id: int) -> None:
    """Sign out: the token is worth nothing from now on."""
    UserToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=clock.now())


def _stamp(password: str) -> str:
    """What tells that the stored password is still the same, and nothing else about it."""
    return hashlib.sha256(password.encode()).hexdigest()

"""Supabase's JSON Web Tokens: which ones are believed. The algorithm and the keys come from settings, never from the token."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from factoryos.kernel import clock
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Unauthenticated

LEEWAY_SECONDS = 30
SHORTEST_SECRET = 32  # bytes; factoryos.checks refuses to start with less
_ASYMMETRIC = frozenset({"RS256", "ES256"})
# Supabase signs its public keys with the same secret: they are no person's token.
_NOT_PEOPLE = frozenset({"anon", "service_role"})


@dataclass(frozen=True, slots=True)
class Claims:
    """The two things of a token that count: who, and an address to show. Roles are read from our own rows."""

    subject: UUID
    email: str
    expires_at: int  # Unix seconds


def verify(token: str) -> Claims:
    """The claims of a token that is genuine, ours and in time; Unauthenticated otherwise, without saying why."""
    trusted = (*settings.SUPABASE_JWT_SECRETS, settings.SUPABASE_JWT_ALGORITHM, settings.SUPABASE_JWT_ISSUER,
               settings.SUPABASE_JWT_AUDIENCE, settings.SUPABASE_JWKS_FILE, settings.SUPABASE_JWKS_URL)  # fmt: skip
    claims = _genuine(token, trusted)
    if claims.expires_at + LEEWAY_SECONDS <= clock.now().timestamp():
        raise Unauthenticated()
    return claims


@lru_cache(maxsize=4096)
def _genuine(token: str, trusted: tuple[str, ...]) -> Claims:
    """The claims of a genuine token. What was genuine stays so under the same settings; only its time runs out.

    A refusal is an exception and thus never kept.
    """
    options: Any = {"require": ["exp", "sub", "aud", "iss"], "verify_signature": True}
    for key in _keys_for(token):
        try:
            payload = jwt.decode(
                token,
                key,
                algorithms=[settings.SUPABASE_JWT_ALGORITHM],
                audience=settings.SUPABASE_JWT_AUDIENCE,
                issuer=settings.SUPABASE_JWT_ISSUER,
                leeway=LEEWAY_SECONDS,
                options=options,
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        subject = parse_uuid(payload["sub"])
        if subject is None or payload.get("role") in _NOT_PEOPLE or payload.get("is_anonymous") is True:
            break
        email = payload.get("email")
        return Claims(subject, email if isinstance(email, str) else "", int(payload["exp"]))
    raise Unauthenticated()


def _keys_for(token: str) -> list[Any]:
    """The keys that may have signed this token: every configured secret (rotation), or the one public key it names."""
    if settings.SUPABASE_JWT_ALGORITHM not in _ASYMMETRIC:
        return list(settings.SUPABASE_JWT_SECRETS)
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        return []
    keys = _public_keys(settings.SUPABASE_JWKS_FILE, settings.SUPABASE_JWKS_URL)
    return [key for name, key in keys.items() if name == kid]


@lru_cache(maxsize=4)
def _public_keys(file: str, url: str) -> dict[str, Any]:
    """The fixed set of public keys by `kid`, read once a process: from a file, else fetched (restart to rotate)."""
    if file:
        document = json.loads(Path(file).read_text())
    elif url:
        document = jwt.PyJWKClient(url, timeout=5).fetch_data()
    else:
        return {}
    keys = jwt.PyJWKSet.from_dict(document).keys
    return {key.key_id: key for key in keys if key.key_id and key.algorithm_name == settings.SUPABASE_JWT_ALGORITHM}

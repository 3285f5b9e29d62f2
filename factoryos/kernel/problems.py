"""How the core says no: a code, a kind and named data. No HTTP, no prose of a face, no vendor."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of trouble it is; a face turns each kind into its own status."""

    INVALID = "invalid"  # the request itself is wrong
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"  # no such thing, or not yours
    CONFLICT = "conflict"  # a fine request at the wrong moment
    STALE = "stale"  # the caller saw an older version
    REUSED = "reused"  # an idempotency key with another body
    BUSY = "busy"  # try again in a moment
    LIMITED = "limited"  # too many requests
    # What goes wrong on the way, before any verb is asked.
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # a body in a language that is not spoken here
    NOT_ALLOWED = "not_allowed"  # the place exists, the method does not
    NOT_ACCEPTABLE = "not_acceptable"  # nothing the caller could read
    INTERNAL = "internal"  # our own fault


class Problem(Exception):
    """A refusal. `code` is stable and machine-readable, `data` its named facts, `text` plain English for people.

    `remembered` says whether an idempotency key keeps this refusal: only what a verb refused is kept, for what was
    refused earlier may be mended and sent again under the same key.
    """

    code = "internal"
    kind = Kind.CONFLICT
    template = "{code}"

    def __init__(self, **data: Any) -> None:
        self.data: Mapping[str, Any] = data
        super().__init__(self.code)

    @property
    def remembered(self) -> bool:
        return self.kind is Kind.CONFLICT

    @property
    def text(self) -> str:
        return self.template.format(code=self.code, **self.data)


class Unauthenticated(Problem):
    code, kind, template = "unauthenticated", Kind.UNAUTHENTICATED, "Unauthorized"


class RoleMissing(Problem):
    """The actor's roles do not allow the verb. Data: verb, any_of (role names, sorted)."""

    code, kind, template = "role_missing", Kind.FORBIDDEN, "This needs one of the roles {roles}"

    def __init__(self, *, verb: str, any_of: list[str]) -> None:
        super().__init__(verb=verb, any_of=any_of, roles=", ".join(any_of))


class NotFound(Problem):
    """No such thing, or none that this actor may see: the two are told apart by nothing. Data: thing."""

    code, kind, template = "not_found", Kind.MISSING, "{thing} not found"

    def __init__(self, *, thing: str) -> None:
        super().__init__(thing=thing)


class Invalid(Problem):
    """Fields of the request are wrong. Data: messages (list of texts), field (the first wrong field, or None)."""

    code, kind, template = "validation_failed", Kind.INVALID, "{joined}"

    def __init__(self, *, messages: list[str], field: str | None = None) -> None:
        super().__init__(messages=messages, field=field, joined="; ".join(messages))


class Duplicate(Problem):
    """A name that is taken already. Data: field, value."""

    code, template = "duplicate", "{field} {value} is already taken"

    def __init__(self, *, field: str, value: str) -> None:
        super().__init__(field=field, value=value)


class Stale(Problem):
    """The caller's If-Match names an older version. Data: current (version number)."""

    code, kind, template = "stale", Kind.STALE, "It was changed meanwhile; the current version is {current}"


class Busy(Problem):
    """A lock was not had in time, after all retries. Never remembered."""

    code, kind, template = "busy", Kind.BUSY, "Busy, try again in a moment"


class KeyInProgress(Problem):
    code, template = "idempotency_in_progress", "The first call with this Idempotency-Key is still running"

    @property
    def remembered(self) -> bool:
        return False


class KeyReused(Problem):
    code, kind = "idempotency_key_reused", Kind.REUSED
    template = "This Idempotency-Key was used with another body"


class RateLimited(Problem):
    """Too many requests. Data: retry_after (whole seconds)."""

    code, kind, template = "rate_limited", Kind.LIMITED, "Too many requests, try again in {retry_after} s"

"""Headers that the published description mentions again and again, in and out."""

from factoryos.dialects.base.operations import Json


def _header(text: str, *, kind: str = "string", always: bool = False) -> Json:
    return {"description": text, "required": always, "schema": {"type": kind}}


IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeated call safe: the same key and body give the first answer again, for 7 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": 'The `ETag` of the version you saw, such as `"2"`. A stale one is refused with 412.',
    "schema": {"type": "string"},
}
LAST_EVENT_ID: Json = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The `id` of the last event you had: what you missed since is told first.",
    "schema": {"type": "string", "maxLength": 255},
}
EVERY_CALL: dict[str, Json] = {
    "Store": {
        "name": "store",
        "in": "header",
        "required": False,
        "description": "The store's id. Belongs to the credential; only signing in needs none.",
        "schema": {"type": "string"},
    },
    "XFactory": {
        "name": "X-Factory",
        "in": "header",
        "required": False,
        "description": "The factory's slug: for people who belong to several. An API key has one factory and needs none.",
        "schema": {"type": "string"},
    },
}
HEADERS: dict[str, Json] = {
    "X-Request-Id": _header("The number under which this request is logged.", always=True),
    "X-RateLimit-Limit": _header("Calls allowed a minute, where a limit is set.", kind="integer"),
    "X-RateLimit-Remaining": _header("Calls left in this minute.", kind="integer"),
    "X-RateLimit-Reset": _header("When the minute ends, in Unix seconds.", kind="integer"),
    "Idempotency-Replayed": _header("`true` when this is the first answer again."),
    "ETag": _header('The version of the object, in quotes: `"2"`.', always=True),
    "Location": _header("Where the new thing is.", always=True),
    "Retry-After": _header("Seconds to wait.", kind="integer", always=True),
    "WWW-Authenticate": _header("`Bearer`.", always=True),
}

"""Every code that this face answers with: its category and its sentence. Nothing is refused or warned of in other words.

Three families: what is wrong with a request (it stores nothing), with a row (only that row fails), and what is odd about a
row that was taken.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from factoryos.kernel.problems import Kind, Problem

MOST_ERRORS: Final = 20  # of one row
_LONGEST_NAME = 100


class Entry(NamedTuple):
    """A line of the catalogue. `template` takes `field` and the facts that are given with it."""

    code: str
    category: str
    template: str
    kind: Kind | None = None  # of a request's refusal: HTTP's status follows from it


# --- of a request -----------------------------------------------------------------------------------------------------
NOT_JSON = Entry("DI_E_10001", "REQUEST", "the body is not a JSON object: {reason}", Kind.INVALID)
ENVELOPE = Entry("DI_E_10002", "REQUEST", "{field} {fault}", Kind.INVALID)
DATA = Entry("DI_E_10003", "REQUEST", "data must be an array of at least one row", Kind.INVALID)
OPERATION = Entry("DI_E_10004", "REQUEST", "operationType must be UPSERT or APPEND", Kind.INVALID)
MEDIA_TYPE = Entry(
    "DI_E_10005", "REQUEST", "the body must be application/json in UTF-8, without Content-Encoding", Kind.UNSUPPORTED
)
TOKEN = Entry("DI_E_10101", "AUTH", "a valid personal access token is required", Kind.UNAUTHENTICATED)
ROLE = Entry("DI_E_10102", "AUTH", "this token may not write", Kind.FORBIDDEN)
OBJECT = Entry("DI_E_10201", "REQUEST", "there is no such object", Kind.MISSING)
SOLUTION = Entry("DI_E_10202", "REQUEST", "there is no such solution", Kind.MISSING)
METHOD = Entry("DI_E_10203", "REQUEST", "this method is not possible here", Kind.NOT_ALLOWED)
NOTHING_FOUND = Entry("DI_E_10204", "REQUEST", "nothing was found", Kind.MISSING)
QUERY = Entry("DI_E_10204", "REQUEST", "{field} {fault}", Kind.INVALID)
BYTES = Entry("DI_E_10301", "LIMIT", "the body is larger than {limit} bytes", Kind.TOO_LARGE)
ROWS = Entry("DI_E_10302", "LIMIT", "data holds more than {limit} rows", Kind.TOO_LARGE)
RATE = Entry("DI_E_10303", "LIMIT", "too many requests, try again in {retry_after} s", Kind.LIMITED)
BUSY = Entry("DI_E_10304", "LIMIT", "busy, try again in a moment; nothing was stored", Kind.BUSY)
INTERNAL = Entry("DI_E_10901", "INTERNAL", "internal error; nothing was stored", Kind.INTERNAL)

# --- of a row ---------------------------------------------------------------------------------------------------------
NOT_A_ROW = Entry("DI_E_20001", "SCHEMA", "the row must be an object")
REQUIRED = Entry("DI_E_20002", "SCHEMA", "{field} is required")
NOT_A_WHOLE_NUMBER = Entry("DI_E_20003", "TYPE", "{field} must be a whole number")
NOT_A_STRING = Entry("DI_E_20003", "TYPE", "{field} must be a string")
BLANK = Entry("DI_E_20004", "VALUE", "{field} must not be blank")
TOO_LONG = Entry("DI_E_20005", "VALUE", "{field} must not be longer than 255 characters")
UNKNOWN_COLUMN = Entry("DI_E_20006", "SCHEMA", "{field} is not a column")
COLUMN_TWICE = Entry("DI_E_20007", "SCHEMA", "{field} occurs more than once")
FORBIDDEN_CHARACTER = Entry("DI_E_20008", "VALUE", "{field} must not hold control characters or half surrogate pairs")
OUT_OF_RANGE = Entry("DI_E_20101", "VALUE", "{field} must be between 0 and 9223372036854775807")
TIMESTAMP_LAYOUT = Entry("DI_E_20201", "TYPE", "{field} must have the form YYYY-MM-DD HH:MM:SS")
NOT_A_TIME = Entry("DI_E_20202", "VALUE", "{field} is not a calendar date and time")
OTHER_CONTENT = Entry("DI_E_30001", "CONFLICT", "a row with this key is stored with other content")
# One text for a location that is not there and one that is not the sender's: nobody learns which there are.
LOCATION = Entry("DI_E_40001", "REFERENCE", "{field} is not a location that this token may write")

# --- warnings ---------------------------------------------------------------------------------------------------------
WARNING: Final = "WARNING"
FURTHER = Entry("DI_W_00000", WARNING, "{count} further warnings are not shown")
SUPERSEDED = Entry("DI_W_00001", WARNING, "a later row of this request has the same key and took its place")
UNCHANGED = Entry("DI_W_00002", WARNING, "identical to what is stored")
END_BEFORE_START = Entry("DI_W_00003", WARNING, "{field} is before the start")
PRODUCED_ABOVE_ORDERED = Entry("DI_W_00004", WARNING, "{field} is above ordered_units")
AHEAD = Entry("DI_W_00005", WARNING, "{field} is more than a day ahead; it stays current until time passes it")
UNKNOWN_WORD = Entry("DI_W_00006", WARNING, "{field} is not a word that is recognised; it is kept as it is")
OLDER = Entry("DI_W_00007", WARNING, "older than the current version; stored as history")

WARNINGS: Final = {
    entry.code: entry
    for entry in (SUPERSEDED, UNCHANGED, END_BEFORE_START, PRODUCED_ABOVE_ORDERED, AHEAD, UNKNOWN_WORD, OLDER)
}


def told(entry: Entry, field: str | None = None, **facts: object) -> dict[str, Any]:
    """`entry` as an answer shows it: `{code, category, message, field}`. `field` is shown by `shown`."""
    message = entry.template.format(field=field, **facts)
    return {"code": entry.code, "category": entry.category, "message": message, "field": field}


def shown(name: str) -> str:
    """The name of an unknown field, fit for an answer: not endless, and what cannot be shown is escaped."""
    short = name[:_LONGEST_NAME]
    return short if short.isprintable() else short.encode("unicode_escape").decode()


class Refused(Problem):
    """A request that is refused as a whole. Data: errors (as `told`), message (of the first), field, and its facts.

    `code` is that of the catalogue, `kind` gives the status. `others` are further fields of which the same is said.
    """

    template = "{message}"

    def __init__(self, entry: Entry, *, field: str | None = None, others: Sequence[str] = (), **facts: object) -> None:
        assert entry.kind is not None, "this is no refusal of a request"
        self.entry, self.code, self.kind = entry, entry.code, entry.kind
        errors = [told(entry, name, **facts) for name in (field, *others)]
        super().__init__(errors=errors, message=errors[0]["message"], field=field, **facts)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What the answer's `errors` show."""
        errors: list[dict[str, Any]] = self.data["errors"]
        return errors

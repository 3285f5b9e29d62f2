"""How a dialect describes its calls: one row an operation, from which the published OpenAPI description is drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factoryos.dialects.base.answers import NO_CONTENT
from factoryos.dialects.base.requests import QueryRequest, RequestSerializer

Json = dict[str, Any]
Examples = Mapping[str, Json]  # name → {"value": …} as OpenAPI has them


def ref(name: str) -> Json:
    """A reference to the schema component `name`."""
    return {"$ref": f"#/components/schemas/{name}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A success. `schema` is a component's name or a schema; `media` holds other forms than JSON that may be asked for."""

    text: str
    schema: str | Json = field(default_factory=dict)  # without a meaning where the status is 204
    status: int = 200
    headers: tuple[str, ...] = ()  # names of header components
    examples: Examples = field(default_factory=dict)
    media: tuple[str, ...] = ()
    kind: str = "application/json"  # the media type of what `schema` describes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path."""

    id: str
    tag: str
    summary: str
    reply: Reply
    also: tuple[Reply, ...] = ()  # successes with another status
    text: str = ""  # the rules, in Markdown
    verbs: tuple[str, ...] = ()  # the actor needs the role of one of them; without any, every member may
    who: str = ""  # instead of the roles, where there is more to say
    takes: type[RequestSerializer] | None = None
    query: type[QueryRequest] | None = None
    examples: Examples = field(default_factory=dict)  # of the body
    refuses: tuple[str, ...] = ()  # codes beyond those that every call may answer
    versioned: bool = False  # whether If-Match is heard
    changes_by_itself: bool = False  # changes something without taking a body
    may_be_empty: bool = False  # whether the body may be left out
    resumes: bool = False  # whether Last-Event-ID is heard

    @property
    def changes(self) -> bool:
        """Whether it changes something: it takes a body, or has nothing to answer, or says so itself."""
        return self.takes is not None or self.reply.status == NO_CONTENT or self.changes_by_itself


def _status_and_code(status: int, codes: Sequence[str]) -> Json:
    return {"statusCode": {"const": status}, "code": {"enum": list(codes)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Everything the published description says about one dialect. `operations` is keyed by `POST /api/…/{name}`."""

    operations: Mapping[str, Operation]
    schemas: Mapping[str, Json]
    path_parameters: Mapping[str, Json]
    security: tuple[str, Json]  # the name of the scheme, and the scheme
    envelope: str  # the schema component of every refusal
    status_of_code: Mapping[str, int]
    meaning_of_code: Mapping[str, str]
    any_call_refuses: tuple[str, ...]
    any_change_refuses: tuple[str, ...]
    header_parameters: tuple[str, ...] = ()  # names of shared parameters that every call takes
    # What the envelope holds of a refusal with this status and one of these codes, as the properties of a schema.
    refusal: Callable[[int, Sequence[str]], Json] = _status_and_code
    shown_code: Mapping[str, str] = field(default_factory=dict)  # how a code is spelled, where it is not its name
    forms: tuple[str, ...] = ("application/json",)  # the media types of bodies and answers
    prefix: str = ""  # of the components that refusals are; two dialects tell one code in two envelopes

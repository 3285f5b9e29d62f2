"""Drawing the OpenAPI description from the dialects' tables: DRF finds the routes, the tables say what they do."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.module_loading import import_string
from drf_spectacular.drainage import error
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from factoryos.dialects.base.answers import NO_CONTENT
from factoryos.dialects.base.openapi_fields import component_name, nested_in, property_of, schema_of
from factoryos.dialects.base.openapi_shared import EVERY_CALL, HEADERS, IDEMPOTENCY_KEY, IF_MATCH, LAST_EVENT_ID
from factoryos.dialects.base.operations import Description, Json, Operation, Reply, ref
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.kernel.permissions import VERB_ROLES

JSON = "application/json"
_MOST_IN_A_NAME = 2  # codes of a refusal that is a component of its own, as many operations have it
_LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")  # in every answer where limits are set


def description_of(path: str) -> Description | None:
    """The table of the dialect that owns `path`. None: this path is not published."""
    # By name, as urlconfs are: the base knows no face.
    dialect = import_string("factoryos.dialects.registry.dialect_of")(path)
    if dialect is None or dialect.description is None:
        return None
    found: Description = import_string(dialect.description)
    return found


def as_tabled(result: Json, **kwargs: Any) -> Json:
    """Order the paths as the tables do: routes are ordered for speed, which is nobody's business but ours."""
    places: dict[str, int] = {}
    for description in filter(None, map(description_of, result["paths"])):
        for row in description.operations:
            places.setdefault(row.partition(" ")[2], len(places))
    return {**result, "paths": dict(sorted(result["paths"].items(), key=lambda item: places[item[0]]))}


class FaceSchema(AutoSchema):
    """Every view has one; it turns the row of its route and method into an OpenAPI operation."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Json | None:
        description = description_of(path)
        if description is None:
            return None
        row = description.operations.get(f"{method.upper()} {path}")
        if row is None:
            error(f"{method.upper()} {path} is served but not described")
            return None
        return _Drawing(description, row, registry).operation(path)


class _Drawing:
    """One operation in the making; components that it refers to are registered on the way."""

    def __init__(self, description: Description, row: Operation, registry: ComponentRegistry) -> None:
        self.description, self.row, self.registry = description, row, registry
        for name, schema in description.schemas.items():
            self._component(ResolvedComponent.SCHEMA, name, schema)

    def operation(self, path: str) -> Json:
        row = self.row
        scheme, definition = self.description.security
        self._component(ResolvedComponent.SECURITY_SCHEMA, scheme, definition)
        drawn: Json = {
            "operationId": row.id,
            "tags": [row.tag],
            "summary": row.summary,
            "description": "\n\n".join(part for part in (_who(row), row.text) if part),
            "parameters": [*self._path_parameters(path), *self._query_parameters(), *self._header_parameters()],
            "security": [{scheme: []}],
        }
        if row.takes is not None:
            content: Json = {"schema": self._request(row.takes())}
            if row.examples:
                content["examples"] = dict(row.examples)
            drawn["requestBody"] = {"required": not row.may_be_empty, "content": self._in_every_form(content)}
        successes = {str(reply.status): self._success(reply) for reply in (row.reply, *row.also)}
        drawn["responses"] = {**successes, **self._refusals()}
        return drawn

    def _component(self, kind: str, name: str, content: Any) -> Json:
        component = ResolvedComponent(name=name, type=kind, schema=content, object=name)  # type: ignore[no-untyped-call]
        # The registry compares names only: a dialect would be told in the words of another.
        if component in self.registry and self.registry[component.key].schema != content:
            error(f"two different {kind} are called {name}")
        return self._registered(component)

    def _registered(self, component: ResolvedComponent) -> Json:
        """Two things of one name are warned about, and so fail the build."""
        self.registry.register_on_missing(component)
        reference: Json = component.ref
        return reference

    def _request(self, serializer: RequestSerializer) -> Json:
        for inner in nested_in(serializer):
            self._request(inner)
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=component_name(serializer),
            type=ResolvedComponent.SCHEMA,
            schema=schema_of(serializer),
            object=type(serializer),
        )
        return self._registered(component)

    def _path_parameters(self, path: str) -> list[Json]:
        return [
            {"name": name, "in": "path", "required": True, **parameter}
            for name, parameter in self.description.path_parameters.items()
            if f"{{{name}}}" in path
        ]

    def _query_parameters(self) -> list[Json]:
        if self.row.query is None:
            return []
        parameters = []
        for name, field in self.row.query().fields.items():
            schema = property_of(field)
            parameter = {"name": name, "in": "query", "required": field.required, "schema": schema}
            if text := schema.pop("description", None):
                parameter["description"] = text
            parameters.append(parameter)
        return parameters

    def _header_parameters(self) -> list[Json]:
        wanted = [(name, EVERY_CALL[name]) for name in self.description.header_parameters]
        wanted += [("IdempotencyKey", IDEMPOTENCY_KEY)] if self.row.changes else []
        wanted += [("IfMatch", IF_MATCH)] if self.row.changes and self.row.versioned else []
        wanted += [("LastEventId", LAST_EVENT_ID)] if self.row.resumes else []
        return [self._component(ResolvedComponent.PARAMETER, name, content) for name, content in wanted]

    def _success(self, reply: Reply) -> Json:
        names = [*reply.headers, *(["Idempotency-Replayed"] if self.row.changes else [])]
        if reply.status == NO_CONTENT:
            return {"description": reply.text, "headers": self._headers([*names, *_LIMITS])}
        content: Json = {"schema": ref(reply.schema) if isinstance(reply.schema, str) else reply.schema}
        if reply.examples:
            content["examples"] = dict(reply.examples)
        forms = self._in_every_form(content) if reply.kind == JSON else {reply.kind: content}
        forms |= {media: {"schema": {"type": "string"}} for media in reply.media}
        return {"description": reply.text, "headers": self._headers([*names, *_LIMITS]), "content": forms}

    def _in_every_form(self, content: Json) -> Json:
        """The same content in each form that the dialect is spoken in; examples are JSON."""
        bare = {name: value for name, value in content.items() if name != "examples"}
        return {form: content if form == JSON else bare for form in self.description.forms}

    def _headers(self, names: Iterable[str]) -> Json:
        wanted = [*names, "X-Request-Id"]
        return {name: self._component(ResolvedComponent.HEADER, name, HEADERS[name]) for name in wanted}

    def _refusals(self) -> Json:
        codes = dict.fromkeys(self.description.any_call_refuses)
        if self.row.changes:
            codes |= dict.fromkeys(self.description.any_change_refuses)
        codes |= dict.fromkeys((["role_missing"] if self.row.verbs else []) + (["stale"] if self.row.versioned else []))
        by_status: dict[int, list[str]] = defaultdict(list)
        for code in [*codes, *(code for code in self.row.refuses if code not in codes)]:
            by_status[self.description.status_of_code[code]].append(code)
        return {str(status): self._refusal(status, by_status[status]) for status in sorted(by_status)}

    def _refusal(self, status: int, codes: list[str]) -> Json:
        """A status with its codes. What many operations have alike is a component."""
        meanings = self.description.meaning_of_code
        more = {401: ["WWW-Authenticate"], 429: ["Retry-After", *_LIMITS], 503: ["Retry-After"]}.get(status, [])
        refusal = {
            "description": "\n".join(f"- `{self._shown(code)}`: {meanings[code]}" for code in codes),
            "headers": self._headers(more),
            "content": self._in_every_form(
                {
                    "schema": {
                        "allOf": [ref(self.description.envelope)],
                        "properties": self.description.refusal(status, codes),
                    }
                }
            ),
        }
        if len(codes) > _MOST_IN_A_NAME:
            return refusal
        name = self.description.prefix + "Or".join(code.title().replace("_", "") for code in codes)
        return self._component(ResolvedComponent.RESPONSE, name, refusal)

    def _shown(self, code: str) -> str:
        return self.description.shown_code.get(code, code)


def _who(row: Operation) -> str:
    roles = sorted({role for verb in row.verbs for role in VERB_ROLES[verb]})
    return f"**Who may:** {row.who or ' or '.join([*roles, 'admin']) if row.verbs or row.who else 'every member'}."

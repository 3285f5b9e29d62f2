"""The one call that writes, and the paths that lead nowhere."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.base import bodies
from factoryos.dialects.base.answers import FaceResponse, as_response
from factoryos.dialects.base.dialect import MEGABYTE, FaceRequest
from factoryos.dialects.base.headers import idempotency_key
from factoryos.dialects.base.problems import UnsupportedMediaType
from factoryos.dialects.ingest.auth import IngestView
from factoryos.dialects.ingest.batches import Batch
from factoryos.dialects.ingest.envelope import Envelope, parse_envelope
from factoryos.dialects.ingest.errors import render_problem
from factoryos.dialects.ingest.reading_json import Repeated
from factoryos.dialects.ingest.responses import taken_answer
from factoryos.kernel import transactions
from factoryos.kernel.idempotency import Memory, fingerprint
from factoryos.kernel.problems import NotFound, Problem
from factoryos.kernel.transactions import Answer

_UTF8 = frozenset({"utf-8", "utf8"})


class Objects(IngestView):
    """A batch of statements: judged row by row, the sound ones stored together, the others told and kept apart."""

    def post(self, request: HttpRequest) -> FaceResponse:
        self.senders.require_writing()
        _require_plain_json(request)
        raw = bodies.read_bytes(request, limit=MEGABYTE)
        envelope = parse_envelope(raw)
        memory = self._memory_of(request, envelope)
        batch = Batch(
            envelope.rows,
            senders=self.senders,
            request_id=UUID(cast(FaceRequest, request).request_id),
            append=envelope.append,
            dry_run=envelope.dry_run,
        )

        def refuse(problem: Problem) -> Answer:
            return render_problem(problem, cast(FaceRequest, request))

        return as_response(transactions.run(lambda: taken_answer(batch.keep()), refuse=refuse, memory=memory))

    def _memory_of(self, request: HttpRequest, envelope: Envelope) -> Memory | None:
        """Under what the answer is remembered: the request by its value, so that a repetition may be spelled otherwise."""
        if (key := idempotency_key(request)) is None:
            return None
        return Memory(
            factory_id=self.actor.factory.id,
            principal=self.actor.principal,
            call=f"{request.method} {request.path}",
            key=key,
            fingerprint=fingerprint([envelope.append, envelope.dry_run, envelope.rows, _columns_twice(envelope)]),
        )


class Nowhere(IngestView):
    """Another object, or no object at all: who calls is asked first, as on any other path."""

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        raise NotFound(thing="Path")


def _columns_twice(envelope: Envelope) -> list[Any]:
    """Which rows name columns more than once: that spoils a row, and is not to be seen in its value."""
    return [[place, *row.keys_twice] for place, row in enumerate(envelope.rows) if isinstance(row, Repeated)]


def _require_plain_json(request: HttpRequest) -> None:
    """Problem: UnsupportedMediaType, for anything but JSON in UTF-8 as it is, neither packed nor recoded."""
    charset = (request.content_params or {}).get("charset", "utf-8").strip().lower()
    if (
        request.content_type != "application/json"
        or charset not in _UTF8
        or request.META.get("HTTP_CONTENT_ENCODING", "").strip()
    ):
        raise UnsupportedMediaType()

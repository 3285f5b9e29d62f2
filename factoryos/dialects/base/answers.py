"""Values as JSON bytes: exact decimals, UTC times, no float in between."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse

from factoryos.kernel.quantities import shortest
from factoryos.kernel.transactions import Answer

JSON = "application/json"
NO_CONTENT = 204
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME


class FaceResponse(HttpResponse):
    """An answer that is already in its face's tongue; whatever else comes out of the road is translated."""


def moment(instant: datetime) -> str:
    """`instant` in UTC with milliseconds and Z: 2026-04-17T02:12:09.120Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def dumps(value: Any) -> bytes:
    """`value` as JSON. Takes Decimal (shortest number), aware datetime, UUID besides what JSON knows."""
    return orjson.dumps(value, default=_special, option=_OPTIONS)


def _special(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(shortest(value))
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A complete answer with a JSON body."""
    return Answer(status, dumps(value), {"Content-Type": JSON, **(headers or {})})


def no_content() -> Answer:
    """A success about which there is nothing to say."""
    return Answer(NO_CONTENT, b"")


def as_response(answer: Answer) -> FaceResponse:
    """The HTTP response that says `answer`."""
    response = FaceResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    if answer.status == NO_CONTENT:
        del response.headers["Content-Type"]  # Django's own default
    return response

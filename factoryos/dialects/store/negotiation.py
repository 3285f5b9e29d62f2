"""Which of its forms an answer is wanted in: JSON, XML, or (the picking list) a PDF. Errors take the same form."""

from collections.abc import Sequence

from django.http import HttpRequest

from factoryos.dialects.base.problems import NotAcceptable

JSON, XML, PDF = "application/json", "application/xml", "application/pdf"
_ALIASES = {"text/xml": XML}
DOCUMENTS = (JSON, XML)  # what nearly every call offers, the preferred one first


def form_of(request: HttpRequest, *, offered: Sequence[str] = DOCUMENTS) -> str:
    """The media type to answer in. Problem: NotAcceptable, where none that is offered is accepted."""
    found = _best(request, offered)
    if found is None:
        raise NotAcceptable(offered=list(offered))
    return found


def form_of_refusal(request: HttpRequest) -> str:
    """The form of an error: XML where that is what is accepted, else JSON, whatever was asked for."""
    return _best(request, DOCUMENTS) or JSON


def _best(request: HttpRequest, offered: Sequence[str]) -> str | None:
    header = request.META.get("HTTP_ACCEPT", "").strip()
    if not header:
        return offered[0]
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(offered, key=lambda media: weights[media])
    return best if weights[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    """(media range, q) of one part of an Accept header (RFC 9110, 12.5.1). An unreadable weight is none."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return _ALIASES.get(media, media), weight if 0 <= weight <= 1 else 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The most exact range decides."""
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        found = [weight for name, weight in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0

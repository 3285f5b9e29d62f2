"""In which form a caller wants the record: JSON or PDF, by the Accept header."""

from factoryos.dialects.base.problems import NotAcceptable

_OFFERED = ["application/json", "application/pdf"]


def wanted_form(accept: str) -> str:
    """`json` or `pdf`, by the best acceptable media type; JSON where both are equally good. Problem: NotAcceptable."""
    weights: dict[str, float] = {}
    for part in (accept or "*/*").split(","):
        name, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=") if parameters.strip().startswith("q=") else "1"
        try:
            weights[name.strip().lower()] = float(quality)
        except ValueError:
            weights[name.strip().lower()] = 1.0
    best = {form: _weight(weights, media) for form, media in zip(("json", "pdf"), _OFFERED, strict=True)}
    if not any(best.values()):
        raise NotAcceptable(offered=_OFFERED)
    return "pdf" if best["pdf"] > best["json"] else "json"


def _weight(weights: dict[str, float], media: str) -> float:
    return weights.get(media, weights.get("application/*", weights.get("*/*", 0.0)))

"""What a selection is pinned with: signed words about whose it is, of which factory, from which filter and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from django.core import signing

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Kind, Problem

MAX_AGE_SECONDS = 3600
_FILTER, _SEEN = "factoryos.ops.bulk.filter", "factoryos.ops.bulk.seen"


class SelectionUnreadable(Problem):
    """A selection that was tampered with, or is somebody else's or another factory's: the three are not told apart."""

    code, kind = "selection_invalid", Kind.INVALID
    template = "This selection is not one of yours in this factory; select the orders again"


class SelectionExpired(Problem):
    code, kind = "selection_expired", Kind.INVALID
    template = "This selection is more than an hour old; select the orders again"


@dataclass(frozen=True, slots=True)
class Filtered:
    """All that a filter of the list matches, up to the newest order that there was when it was shown."""

    query: str
    count: int
    max_id: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The very orders of a preview, with the version of each, by id. `query`: the filter they came from, if from one."""

    ids: Sequence[int]
    versions: Sequence[int]
    query: str = ""
    from_filter: bool = False


def sign_filter(*, query: str, count: int, max_id: int, by: Actor) -> str:
    """For the list: goes into the form as `filter_token`."""
    return _signed({"q": query, "n": count, "m": max_id}, salt=_FILTER, by=by)


def read_filter(token: str, *, by: Actor) -> Filtered:
    """Problems: SelectionUnreadable, SelectionExpired."""
    facts = _read(token, salt=_FILTER, by=by)
    return Filtered(query=facts["q"], count=facts["n"], max_id=facts["m"])


def sign_seen(seen: Seen, *, by: Actor) -> str:
    """For the preview's form. Differences of neighbouring ids are mostly 1, so that ten thousand orders stay small."""
    steps = [after - before for before, after in pairwise([0, *seen.ids])]
    facts = {"i": steps, "v": list(seen.versions), "q": seen.query, "a": seen.from_filter}
    return _signed(facts, salt=_SEEN, by=by)


def read_seen(token: str, *, by: Actor) -> Seen:
    """Problems: SelectionUnreadable, SelectionExpired."""
    facts = _read(token, salt=_SEEN, by=by)
    return Seen(ids=list(accumulate(facts["i"])), versions=facts["v"], query=facts["q"], from_filter=facts["a"])


def _signed(facts: dict[str, Any], *, salt: str, by: Actor) -> str:
    return signing.dumps({**facts, "u": by.principal, "f": by.factory.id}, salt=salt, compress=True)


def _read(token: str, *, salt: str, by: Actor) -> dict[str, Any]:
    try:
        facts = signing.loads(token, salt=salt, max_age=MAX_AGE_SECONDS)
    except signing.SignatureExpired:
        raise SelectionExpired() from None
    except signing.BadSignature:
        raise SelectionUnreadable() from None
    if (facts["u"], facts["f"]) != (by.principal, by.factory.id):
        raise SelectionUnreadable()
    return dict(facts)

"""How far an order follows what a planning system states of it, in words: what it is called and what it means."""

from collections.abc import Mapping
from typing import NamedTuple

from orders.models import IngestHead

S = IngestHead.State


class Word(NamedTuple):
    """`look` is a class of the style sheet, `icon` a picture of it: each state has a shape of its own."""

    label: str
    icon: str
    look: str
    means: str


WORDS: Mapping[str, Word] = {
    S.CONFLICT: Word(
        "Conflict", "warning", "state-late",
        "The planning system states what its order here can no longer take. Settle which of the two is right: change the"
        " order here, or have the planning system state it anew.",
    ),
    S.FAILED: Word(
        "Failed", "octagon", "state-down",
        "FactoryOS failed at it. It is tried again by itself, less and less often; tell whoever runs FactoryOS.",
    ),
    S.WAITING: Word(
        "Waiting", "stopped", "state-paused",
        "Something must happen to the order here first. When it has, this goes on by itself.",
    ),
    S.SKIPPED: Word(
        "Nothing to make", "dash", "quiet",
        "No units are ordered, and there is no order here. One is made when units are stated.",
    ),
    S.PENDING: Word("In the queue", "clock", "quiet", "It waits for its turn, for seconds as a rule."),
    S.DONE: Word("As stated", "check", "quiet", "The order here is as the planning system states it."),
}  # fmt: skip

LOOKED_AT = (S.CONFLICT, S.FAILED, S.WAITING)  # what a person may have to do something about, and may have tried again
NOT_DONE = (*LOOKED_AT, S.SKIPPED, S.PENDING)  # all that the index ingest_head_not_done knows
EVERY = (*NOT_DONE, S.DONE)

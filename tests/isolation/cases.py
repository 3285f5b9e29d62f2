"""What the isolation tests must know of a call: how it is made, and with which things named in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Names = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """What a call is like when it is allowed.

    `body` and `query` get the names of one factory's things: those of the asked factory itself, but for one that is a
    stranger's or nobody's.
    """

    body: Callable[[Names], dict[str, Any]] = lambda names: {}
    query: Callable[[Names], dict[str, str]] = lambda names: {}
    names: tuple[str, ...] = ()  # which things body or query name
    answers: int = 200  # when all things are the factory's own
    without: int | None = 404  # when a thing named in body or query is nobody's; None: it depends on the thing
    nowhere: int = 404  # when a thing named in the path is nobody's
    state: str = "draft"  # of the order in the path

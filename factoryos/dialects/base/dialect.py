"""What a dialect is: a name, the URLs it owns, its word for every state, and how it says no."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from factoryos.kernel.actors import Actor
from factoryos.kernel.limits import Allowance
from factoryos.kernel.problems import Problem
from factoryos.kernel.transactions import Answer
from orders.states import State

MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Dialect:
    """One published API. `factoryos/dialects/registry.py` lists them all.

    `words` maps every core state to this face's word for it (total, many-to-one allowed; `manage.py check` counts).
    `render_problem` turns a refusal into a complete answer in the face's own envelope and media type.
    """

    name: str
    prefixes: tuple[str, ...]  # of URL paths, without a slash at the end
    urls: str  # the module that holds its urlpatterns, paths in full
    words: Mapping[State, str]
    render_problem: Callable[[Problem, "FaceRequest"], Answer]
    max_body_bytes: int = MEGABYTE
    # Where a slash at the end may be part of a name. On every other path one is dropped.
    keeps_trailing_slash: re.Pattern[str] | None = None
    limit_per_minute: int = 6000  # told where nothing was counted: limits switched off, or nobody to count for
    description: str | None = None  # the dotted name of its Description; None: not in the published description


class FaceRequest(HttpRequest):
    """A request as the road hands it on. A type for the reader and the type checker; nobody makes one."""

    dialect: Dialect | None  # None: no dialect owns this path
    envelope: Dialect | None  # how failures are told; None: a page for people
    request_id: str
    actor: Actor | None  # once authenticated
    allowance: Allowance | None  # once counted, if limits are on
    problem: Problem | None  # what it was refused for

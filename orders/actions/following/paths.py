"""Which verbs lead an order on to what is stated of it: the shortest path over moves that may be imported."""

from collections import deque
from functools import cache

from orders.moves import table
from orders.states import BEFORE_START, RUNNING, State

# Where several paths are equally short, the one whose verbs stand first here is taken.
_IMPORTED = ("schedule", "start", "pause", "resume", "complete", "close", "cancel")
# Steps that nobody needs on the way to somewhere else.
_ONLY_TO = {State.SUBMITTED: ("submit",), State.APPROVED: ("approve",)}

CANCELLABLE = (*BEFORE_START, *RUNNING)

RANK: dict[State, int] = {state: rank for rank, state in enumerate(State) if state is not State.CANCELLED}
RANK[State.PAUSED] = RANK[State.IN_PRODUCTION]


def is_forward(state: State, goal: State) -> bool:
    """Whether going from `state` to `goal` is no step back. A running order may be paused, a paused one goes on."""
    return RANK[goal] > RANK[state] or (RANK[goal] == RANK[state] and goal is not state)


@cache
def path(state: State, goal: State) -> tuple[str, ...]:
    """The verbs of the shortest path, read from the table of the life; none where there is none."""
    verbs = (*_IMPORTED, *_ONLY_TO.get(goal, ()))
    ways: dict[str, tuple[str, ...]] = {state: ()}
    ahead = deque([str(state)])
    while ahead:
        here = ahead.popleft()
        if here == goal:
            return ways[here]
        for verb in verbs:
            transition = table()[verb].get(here)
            if transition is not None and (there := str(transition.target)) not in ways:
                ways[there] = (*ways[here], verb)
                ahead.append(there)
    return ()

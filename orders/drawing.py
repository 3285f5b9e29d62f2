"""Drawing the life of an order from its own table: as a Mermaid diagram, as Graphviz dot, or as text."""

from collections import defaultdict
from typing import Any

from orders.models.life import no_open_hold, verification_not_required
from orders.moves import table
from orders.states import State

_CONDITIONS: dict[Any, str] = {
    no_open_hold: "no open hold",
    verification_not_required: "verified, where the factory asks for it",
}


def moves() -> dict[tuple[str, str], list[str]]:
    """(from, to) → verbs that make this move, in the order of the states; `create` comes from nowhere."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    found["", State.DRAFT.value].append("create")
    order = {state.value: number for number, state in enumerate(State)}
    for verb, sources in table().items():
        for source, transition in sources.items():
            if transition.target is not None:
                found[source, str(transition.target)].append(verb)
    return {pair: found[pair] for pair in sorted(found, key=lambda pair: [order.get(state, -1) for state in pair])}


def changes() -> dict[str, list[str]]:
    """Verb → states in which it may change facts without moving the order."""
    return {
        verb: [state.value for state in State if state.value in sources and sources[state.value].target is None]
        for verb, sources in sorted(table().items())
        if any(transition.target is None for transition in sources.values())
    }


def conditions() -> dict[str, list[str]]:
    """Verb → what must be true besides the state."""
    return {
        verb: [_CONDITIONS[condition] for condition in next(iter(sources.values())).conditions]
        for verb, sources in sorted(table().items())
        if next(iter(sources.values())).conditions
    }


def mermaid() -> str:
    arrows = [f"    {source or '[*]'} --> {target}: {', '.join(verbs)}" for (source, target), verbs in moves().items()]
    ends = [f"    {state} --> [*]" for state in ("closed", "cancelled")]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, *ends, "```", "", *_besides()])


def dot() -> str:
    arrows = [
        f'    "{source or "·"}" -> "{target}" [label="{", ".join(verbs)}"];'
        for (source, target), verbs in moves().items()
    ]
    return "\n".join(["digraph life {", "    rankdir=LR; node [shape=box, style=rounded];", *arrows, "}"])


def text() -> str:
    rows = [f"{source or '–':14}→ {target:14} {', '.join(verbs)}" for (source, target), verbs in moves().items()]
    return "\n".join([*rows, "", *_besides()])


def _besides() -> list[str]:
    """What arrows cannot show."""
    every_open = [state.value for state in State if state not in (State.CLOSED, State.CANCELLED)]
    rows = []
    for verb, states in changes().items():
        where = "in any open state" if set(states) >= set(every_open) - {"in_production"} else f"in {', '.join(states)}"
        rows.append(f"- `{verb}` changes facts {where} and moves nothing.")
    rows += [f"- `{verb}` needs: {'; '.join(needs)}." for verb, needs in conditions().items()]
    return rows

"""Random walks that must have met what they are there to meet: more of them are taken until they have."""

from collections.abc import Callable, Collection
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, run_state_machine_as_test

ROUNDS = 6  # each with a seed of its own; the first is nearly always enough


def after_changes(promise: Callable[[Any], None]) -> Any:
    """An invariant, asked whenever the machine's last step has `changed` something.

    A step that was refused is itself shown to have left every row as it was; to ask again would take most of the time.
    """
    return invariant()(precondition(lambda machine: machine.changed)(promise))


def walk(
    machine: type[RuleBasedStateMachine], *, walks: int, steps: int, until: Collection[str], seen: Collection[str]
) -> None:
    """Take walks of `machine`, which notes in `seen` what it met, until it has met all of `until`.

    A broken promise is told as it was met: shrinking a walk over a database takes minutes. Which walks a seed gives
    depends on what else is loaded, so no single one can be relied on.
    """
    for number in range(ROUNDS):
        seed(number)(machine)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=walks, stateful_step_count=steps, deadline=None, phases=[Phase.generate], database=None,
                suppress_health_check=list(HealthCheck), print_blob=False,
            ),
        )  # fmt: skip
        if set(until) <= set(seen):
            return
    missed = ", ".join(sorted(set(until) - set(seen)))
    raise AssertionError(f"walks that went nowhere prove nothing; never met: {missed}")

"""Random walks that must have met what they are there to meet: more of them are taken until they have."""

from collections.abc import Collection

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

ROUNDS = 6  # each with a seed of its own; the first is nearly always enough


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

"""How torch's threads wait for each other between two operations: a moment awake, then asleep.

A small model's operations follow each other within microseconds, and waking a sleeping thread takes longer than its
share of one. Threads that stay awake for long, OpenMP's default, take the processor from whatever else wants it: on
two cores with several busy processes a step then takes five times as long. What is computed is the same.

Read by OpenMP when it is loaded, so this comes before torch. Not covered: runtimes other than GNU's, which sleep.
"""

from collections.abc import MutableMapping

# Rounds of GNU OpenMP's waiting loop, some tens of microseconds: on a quiet machine as good as a hundred times as many.
ROUNDS = "2000"


def choose(environment: MutableMapping[str, str]) -> None:
    """Sets OpenMP's variables, unless the user has set one: OMP_WAIT_POLICY=PASSIVE is for a machine that is shared."""
    if "OMP_WAIT_POLICY" in environment or "GOMP_SPINCOUNT" in environment:
        return
    environment["OMP_WAIT_POLICY"] = "PASSIVE"
    environment["GOMP_SPINCOUNT"] = ROUNDS

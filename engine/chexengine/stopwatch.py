"""Seconds spent on each kind of work since the engine's launch, for Describe."""

import contextlib
import time
from collections.abc import Iterator


class Stopwatch:
    """Sums by name. One thread adds; others may read at any time."""

    def __init__(self):
        self._seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Adds the block's time to the name's, also when it fails."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - begun)

    def add(self, name: str, seconds: float) -> None:
        """Adds what was measured elsewhere, by several threads."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def seconds(self) -> dict[str, float]:
        """A copy of the sums so far."""
        return dict(self._seconds)

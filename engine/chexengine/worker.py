"""The one thread that computes, and what it is doing.

Verbs run one at a time in the order they were handed in: the model is not reentrant, and two at once would
only share the same cores. torch's thread count is a setting of each thread, a second reason for one.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from chexengine.stopwatch import Stopwatch


class Worker:
    """A queue of jobs and the thread that runs them."""

    def __init__(self, stopwatch: Stopwatch):
        self._stopwatch = stopwatch
        self._jobs: queue.SimpleQueue = queue.SimpleQueue()
        self._busy: tuple[str, float] | None = None
        threading.Thread(target=self._run, name="compute", daemon=True).start()

    def submit(self, verb: str, job: Callable[[], Any]) -> Future:
        """Runs the job after those before it; the future holds its result or exception."""
        future: Future = Future()
        self._jobs.put((verb, job, future))
        return future

    def busy(self) -> tuple[str, float]:
        """The verb being computed and for how many seconds; ("", 0) when idle."""
        busy = self._busy
        return (busy[0], time.monotonic() - busy[1]) if busy else ("", 0.0)

    def _run(self) -> None:
        while True:
            verb, job, future = self._jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            self._busy = (verb, time.monotonic())
            try:
                with self._stopwatch.measure(verb):
                    result = job()
            except BaseException as error:
                self._busy = None
                future.set_exception(error)
            else:
                self._busy = None
                future.set_result(result)

"""Work on the CPU by torch threads of which each does something whole, instead of all sharing each operation.

An operation is handed out to its threads and waited for. Where it is small that takes longer than the operation:
a decoding step of 16 rows of a tiny model takes 3.5 ms on one thread and 3.9 on two, and where threads sleep while
they wait (`waiting.py`) 10. So small steps have one thread, and pictures stand side by side, one thread each.

What an operation's sums are depends on its number of threads. Hence what is computed here always has one, whether
one thing is to be done or many, and whether or not there are threads to do it on.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within the block this thread's operations have one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], gradients: bool = False) -> list[Result]:
    """[work(item) for item in items], as many at once as torch has threads, each under one.

    The first exception in the items' order is raised, once those at work have ended. Whether `work` keeps graphs is
    said here, because a thread's modes are its own; none may go from one item into another.
    """
    threads, inference = torch.get_num_threads(), torch.is_inference_mode_enabled()

    def alone(item: Item) -> Result:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            return work(item)

    # Also where no other thread is needed: torch's own count, which threads that begin later take over, is reset.
    with one_thread():
        if min(threads, len(items)) <= 1:
            return [alone(item) for item in items]
        futures = [_pool(threads).submit(alone, item) for item in items]
        wait(futures)
        return [future.result() for future in futures]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that stay: each costs a tenth of a millisecond to begin, and more until it has what torch needs."""
    return ThreadPoolExecutor(threads, "side-by-side", initializer=torch.set_num_threads, initargs=(1,))


def in_parts(work: Callable[[Item], Result], parts: Sequence[Item], gradients: bool) -> list[Result]:
    """The same for parts of one thing: where there is a single one, all threads share its operations."""
    if len(parts) > 1:
        return side_by_side(work, parts, gradients)
    with torch.set_grad_enabled(gradients):
        return [work(part) for part in parts]

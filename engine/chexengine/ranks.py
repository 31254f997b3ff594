"""The ranks' way to each other: what all agree on, and sums over all of them.

Each rank is a process with an engine of its own. They meet in Step alone (`joint_step.py`): each puts a statement
into a store and reads those of all others, then gradients are summed. Whoever waits does so for a bounded time and
says which rank did not come. After that, or after a sum that broke off, the ranks no longer stand alike, and every
further meeting is refused.

Not covered: NCCL has not been run (CPU and gloo have), nor several machines.
"""

import datetime
import json
import os
from collections.abc import Callable

import torch
import torch.distributed as dist

from chexengine.errors import EngineError, lost
from chexengine.seat import Seat

# The slowest rank's calls before a Step end well within; torch's own limits are 10 and 30 minutes.
MEETING_SECONDS = 600.0


class Ranks:
    """One rank's view of all. Alone by default; then there is nothing to agree on and nothing to add."""

    def __init__(
        self,
        rank: int = 0,
        size: int = 1,
        store: dist.Store | None = None,
        add: Callable[[torch.Tensor], None] | None = None,
        local_size: int = 1,
        meeting_seconds: float = MEETING_SECONDS,
    ):
        """`add` replaces a tensor by its sum over all ranks, in place and to the same bits everywhere."""
        self.rank = rank
        self.size = size
        self._store = store
        self._add = add
        self._local_size = local_size
        self._limit = datetime.timedelta(seconds=meeting_seconds)
        self._meetings = 0
        self._broken = ""

    def agree(self, statement: dict) -> list[dict]:
        """The statements of all ranks, in their order. INTERNAL names the ranks that did not come in time."""
        if self._store is None:
            return [statement]
        self._refuse_broken()
        meeting, self._meetings = self._meetings, self._meetings + 1
        keys = [f"meeting-{meeting}/{rank}" for rank in range(self.size)]
        try:
            self._store.set(keys[self.rank], json.dumps(statement))
            try:
                self._store.wait(keys, self._limit)
            except dist.DistStoreError:
                missing = [rank for rank in range(self.size) if not self._store.check([keys[rank]])]
                if missing:
                    raise self._break(
                        f"{_ranks(missing)} did not come within {self._limit.total_seconds():g} s"
                    ) from None
            found = [json.loads(self._store.get(key)) for key in keys]
            # Whoever is here has read the meeting before the last.
            if meeting >= 2:
                self._store.delete_key(f"meeting-{meeting - 2}/{self.rank}")
        except EngineError:
            raise
        except Exception as error:
            raise self._break(f"the meeting point on rank 0 is gone ({_line(error)})") from error
        return found

    def add(self, tensor: torch.Tensor) -> None:
        """The tensor's sum over all ranks, in place. INTERNAL when a rank was lost meanwhile."""
        if self._add is None:
            return
        self._refuse_broken()
        try:
            self._add(tensor)
        except Exception as error:
            raise self._break(f"a rank was lost while gradients were summed ({_line(error)})") from error

    def share_threads(self) -> None:
        """Divides the cores among the ranks of this machine, for this thread, unless OMP_NUM_THREADS has settled it."""
        if self._local_size > 1 and "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(max(1, torch.get_num_threads() // self._local_size))

    def _refuse_broken(self) -> None:
        if self._broken:
            raise lost(f"the ranks no longer stand alike ({self._broken}): run again from the last checkpoint")

    def _break(self, why: str) -> EngineError:
        self._broken = why
        return lost(f"{why}: run again from the last checkpoint")


ALONE = Ranks()


def join(seat: Seat | None, meeting_seconds: float = MEETING_SECONDS) -> Ranks:
    """Waits until all ranks are here. NCCL for tensors on GPUs, gloo for those on the CPU."""
    if seat is None:
        return ALONE
    if not dist.is_available():
        raise RuntimeError("this torch has no torch.distributed: it cannot be one of several ranks")
    limit = datetime.timedelta(seconds=meeting_seconds)
    store = dist.TCPStore(
        seat.address,
        seat.port,
        seat.size,
        is_master=seat.listener is not None,
        timeout=limit,
        wait_for_workers=False,
        **({} if seat.listener is None else {"master_listen_fd": seat.listener}),
    )
    on_gpu = torch.cuda.is_available()
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
        store=dist.PrefixStore("torch", store),
        rank=seat.rank,
        world_size=seat.size,
        timeout=limit,
    )
    ranks = Ranks(
        seat.rank, seat.size, dist.PrefixStore("chexengine", store), dist.all_reduce, seat.local_size, meeting_seconds
    )
    devices = [found["device"] for found in ranks.agree({"device": "a GPU" if on_gpu else "no GPU"})]
    if len(set(devices)) > 1:
        seen = ", ".join(f"rank {rank} sees {device}" for rank, device in enumerate(devices))
        raise RuntimeError(f"{seen}: start as many ranks as there are GPUs, or none on any (CUDA_VISIBLE_DEVICES=)")
    return ranks


def backends() -> list[str]:
    """What several ranks of this torch could speak: none, gloo, NCCL."""
    if not dist.is_available():
        return []
    there = {"gloo": dist.is_gloo_available(), "nccl": dist.is_nccl_available() and torch.cuda.is_available()}
    return [name for name, is_there in there.items() if is_there]


def _ranks(numbers: list[int]) -> str:
    return f"rank{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

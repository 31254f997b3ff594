"""Where this process stands among the ranks, by torchrun's environment variables.

Read before torch is imported: which GPU a process sees has to be settled by then, and rank 0 takes the meeting
point's port at once. Reference: torch.distributed.run's "Environment Variables". Deviation: the store of a meeting
point that we open listens on its own address alone; torch's own would listen on every interface of the machine.
"""

import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

LOOPBACK = ("127.0.0.1", "localhost", "::1")
NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


class SeatError(Exception):
    """The variables do not fit together; one line."""


@dataclass(frozen=True)
class Seat:
    """One of several ranks."""

    rank: int
    size: int
    local_rank: int
    local_size: int  # ranks on this machine
    address: str
    port: int
    listener: int | None  # the meeting point's listening socket, where this rank holds it


def take_seat(environment: MutableMapping[str, str] = os.environ) -> Seat | None:
    """This process's place, None for one alone; leaves it one GPU and, on one machine, the loopback interface.

    SeatError names the variable that is missing or wrong, or the port that is taken.
    """
    if int(environment.get("WORLD_SIZE", "1")) == 1:
        return None
    missing = [name for name in NAMES if not environment.get(name)]
    if missing:
        raise SeatError(f"WORLD_SIZE is {environment['WORLD_SIZE']}, but {', '.join(missing)} is not set: set all")
    rank, size, local_rank = (int(environment[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    local_size = int(environment.get("LOCAL_WORLD_SIZE", size))
    address, port = environment["MASTER_ADDR"], int(environment["MASTER_PORT"])
    if not 0 <= rank < size or not 0 <= local_rank < local_size:
        raise SeatError(f"rank {rank} of {size}, local rank {local_rank} of {local_size}: count them from 0")
    _keep_one_gpu(environment, local_rank)
    if address in LOOPBACK:
        _stay_on_loopback(environment)
    # Under torchrun itself its agent holds the store.
    holds_store = rank == 0 and environment.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    listener = _listen(address, port) if holds_store else None
    return Seat(rank, size, local_rank, local_size, address, port, listener)


def _keep_one_gpu(environment: MutableMapping[str, str], local_rank: int) -> None:
    """The GPU of the local rank becomes the only one that this process sees; without any, nothing is changed."""
    listed = environment.get("CUDA_VISIBLE_DEVICES")
    if listed is None:
        environment["CUDA_VISIBLE_DEVICES"] = str(local_rank)
        return
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if not names:
        return
    if local_rank >= len(names):
        raise SeatError(f"local rank {local_rank} has no GPU: CUDA_VISIBLE_DEVICES has {len(names)}: start fewer ranks")
    environment["CUDA_VISIBLE_DEVICES"] = names[local_rank]


def _stay_on_loopback(environment: MutableMapping[str, str]) -> None:
    if os.name == "nt":
        return
    for _, name in socket.if_nameindex():
        if name in ("lo", "lo0"):
            environment.setdefault("GLOO_SOCKET_IFNAME", name)
            environment.setdefault("NCCL_SOCKET_IFNAME", name)


def _listen(address: str, port: int) -> int:
    try:
        return socket.create_server((address, port)).detach()
    except OSError as error:
        raise SeatError(f"the meeting point {address}:{port} cannot be opened ({error.strerror}): run again") from error

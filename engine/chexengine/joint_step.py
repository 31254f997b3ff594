"""Step on all ranks together: agree, sum the gradients, then each makes the same update.

Every rank's Step comes here, also one that the rank itself refuses: the others must hear of it instead of waiting.
The gradients dL/dlogprob that came with Backward were normalised over all ranks' tokens, so their sum is the
gradient that one rank would have had from all of them; nothing is divided by the number of ranks.
"""

import hashlib
from collections.abc import Callable

import torch

from chexengine import optimizer
from chexengine.adapters import Adapter
from chexengine.errors import EngineError, precondition
from chexengine.gen import engine_pb2 as pb
from chexengine.gradients import Tickets
from chexengine.ranks import Ranks
from chexengine.weight_gradients import sum_dtype

# Summed at a time: enough to keep the connection busy, little beside a model.
BUCKET_ELEMENTS = 1 << 24

_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}

# What all ranks must state alike, and how a difference is said.
_ALIKE = {
    "request": "were given different Steps: give all the same",
    "repeated": "stand at different steps: load one state on all",
    "weights": "hold different weights or optimizers of the adapter: load one state on all",
}


def step(ranks: Ranks, find: Callable[[], Adapter], tickets: Tickets, request: pb.StepRequest) -> pb.StepResponse:
    """Answers Step on this rank, as all others answer theirs. `find` gives the adapter or refuses the request."""
    if ranks.size == 1:
        return optimizer.step(find(), tickets, request)
    try:
        adapter = find()
        repeated = optimizer.check(adapter, request)
    except EngineError as error:
        ranks.agree({"refusal": str(error)})
        raise
    names = list(adapter.parameters)  # the modules' order, on every rank
    statement = {
        "request": hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest(),
        "repeated": repeated,
        "weights": checksum(adapter, names),
        "gradients": "".join("1" if name in adapter.gradients else "0" for name in names),
    }
    statements = ranks.agree(statement)
    _require_alike(statements)
    if repeated:
        return adapter.last_step
    there = [name for at, name in enumerate(names) if any(one["gradients"][at] == "1" for one in statements)]
    add_gradients(ranks, adapter, there)
    return optimizer.apply(adapter, tickets, request)


def _require_alike(statements: list[dict]) -> None:
    for rank, one in enumerate(statements):
        if "refusal" in one:
            raise precondition(f"Step: rank {rank} refused it, so no rank made it: {one['refusal']}")
    for key, text in _ALIKE.items():
        for rank, one in enumerate(statements):
            if one[key] != statements[0][key]:
                raise precondition(f"Step: ranks 0 and {rank} {text}")


def add_gradients(ranks: Ranks, adapter: Adapter, names: list[str]) -> None:
    """Replaces the adapter's gradients by their sums over all ranks; a rank without one adds zeros."""
    sums: dict[str, torch.Tensor] = {}
    for bucket in _buckets(adapter, names):
        flat = torch.cat([_flat_gradient(adapter, name) for name in bucket])
        ranks.add(flat)
        parts = flat.split([adapter.parameters[name].numel() for name in bucket])
        for name, part in zip(bucket, parts, strict=True):
            sums[name] = part.view_as(adapter.parameters[name])
    # Anew, so that the order, in which the norm is added up, is everywhere the same.
    adapter.gradients = sums


def checksum(adapter: Adapter, names: list[str]) -> str:
    """Of the weights' and moments' bits and the count of updates. Integer sums: no order of adding changes them."""
    tensors = [
        tensor for name in names for tensor in (adapter.parameters[name].detach(), *adapter.moments.get(name, ()))
    ]
    bits = [tensor.contiguous().view(_INTEGERS[tensor.element_size()]) for tensor in tensors]
    total = adapter.updates
    for value in torch.stack([one.sum(dtype=torch.int64) for one in bits]).tolist():
        # Weighted by place, so that two tensors that changed places are told apart.
        total = (total * 31 + value) % (1 << 64)
    return f"{total:016x}"


def _flat_gradient(adapter: Adapter, name: str) -> torch.Tensor:
    found = adapter.gradients.get(name)
    if found is not None:
        return found.reshape(-1)
    parameter = adapter.parameters[name]
    return torch.zeros(parameter.numel(), dtype=sum_dtype(parameter), device=parameter.device)


def _buckets(adapter: Adapter, names: list[str]) -> list[list[str]]:
    """The names in their order, cut where a bucket is full or the type of numbers changes."""
    buckets: list[list[str]] = []
    size, kind = 0, None
    for name in names:
        parameter = adapter.parameters[name]
        own = sum_dtype(parameter)
        if not buckets or own != kind or size + parameter.numel() > BUCKET_ELEMENTS:
            buckets.append([])
            size, kind = 0, own
        buckets[-1].append(name)
        size += parameter.numel()
    return buckets

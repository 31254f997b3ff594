"""What this machine does at best: float32 matrix products a second and bytes copied a second, with torch.

    python bench/peers/machine_rates.py THREADS [DEVICE] [DTYPE]     # prints one JSON object

The matrices are large enough for the product to be bound by arithmetic, the copy larger than any cache. A copy reads
and writes, so it moves twice its size.
"""

import json
import sys
import time

import torch

SIDE = 2048
COPY_BYTES = 256 << 20
SECONDS = 2.0  # for each of the two; the best repetition counts


def best(work, synchronise) -> float:
    """Seconds of the fastest repetition."""
    work()
    synchronise()
    fastest, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        start = time.perf_counter()
        work()
        synchronise()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


def main(threads: int, device: str, dtype: str) -> None:
    if threads:
        torch.set_num_threads(threads)
    kind = getattr(torch, dtype)
    synchronise = torch.cuda.synchronize if device == "cuda" else lambda: None
    side = SIDE if device == "cpu" else 4 * SIDE
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    out = torch.empty_like(a)
    flops = 2 * side**3 / best(lambda: torch.mm(a, b, out=out), synchronise)
    source = torch.zeros(COPY_BYTES // 4, device=device)
    target = torch.empty_like(source)
    copied = 2 * COPY_BYTES / best(lambda: target.copy_(source), synchronise)
    print(json.dumps({"threads": torch.get_num_threads(), "dtype": dtype, "flops": flops, "bytes": copied}))


if __name__ == "__main__":
    main(int(sys.argv[1]), *(sys.argv[2:4] + ["cpu", "float32"][len(sys.argv[2:4]) :]))

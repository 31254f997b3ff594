"""Decoding steps as CUDA graphs: one launch a step instead of some thousand.

A graph belongs to one span (`bucket` keeps these few) and to the buffers it was captured on, so graphs live as long
as their Sample. Each is compared with the step run as it is before it is used; one that gives other logits
stops the use of graphs for the Sample, with a line on stderr.

Written without a GPU at hand: `cuda_graphs_test.py` checks the bookkeeping on the CPU, and on CUDA, where it is
skipped without one, that sampling gives the same tokens. It has not run on a GPU yet.
"""

import sys
from collections.abc import Callable
from typing import Any

import torch

SLOT_BUCKET = 256  # slots are rounded up to a multiple: a wider one wastes attention, a narrower one captures

# Logits of graph and step may differ by so much of the largest: cuBLAS may choose another algorithm for a capture.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2}

Outputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, torch.Tensor]


def bucket(rows: int, slots: int, most_rows: int, most_slots: int) -> tuple[int, int]:
    """Round numbers that hold so many rows (a power of two) and slots."""
    return min(1 << (rows - 1).bit_length(), most_rows), min(-(-slots // SLOT_BUCKET) * SLOT_BUCKET, most_slots)


def capture(compute: Callable[[Any], Outputs], span: Any, pool) -> tuple[Callable[[], None], Outputs, object]:
    """A graph of one step: what replays it, the tensors it fills, and the memory pool that all graphs share."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # allocations and algorithm choices of a first run do not belong into a graph
        compute(span)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    # Other threads answer Describe meanwhile: what they ask of CUDA is not this capture's business.
    with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
        outputs = compute(span)
    return graph.replay, outputs, graph.pool()


class GraphSteps:
    """Runs a step by its span's graph, captured when the span first comes up."""

    def __init__(self, compute: Callable[[Any], Outputs], dtype: torch.dtype):
        self._compute, self._tolerance = compute, TOLERANCE[dtype]
        self._graphs: dict[Any, tuple[Callable[[], None], Outputs]] = {}
        self._pool = None
        self.stopped = False

    def run(self, span: Any) -> Outputs:
        """What `compute(span)` returns; the tensors are overwritten by the next run."""
        if self.stopped:
            return self._compute(span)
        if span in self._graphs:
            replay, outputs = self._graphs[span]
            replay()
            return outputs
        try:
            replay, outputs, self._pool = capture(self._compute, span, self._pool)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # CUDA's own errors, and operations that cannot be captured
            return self._stop(span, f"cannot be captured ({' '.join(str(error).split())})", self._compute(span))
        wanted = self._compute(span)
        replay()
        difference = float((outputs[3] - wanted[3]).abs().max() / wanted[3].abs().max())
        if not difference <= self._tolerance:
            why = f"gives logits that are {difference:.2g} of the largest away from the step's own"
            return self._stop(span, why, wanted)
        self._graphs[span] = replay, outputs
        return outputs

    def _stop(self, span: Any, why: str, outputs: Outputs) -> Outputs:
        print(f"chexengine: a CUDA graph of {span} {why}: this Sample goes on without graphs", file=sys.stderr)
        self.stopped = True
        self._graphs.clear()
        return outputs

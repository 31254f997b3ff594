"""Attention by blocks of queries, each over the keys that some query of the block sees.

A mask of prompt and completions is mostly empty: half of it lies ahead of its queries, and completions of one
prompt see nothing of each other. sdpa with a mask computes all of it. Here a block's keys are cut out first. The
same numbers up to the order of sums.

On the CPU alone: a GPU would rather have one large call (or flex attention, which is not used yet).
"""

import torch
from torch.nn.functional import scaled_dot_product_attention

# Queries of a block: fewer leave more keys out, and cost more calls.
BLOCK = 128


def seen_keys_attention(query, key, value, mask: torch.Tensor, scale: float | None) -> torch.Tensor:
    """query [rows, heads, length, size], key and value [rows, fewer heads, keys, size], mask boolean, to broadcast."""
    outs = []
    for start, end, runs in blocks_of(mask):
        seen = mask[:, :, start:end]
        outs.append(
            scaled_dot_product_attention(
                query[:, :, start:end],
                _cut(key, runs, 2),
                _cut(value, runs, 2),
                attn_mask=_cut(seen, runs, 3),
                scale=scale,
                enable_gqa=True,
            )
        )
    return torch.cat(outs, dim=2)


def blocks_of(mask: torch.Tensor) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """Of each block of queries its start and end, and the runs of keys, start and end, that any of its queries sees."""
    anyone = mask.flatten(0, 1).any(dim=0)
    length = anyone.shape[0]
    out = []
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        seen = anyone[start:end].any(dim=0).to(torch.int8)
        edges = torch.diff(seen, prepend=seen.new_zeros(1), append=seen.new_zeros(1))
        starts, ends = (edges == 1).nonzero().flatten().tolist(), (edges == -1).nonzero().flatten().tolist()
        out.append((start, end, list(zip(starts, ends, strict=True))))
    return out


def _cut(tensor: torch.Tensor, runs: list[tuple[int, int]], dim: int) -> torch.Tensor:
    parts = [tensor.narrow(dim, start, end - start) for start, end in runs]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=dim)

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

# Of each block of queries its start and end, and the runs of keys, start and end, that any of its queries sees.
Blocks = list[tuple[int, int, list[tuple[int, int]]]]


class BlockAttention(torch.autograd.Function):
    """Block by block, each with a graph of its own.

    In one graph, each block's cut would bring a gradient as long as all keys, mostly zeros, to be added up.
    """

    @staticmethod
    def forward(ctx, query, key, value, mask, scale, blocks):
        keeps = any(ctx.needs_input_grad)
        outs, ctx.calls = [], []
        for start, end, runs in blocks:
            parts = (query[:, :, start:end], _cut(key, runs), _cut(value, runs))
            with torch.set_grad_enabled(keeps):
                leaves = [part.detach().requires_grad_(keeps) for part in parts]
                seen = _cut(mask[:, :, start:end], runs, 3)
                out = scaled_dot_product_attention(*leaves, attn_mask=seen, scale=scale, enable_gqa=True)
            outs.append(out.detach())
            if keeps:
                ctx.calls.append((out, leaves))
        ctx.blocks, ctx.shapes = blocks, [part.shape for part in (query, key, value)]
        return torch.cat(outs, dim=2)

    @staticmethod
    def backward(ctx, gradient):
        query, key, value = (gradient.new_zeros(shape) for shape in ctx.shapes)
        calls, ctx.calls = ctx.calls, None  # once: what they keep is let go here
        for (start, end, runs), (out, leaves) in zip(ctx.blocks, calls, strict=True):
            parts = torch.autograd.grad(out, leaves, gradient[:, :, start:end])
            query[:, :, start:end] = parts[0]
            at = 0
            for first, last in runs:
                for whole, part in ((key, parts[1]), (value, parts[2])):
                    whole[:, :, first:last] += part[:, :, at : at + last - first]
                at += last - first
        return query, key, value, None, None, None


def seen_keys_attention(query, key, value, mask: torch.Tensor, scale: float | None) -> torch.Tensor:
    """query [rows, heads, length, size], key and value [rows, fewer heads, keys, size], mask boolean, to broadcast."""
    return attend_blocks(query, key, value, mask, scale, blocks_of(mask))


def attend_blocks(query, key, value, mask: torch.Tensor, scale: float | None, blocks: Blocks) -> torch.Tensor:
    """The same with the mask's blocks known."""
    return BlockAttention.apply(query, key, value, mask, scale, blocks)


def blocks_of(mask: torch.Tensor) -> Blocks:
    """The blocks of a mask [1 or rows, 1, queries, keys]; what any row sees counts as seen."""
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


def _cut(tensor: torch.Tensor, runs: list[tuple[int, int]], dim: int = 2) -> torch.Tensor:
    parts = [tensor.narrow(dim, start, end - start) for start, end in runs]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=dim)

"""Linear layers of one input with their LoRAs, side by side in one result.

    y_i = x W_i^T + b_i + s_i (x A_i^T) B_i^T

As `lora_linear.py`, for several: the gradients of x are added up as they are made. The weights stay where they are;
nothing is merged or copied.
"""

import torch

from chexengine.own_layers import Part


class JoinedLora(torch.autograd.Function):
    """x [tokens, in], parts, then of each part x after dropout (or None), A and B -> [tokens, all parts' outputs]."""

    @staticmethod
    def forward(ctx, x, parts, *factors):
        out = x.new_empty(len(x), sum(len(part.weight) for part in parts))
        inners = []
        for part, piece, (dropped, down, up) in zip(parts, _pieces(out, parts), _triples(factors), strict=True):
            if part.bias is None:
                torch.mm(x, part.weight.T, out=piece)
            else:
                torch.addmm(part.bias, x, part.weight.T, out=piece)
            if down is None:
                inners.append(None)
                continue
            inners.append((x if dropped is None else dropped) @ down.T)
            piece.addmm_(inners[-1], up.T, alpha=part.scale)
        ctx.save_for_backward(x, *factors, *inners)
        ctx.parts = parts
        return out

    @staticmethod
    def backward(ctx, gradient):
        parts = ctx.parts
        x, *saved = ctx.saved_tensors
        factors, inners = saved[: -len(parts)], saved[-len(parts) :]
        x_gradient = None
        grown = []
        for part, piece, (dropped, down, up), inner in zip(
            parts, _pieces(gradient, parts), _triples(factors), inners, strict=True
        ):
            through = None if down is None else (piece @ up).mul_(part.scale)
            if ctx.needs_input_grad[0]:
                x_gradient = piece @ part.weight if x_gradient is None else x_gradient.addmm_(piece, part.weight)
                if through is not None and dropped is None:
                    x_gradient.addmm_(through, down)
            if down is None:
                grown += [None, None, None]
                continue
            seen = x if dropped is None else dropped
            # The transposed product of B's gradient reads the long matrix along its rows.
            grown += [
                None if dropped is None else through @ down,
                through.T @ seen,
                (inner.T @ piece).mul_(part.scale).T,
            ]
        return x_gradient, None, *grown


def _pieces(joined: torch.Tensor, parts: list[Part]) -> tuple[torch.Tensor, ...]:
    return joined.split([len(part.weight) for part in parts], dim=1)


def _triples(flat):
    return [flat[at : at + 3] for at in range(0, len(flat), 3)]


class JoinedParts:
    """Some layers, with weights and dropout as they are at the making."""

    def __init__(self, parts: list[Part]):
        self._parts = parts

    def __call__(self, x: torch.Tensor, kept: list[torch.Tensor | None]) -> torch.Tensor:
        """x [tokens, in] -> [tokens, all parts' outputs]; `kept` has of each layer's inputs its mask of dropout."""
        factors = []
        for part, mask in zip(self._parts, kept, strict=True):
            dropped = None if mask is None else x * mask.to(x.dtype).div_(1 - part.dropout)
            factors += [dropped, part.down, part.up]
        return JoinedLora.apply(x, self._parts, *factors)

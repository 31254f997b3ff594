"""Rotary positions as one multiplication, one change of halves and one addition.

transformers turns (a, b) into (-b, a) and multiplies by the sine; here the halves change places and the sine of the
first has the sign. The backward turns the other way, which needs both halves of a table alike: they are in both
families (`cat((freqs, freqs))`).
"""

from collections.abc import Iterable

import torch


class Rotate(torch.autograd.Function):
    """x [tokens, heads, size], cosine and signed sine [tokens, 1, size] -> x turned."""

    @staticmethod
    def forward(ctx, x, cosine, sine):
        ctx.save_for_backward(cosine, sine)
        return torch.addcmul(x * cosine, x.roll(x.shape[-1] // 2, -1), sine)

    @staticmethod
    def backward(ctx, gradient):
        cosine, sine = ctx.saved_tensors
        other = gradient.roll(gradient.shape[-1] // 2, -1)
        return torch.addcmul(gradient * cosine, other, sine, value=-1), None, None


def tables(language_model, kinds: Iterable[str], like: torch.Tensor, positions: torch.Tensor) -> dict[str, tuple]:
    """Cosine and signed sine, [tokens, 1, size], for each kind of layer, by transformers' own rotary module.

    `positions` [axes, rows, length].
    """
    out = {}
    for kind in kinds:
        if positions.shape[0] == 1:
            cosine, sine = language_model.rotary_emb(like, positions[0], kind)
        else:
            cosine, sine = language_model.rotary_emb(like, positions)
        half = sine.shape[-1] // 2
        signed = torch.cat([-sine[..., :half], sine[..., half:]], dim=-1)
        out[kind] = tuple(part.reshape(-1, 1, part.shape[-1]) for part in (cosine, signed))
    return out

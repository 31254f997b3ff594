"""RMS norm with a frozen weight, and the sum that follows it, as one operation with its own backward.

    y = residual + w u,   u = x / rms(x),   rms(x)^2 = mean(x^2) + eps

    dx = (w g - u mean(u w g)) / rms(x)

transformers' modules are eight operations forward and twice as many backward. The roundings in between are theirs: u is
computed in float32 whatever x is; Gemma 3 multiplies by the weight before it rounds back, Qwen2.5-VL after.

Not covered: a weight that trains, which gets no gradient here.
"""

import torch

from chexengine.own_layers import Norm


class UnitNorm(torch.autograd.Function):
    """x [..., size], residual alike or None, weight [size] or [heads, size], eps, before (the rounding) -> y."""

    @staticmethod
    def forward(ctx, x, residual, weight, eps, before):
        wide = x.float()
        inverse = (wide * wide).mean(dim=-1, keepdim=True).add_(eps).rsqrt_()
        ctx.save_for_backward(x, inverse, weight)
        ctx.before = before
        unit = wide * inverse
        if unit.dtype == x.dtype:
            return unit.mul_(weight) if residual is None else torch.addcmul(residual, unit, weight)
        scaled = (unit * weight).to(x.dtype) if before else weight * unit.to(x.dtype)
        return scaled if residual is None else residual + scaled

    @staticmethod
    def backward(ctx, gradient):
        x, inverse, weight = ctx.saved_tensors
        inner = gradient.float() * weight if ctx.before else (gradient * weight).float()
        unit = x.float() * inverse
        mean = torch.linalg.vecdot(unit, inner).unsqueeze(-1).div_(x.shape[-1])
        inner.addcmul_(unit, mean, value=-1).mul_(inverse)
        return inner.to(x.dtype), gradient if ctx.needs_input_grad[1] else None, None, None, None


def normed(norm: Norm, x: torch.Tensor, residual: torch.Tensor | None = None) -> torch.Tensor:
    """The norm of x, added to the residual where there is one."""
    return UnitNorm.apply(x, residual, norm.weight, norm.eps, norm.before)

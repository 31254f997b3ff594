"""The MLP's gate as one operation with its own backward: a(gate) up, of gate and up side by side.

Both families' activations are x sigma(z):

    GELU by tanh (Gemma 3):   z = 2 sqrt(2 / pi) (x + 0.044715 x^3)
    SiLU (Qwen2.5-VL):        z = x

    d/dx x sigma(z) = sigma (1 + x (1 - sigma) z')

A sigmoid costs a fifth of a tanh, and the gradients of gate and up are written where the next product reads them.
"""

import math

import torch

# z = x (first + third x^2), where a third of 0 leaves x alone. By what transformers calls the activation.
CURVES = {
    "gelu_pytorch_tanh": (2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715),
    "silu": (1.0, 0.0),
}


class GatedUnit(torch.autograd.Function):
    """gate and up side by side [tokens, 2 width], curve -> [tokens, width]."""

    @staticmethod
    def forward(ctx, both, curve):
        gate, up = both.chunk(2, dim=1)
        first, third = curve
        z = gate if third == 0 else (gate * gate).mul_(third).add_(first).mul_(gate)
        sigma = torch.sigmoid(z)
        ctx.save_for_backward(both, sigma)
        ctx.curve = curve
        return (gate * sigma).mul_(up)

    @staticmethod
    def backward(ctx, gradient):
        both, sigma = ctx.saved_tensors
        first, third = ctx.curve
        gate, up = both.chunk(2, dim=1)
        out = torch.empty_like(both)
        gate_gradient, up_gradient = out.chunk(2, dim=1)
        active = gate * sigma
        torch.mul(gradient, active, out=up_gradient)
        # 1 + x (1 - sigma) z', then times sigma
        slope = gate - active
        if third != 0:
            slope.mul_((gate * gate).mul_(3 * third).add_(first))
        slope.add_(1).mul_(sigma).mul_(up)
        torch.mul(gradient, slope, out=gate_gradient)
        return out, None

"""A linear layer with its LoRA in three products and no intermediate of the output's size.

    y = x W^T + b + s (x A^T) B^T

PEFT computes the two terms apart, scales the second and adds it, which on small layers costs more than the
products. Deviation: only the order of roundings; `lora_linear_test.py` holds it to PEFT's own forward. Where
base and LoRA have different types (bfloat16 base, float32 LoRA) PEFT's forward stays in use.
"""

import torch
from peft.tuners.lora import LoraLayer


class LoraLinear(torch.autograd.Function):
    """x [..., in], dropped (x after dropout, or None for x itself), W, b or None, A, B, scale -> [..., out]."""

    @staticmethod
    def forward(ctx, x, dropped, weight, bias, down, up, scale):
        flat = x.reshape(-1, x.shape[-1])
        inner = (flat if dropped is None else dropped.reshape(-1, x.shape[-1])) @ down.T
        out = flat @ weight.T if bias is None else torch.addmm(bias, flat, weight.T)
        out.addmm_(inner, up.T, alpha=scale)
        ctx.save_for_backward(x, dropped, weight, down, up, inner)
        ctx.scale = scale
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx, gradient):
        x, dropped, weight, down, up, inner = ctx.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        through = (gradient @ up).mul_(ctx.scale)  # d inner
        seen = (x if dropped is None else dropped).reshape(-1, x.shape[-1])
        needs = ctx.needs_input_grad
        x_gradient = dropped_gradient = None
        if needs[0]:
            x_gradient = gradient @ weight
            if dropped is None:
                x_gradient.addmm_(through, down)
            x_gradient = x_gradient.view(x.shape)
        if dropped is not None and needs[1]:
            dropped_gradient = (through @ down).view(x.shape)
        down_gradient = through.T @ seen if needs[4] else None
        up_gradient = (gradient.T @ inner).mul_(ctx.scale) if needs[5] else None
        return x_gradient, dropped_gradient, None, None, down_gradient, up_gradient, None


def install(layer: LoraLayer) -> None:
    """Replaces the forward of one of PEFT's linear layers; its weights and its saving stay PEFT's."""
    plain = type(layer).forward

    def forward(x: torch.Tensor, *arguments, **options) -> torch.Tensor:
        active = layer._active_adapter
        if not active or active[0] not in layer.lora_A:
            return layer.base_layer(x)
        name = active[0]
        base, down, up = layer.base_layer, layer.lora_A[name], layer.lora_B[name]
        if not (x.dtype == base.weight.dtype == down.weight.dtype) or name in layer.lora_variant:
            return plain(layer, x, *arguments, **options)
        dropout = layer.lora_dropout[name]
        dropped = dropout(x) if getattr(dropout, "p", 0.0) > 0 else None
        return LoraLinear.apply(x, dropped, base.weight, base.bias, down.weight, up.weight, layer.scaling[name])

    layer.forward = forward

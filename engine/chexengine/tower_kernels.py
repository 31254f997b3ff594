"""The frozen vision tower on the CPU: attention and activation by the compiled kernels.

Attention, in which every patch sees every other, is half of a small tower's time. Nothing is kept for a backward.

Not covered, and left to transformers: a tower that trains, a mask, heads that are no whole registers, and of
Qwen2.5-VL the activation, which is a small part there.
"""

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from chexengine.gated_unit import CURVES
from chexengine.kernels import Kernels, Shape, Strides

NAME = "chexengine_tower"


def install(hf: PreTrainedModel, kernels: Kernels) -> None:
    """Makes the model's tower use them."""
    config = hf.config.vision_config
    name = f"{NAME}_{kernels.dtype}"
    ALL_ATTENTION_FUNCTIONS.register(name, _attention_by(kernels))
    ALL_MASK_ATTENTION_FUNCTIONS.register(name, sdpa_mask)
    config._attn_implementation = name
    curve = CURVES.get(config.hidden_act)
    for module in hf.modules():
        if hasattr(module, "activation_fn") and curve is not None:
            module.activation_fn = Activation(module.activation_fn, curve, kernels)
        if hasattr(module, "patch_embedding"):
            # They come transposed, and each layer's norm would put them in order anew.
            module.register_forward_hook(lambda _module, _given, embeddings: embeddings.contiguous())


def _attention_by(kernels: Kernels):
    def attention(module, query, key, value, attention_mask, scaling=None, **kwargs):
        """transformers' interface: query [pictures, heads, patches, size] -> [pictures, patches, heads, size]."""
        pictures, heads, length, size = query.shape
        masked = attention_mask is not None or kwargs.get("is_causal")
        if torch.is_grad_enabled() or masked or not kernels.fits(size):
            return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
        query, key, value = (each if each.stride(3) == 1 else each.contiguous() for each in (query, key, value))
        out = query.new_empty(pictures, length, heads, size)
        shape = Shape(pictures, heads, key.shape[1], length, key.shape[2], size)
        tensors = query, key, value, out.transpose(1, 2)
        strides = [Strides(*each.stride()[:3]) for each in tensors]
        kernels.attend(shape, size**-0.5 if scaling is None else scaling, None, tensors, strides)
        return out, None

    return attention


class Activation(nn.Module):
    """An activation of `gated_unit.CURVES`."""

    def __init__(self, plain: nn.Module, curve: tuple[float, float], kernels: Kernels):
        super().__init__()
        self._plain, self._curve, self._kernels = plain, curve, kernels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled() or not x.is_contiguous() or not self._kernels.fits(x.numel()):
            return self._plain(x)
        return self._kernels.activate(x, self._curve)

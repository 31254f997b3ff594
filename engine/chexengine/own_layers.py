"""The weights of the language model's layers, arranged for decoding, for both families; Forward takes its parts.

Projections of one input are one product: query, key and value, and the MLP's gate and up. On a small model of
float32 or float64 the LoRA is folded into a copy of the weights, made for one Sample (`FOLD_BYTES`); a large or
a bfloat16 one, where folding would round the LoRA away, keeps its weights where they are, and the LoRA's first
factors of one input are one product. Norms, rotations and activations are transformers' formulas
(`modeling_gemma3.py`, `modeling_qwen2_5_vl.py`), with their roundings to float32 in between.

Not covered: LoRA variants such as DoRA (`Adapters.has_variants`), which keep transformers' modules and PEFT's forward.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from peft.tuners.lora import LoraLayer
from torch.nn import functional

# Weights that are copied at most, to have the LoRA folded in: a tiny model's cost nothing, a large one's a second base.
FOLD_BYTES = 1 << 28


class Folded:
    """y = x W^T + b."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None):
        self.weight, self.bias = weight, bias

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weight, self.bias)


@dataclass(frozen=True)
class Part:
    """One linear layer and its LoRA, if any: W [out, in], b, A [rank, in], B [out, rank], s, dropout's probability."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    down: torch.Tensor | None = None
    up: torch.Tensor | None = None
    scale: float = 1.0
    dropout: float = 0.0

    def folded(self) -> torch.Tensor:
        if self.down is None:
            return self.weight
        return torch.addmm(self.weight, self.up, self.down, alpha=self.scale)


class Apart:
    """The same from weights where they are: y_i = x W_i^T + b_i + s_i (x A_i^T) B_i^T, side by side."""

    def __init__(self, parts: list[Part]):
        self.parts = parts
        downs = [part.down for part in parts if part.down is not None]
        self.down = torch.cat(downs) if downs else None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        outs = [functional.linear(x, part.weight, part.bias) for part in self.parts]
        if self.down is not None:
            inner = x.to(self.down.dtype) @ self.down.T
            at = 0
            for index, part in enumerate(self.parts):
                if part.down is None:
                    continue
                rank = part.down.shape[0]
                added = inner[:, at : at + rank] @ part.up.T
                outs[index] = torch.add(outs[index], added, alpha=part.scale).to(x.dtype)
                at += rank
        return outs[0] if len(outs) == 1 else torch.cat(outs, dim=1)


class Norm:
    """RMS over the last dimension, in float32 as transformers has it, then times the weight."""

    def __init__(self, module: torch.nn.Module, weight: torch.Tensor | None = None):
        weight = module.weight if weight is None else weight
        self.eps = getattr(module, "eps", None) or module.variance_epsilon
        # Gemma 3 stores the weight less one and multiplies before it rounds, Qwen2.5-VL after.
        self.before = hasattr(module, "eps")
        self.weight = 1.0 + weight.float() if self.before else weight
        self.shape = (self.weight.shape[-1],)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if x.dtype == torch.float32 and self.weight.dim() == 1:
            return functional.rms_norm(x, self.shape, self.weight, self.eps)
        unit = functional.rms_norm(x.float(), self.shape, None, self.eps)
        return (unit * self.weight).to(x.dtype) if self.before else self.weight * unit.to(x.dtype)


@dataclass
class Layer:
    """One decoder layer. Projections take and give [tokens, features]."""

    kind: str  # full_attention or sliding_attention
    attention: torch.nn.Module  # transformers', for what it says of itself
    norm_in: Norm
    joined: Callable[[torch.Tensor], torch.Tensor]  # query, key and value heads, side by side
    norm_heads: Norm | None  # of query and key heads
    out: Callable[[torch.Tensor], torch.Tensor]
    norm_out: Norm | None
    norm_mlp_in: Norm
    gate_up: Callable[[torch.Tensor], torch.Tensor]
    activation: Callable[[torch.Tensor], torch.Tensor]
    down: Callable[[torch.Tensor], torch.Tensor]
    norm_mlp_out: Norm | None

    def mix(self, hidden: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """What follows the attention: [tokens, hidden] and [tokens, heads * size] -> [tokens, hidden]."""
        added = self.out(attended)
        hidden = hidden + (added if self.norm_out is None else self.norm_out(added))
        gate, up = self.gate_up(self.norm_mlp_in(hidden)).chunk(2, dim=1)
        added = self.down(self.activation(gate) * up)
        return hidden + (added if self.norm_mlp_out is None else self.norm_mlp_out(added))


def read_layers(language_model, adapter: str) -> list[Layer]:
    """The layers of transformers' language model with one adapter, or with none (the empty name)."""
    weights = sum(p.nbytes for name, p in language_model.layers.named_parameters() if ".lora_" not in name)
    return [_layer(layer, adapter, weights <= FOLD_BYTES) for layer in language_model.layers]


def _layer(layer: torch.nn.Module, adapter: str, small: bool) -> Layer:
    attention, mlp = layer.self_attn, layer.mlp

    def joined(*linears: torch.nn.Module):
        return _projection([part_of(linear, adapter) for linear in linears], small)

    gemma = hasattr(layer, "pre_feedforward_layernorm")
    return Layer(
        kind=attention.layer_type,
        attention=attention,
        norm_in=Norm(layer.input_layernorm),
        joined=joined(attention.q_proj, attention.k_proj, attention.v_proj),
        norm_heads=norm_of_heads(attention) if gemma else None,
        out=joined(attention.o_proj),
        norm_out=Norm(layer.post_attention_layernorm) if gemma else None,
        norm_mlp_in=Norm(layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm),
        gate_up=joined(mlp.gate_proj, mlp.up_proj),
        activation=mlp.act_fn,
        down=joined(mlp.down_proj),
        norm_mlp_out=Norm(layer.post_feedforward_layernorm) if gemma else None,
    )


def norm_of_heads(attention: torch.nn.Module) -> Norm:
    """The norms of query and key heads as one, with a row of weights for each head."""
    size = attention.head_dim
    queries, keys = attention.config.num_attention_heads, attention.config.num_key_value_heads
    weight = torch.cat([attention.q_norm.weight.expand(queries, size), attention.k_norm.weight.expand(keys, size)])
    return Norm(attention.q_norm, weight)


def part_of(linear: torch.nn.Module, adapter: str) -> Part:
    """A linear layer under the adapter, with the dropout that is set now; the empty name is the layer alone."""
    if not isinstance(linear, LoraLayer):
        return Part(linear.weight, linear.bias)
    base = linear.base_layer
    if adapter not in linear.lora_A:
        return Part(base.weight, base.bias)
    down, up = linear.lora_A[adapter].weight, linear.lora_B[adapter].weight
    dropout = getattr(linear.lora_dropout[adapter], "p", 0.0)
    return Part(base.weight, base.bias, down, up, linear.scaling[adapter], dropout)


def _projection(parts: list[Part], small: bool) -> Folded | Apart:
    exact = all(part.down is None or part.down.dtype == part.weight.dtype != torch.bfloat16 for part in parts)
    if not (small and exact):
        return Apart(parts)
    biases = [part.bias for part in parts if part.bias is not None]
    return Folded(torch.cat([part.folded() for part in parts]), torch.cat(biases) if biases else None)

"""One adapter's language model as the compiled kernels read it (`engine/kernels/model.h`): weights, LoRAs, norms.

The base's matrices are laid out once for the model's life, forward and backward; a LoRA is folded into a copy of them
where there is no dropout. Small models alone are served (`model.py`, `KERNEL_BYTES`): a large one would stand in memory
thrice.
"""

import ctypes
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

from chexengine.adapters import Adapters
from chexengine.gated_unit import CURVES
from chexengine.model import Loaded
from chexengine.own_layers import Norm, Part, part_of
from chexengine.own_stack import activation_of

_POINTER, _LONG = ctypes.c_void_p, ctypes.c_long
# In the order of model.h, which is that in which transformers calls them.
LINEARS = 7
_NORMS = ("norm_in", "norm_query", "norm_key", "norm_out", "norm_mlp_in", "norm_mlp_out")


@dataclass(frozen=True)
class Structures:
    """model.h's, for one type of numbers."""

    linear: type[ctypes.Structure]
    layer: type[ctypes.Structure]
    model: type[ctypes.Structure]


def structures(real) -> Structures:
    """`real` is the type of numbers, ctypes.c_float or ctypes.c_double."""

    class Linear(ctypes.Structure):
        _fields_ = [
            *((name, _LONG) for name in ("inputs", "outputs")),
            *((name, _POINTER) for name in ("panels", "back", "bias")),
            *((name, _LONG) for name in ("rank", "room", "folded")),
            *((name, _POINTER) for name in ("down", "down_turned", "up_scaled", "up_turned")),
            *((name, real) for name in ("scale", "kept")),
        ]

    class Layer(ctypes.Structure):
        _fields_ = [
            ("linear", Linear * LINEARS),
            *((name, _POINTER) for name in _NORMS),
            *((name, _LONG) for name in ("sliding", "rotation")),
        ]

    class Model(ctypes.Structure):
        _fields_ = [
            ("layers", ctypes.POINTER(Layer)),
            *((name, _LONG) for name in ["depth", "hidden", "queries", "keys", "size", "mlp", "vocabulary", "window"]),
            *((name, real) for name in ["eps", "scale", "first", "third"]),
            *((name, _POINTER) for name in ["embedding", "norm", "head", "rotations"]),
            ("rotation_row", _LONG),
        ]

    return Structures(Linear, Layer, Model)


def covers(model: Loaded, adapters: Adapters, adapter: str) -> bool:
    """Whether the kernels can read the adapter's model, or the base (the empty name)."""
    if model.kernels is None or model.full or adapters.has_variants(adapter):
        return False
    types = {parameter.dtype for parameter in adapters.get(adapter).parameters.values()} if adapter else set()
    if types - {model.hf.dtype} or getattr(model.hf.lm_head, "bias", None) is not None:
        return False
    return activation_of(model.hf.config.get_text_config()) in CURVES


class KernelWeights:
    """As the weights and dropout are at the making. What it points at lives as long as it does."""

    def __init__(self, model: Loaded, adapter: str, dropout: bool = True):
        """Without `dropout` there is none, whatever is set now."""
        self.kernels, self.config = model.kernels, model.hf.config.get_text_config()
        self.types = structures(self.kernels.real)
        self.language, self.dtype = model.hf.model.language_model, model.hf.dtype
        self.size = self.language.layers[0].self_attn.head_dim
        self.queries, self.keys = self.config.num_attention_heads, self.config.num_key_value_heads
        self.scale, self.curve = self.language.layers[0].self_attn.scaling, CURVES[activation_of(self.config)]
        self.norm = Norm(self.language.norm)
        self.kinds = [layer.self_attn.layer_type for layer in self.language.layers]
        self.parts = [_parts(layer, adapter) for layer in self.language.layers]
        if not dropout:
            self.parts = [[replace(part, dropout=0.0) for part in parts] for parts in self.parts]
        folds = all(part.dropout == 0 for parts in self.parts for part in parts)
        self._panels, self._kept = model.panels, []
        layers = (self.types.layer * len(self.parts))(*map(self._layer, self.language.layers, self.parts))
        self.structure = self.types.model(
            layers,
            *(len(layers), self.config.hidden_size, self.queries, self.keys, self.size, self.config.intermediate_size),
            *(self.config.vocab_size, self.config.sliding_window or 0),
            *(self.norm.eps, self.scale, *self.curve),
        )
        if folds:
            self.kernels.each(self._fold, [linear for layer in layers for linear in layer.linear if linear.rank])

    @property
    def factors(self) -> list[torch.Tensor | None]:
        """A and B of each linear layer of each layer."""
        return [factor for parts in self.parts for part in parts for factor in (part.down, part.up)]

    def at(self, tensor: torch.Tensor | None) -> int | None:
        """Where a tensor's numbers stand, which are kept."""
        if tensor is None:
            return None
        self._kept.append(tensor.detach().contiguous())
        return self._kept[-1].data_ptr()

    def weight_of(self, norm: torch.nn.Module | None) -> int | None:
        return None if norm is None else self.at(Norm(norm).weight.to(self.dtype))

    def _layer(self, layer: torch.nn.Module, parts: list[Part]) -> ctypes.Structure:
        attention, gemma = layer.self_attn, hasattr(layer, "pre_feedforward_layernorm")
        norms = (
            *(layer.input_layernorm, getattr(attention, "q_norm", None), getattr(attention, "k_norm", None)),
            layer.post_attention_layernorm if gemma else None,
            layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm,
            layer.post_feedforward_layernorm if gemma else None,
        )
        linears = (self.types.linear * LINEARS)(*map(self._linear, parts))
        return self.types.layer(linears, *map(self.weight_of, norms), int(attention.layer_type == "sliding_attention"))

    def _linear(self, part: Part) -> ctypes.Structure:
        outputs, inputs = part.weight.shape
        panels, back = self._laid_out(part.weight)
        out = self.types.linear(inputs, outputs, panels.data_ptr(), back.data_ptr(), self.at(part.bias))
        if part.down is None:
            return out
        rank = len(part.down)
        with torch.no_grad():
            scaled = part.up * part.scale
            room = functional.pad(scaled, (0, -rank % self.kernels.lanes))
            turned = functional.pad(part.down.T, (0, -rank % self.kernels.lanes))
        out.rank, out.room, out.scale, out.kept = rank, room.shape[1], part.scale, 1 - part.dropout
        out.down, out.down_turned = self.at(part.down), self.at(turned)
        out.up_scaled, out.up_turned = self.at(room), self.at(scaled.T)
        return out

    def _laid_out(self, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A frozen matrix [outputs, inputs] as model.h has it, forward and backward."""
        if id(weight) not in self._panels:
            (outputs, inputs), lanes = weight.shape, self.kernels.lanes
            with torch.no_grad():
                panels = weight.view(-1, lanes, inputs).transpose(1, 2).contiguous()
                back = weight.view(outputs, -1, lanes).transpose(0, 1).contiguous()
            self._panels[id(weight)] = panels, back
        return self._panels[id(weight)]

    def _fold(self, linear: ctypes.Structure) -> None:
        panels, back = (torch.empty(linear.inputs * linear.outputs, dtype=self.dtype) for _ in range(2))
        self.kernels.library.fold(ctypes.byref(linear), linear.panels, linear.back, self.at(panels), self.at(back))
        linear.panels, linear.back, linear.folded = panels.data_ptr(), back.data_ptr(), 1


def _parts(layer: torch.nn.Module, adapter: str) -> list[Part]:
    attention, mlp = layer.self_attn, layer.mlp
    linears = attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj
    return [part_of(linear, adapter) for linear in (*linears, mlp.gate_proj, mlp.up_proj, mlp.down_proj)]

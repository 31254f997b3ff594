"""One adapter's language model as the compiled kernels read it (`engine/kernels/model.h`): weights, LoRAs, norms.

The base's matrices are laid out once for the model's life, forward and backward (`Frozen`); a LoRA is folded into a
copy of them where there is no dropout. Small models alone are served (`model.py`, `KERNEL_BYTES`): a large one would
stand in memory thrice.
"""

import ctypes
from dataclasses import dataclass, replace

import torch

from chexengine.adapters import Adapters
from chexengine.gated_unit import CURVES
from chexengine.kernel_scores import Head
from chexengine.model import Loaded
from chexengine.own_layers import FOLD_BYTES, Norm, Part, part_of
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


class Frozen:
    """The base model's part, made once."""

    def __init__(self, model: Loaded):
        kernels = model.kernels
        self.types, self._lanes, self._dtype = structures(kernels.real), kernels.lanes, model.hf.dtype
        self._kept: list[torch.Tensor] = []  # what the structures point at
        layers = model.hf.model.language_model.layers
        self.layers = (self.types.layer * len(layers))(*map(self._layer, layers))
        small = model.hf.lm_head.weight.nbytes <= FOLD_BYTES
        self.head = Head(kernels, model.hf.lm_head.weight) if small else None

    def at(self, tensor: torch.Tensor | None) -> int | None:
        """Where a tensor's numbers stand, which are kept."""
        if tensor is None:
            return None
        kept = tensor.detach().contiguous()
        self._kept.append(kept)
        return kept.data_ptr()

    def _layer(self, layer: torch.nn.Module) -> ctypes.Structure:
        attention, gemma = layer.self_attn, hasattr(layer, "pre_feedforward_layernorm")
        norms = (
            *(layer.input_layernorm, getattr(attention, "q_norm", None), getattr(attention, "k_norm", None)),
            layer.post_attention_layernorm if gemma else None,
            layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm,
            layer.post_feedforward_layernorm if gemma else None,
        )
        linears = (self.types.linear * LINEARS)(*map(self._linear, _parts(layer, "")))
        weights = (None if norm is None else self.at(Norm(norm).weight.to(self._dtype)) for norm in norms)
        return self.types.layer(linears, *weights, int(attention.layer_type == "sliding_attention"))

    def _linear(self, part: Part) -> ctypes.Structure:
        """A frozen matrix [outputs, inputs] as model.h has it, forward and backward."""
        outputs, inputs = part.weight.shape
        panels = part.weight.view(-1, self._lanes, inputs).transpose(1, 2)
        back = part.weight.view(outputs, -1, self._lanes).transpose(0, 1)
        return self.types.linear(inputs, outputs, *map(self.at, (panels, back, part.bias)))


class KernelWeights:
    """With the LoRAs, as they and their dropout are at the making. What it points at lives as long as it does."""

    def __init__(self, model: Loaded, adapter: str, dropout: bool = True):
        """Without `dropout` there is none, whatever is set now."""
        if model.frozen is None:
            model.frozen = Frozen(model)
        self._frozen, self.head = model.frozen, model.frozen.head
        self.kernels, self.config = model.kernels, model.hf.config.get_text_config()
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
        self._kept: list[torch.Tensor] = []
        layers = type(self._frozen.layers)(*self._frozen.layers)  # copies
        self.kernels.each(lambda number: self._add_loras(layers[number], self.parts[number], folds), range(len(layers)))
        self.structure = self._frozen.types.model(
            layers,
            *(len(layers), self.config.hidden_size, self.queries, self.keys, self.size, self.config.intermediate_size),
            *(self.config.vocab_size, self.config.sliding_window or 0),
            *(self.norm.eps, self.scale, *self.curve),
        )

    @property
    def factors(self) -> list[torch.Tensor | None]:
        """A and B of each linear layer of each layer."""
        return [factor for parts in self.parts for part in parts for factor in (part.down, part.up)]

    def at(self, tensor: torch.Tensor) -> int:
        """Where a tensor's numbers stand, which are kept. For several threads at once."""
        kept = tensor.detach().contiguous()
        self._kept.append(kept)
        return kept.data_ptr()

    def _add_loras(self, layer: ctypes.Structure, parts: list[Part], folds: bool) -> None:
        library = self.kernels.library
        for part, linear in zip(parts, layer.linear, strict=True):
            if part.down is None:
                continue
            rank = len(part.down)
            room = torch.empty(library.room_of_lora(linear.inputs, linear.outputs, rank, folds), dtype=self.dtype)
            factors = self.at(part.down), self.at(part.up)
            library.ready(ctypes.byref(linear), rank, *factors, part.scale, 1 - part.dropout, folds, self.at(room))


def _parts(layer: torch.nn.Module, adapter: str) -> list[Part]:
    attention, mlp = layer.self_attn, layer.mlp
    linears = attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj
    return [part_of(linear, adapter) for linear in (*linears, mlp.gate_proj, mlp.up_proj, mlp.down_proj)]

"""The language model for Forward, by the engine's own few operations on transformers' weights, with their gradients.

transformers' modules spend a good part of a small model's training step on norms, rotations and on what autograd
keeps for each. Here a layer is seven linear layers with their LoRAs (`joined_lora.py`), norms with the sum behind them
(`unit_norm.py`), a gate (`gated_unit.py`) and attention (`head_attention.py`). The last layer computes keys and values
of all tokens, but everything else only of those whose state is wanted: 64 of 400 in SFT. Where there are compiled
kernels, these do it instead (`kernel_stack.py`).

Formulas are transformers' (`modeling_gemma3.py`, `modeling_qwen2_5_vl.py`). `own_stack_test.py` holds states,
dropout and gradients to its modules.

Not covered, and left to transformers' modules (`covers`): other devices than the CPU, gradient checkpointing, full
training, other activations than GELU by tanh and SiLU, LoRA variants such as DoRA, a LoRA of another type than its
base, and an engine without its own LoRA layer or its own attention.
"""

import torch

from chexengine.adapters import Adapters
from chexengine.batch import Batch
from chexengine.gated_unit import CURVES, GatedUnit
from chexengine.gen import engine_pb2 as pb
from chexengine.head_attention import HeadAttention, Heads, Wanted
from chexengine.joined_lora import JoinedParts
from chexengine.model import Loaded
from chexengine.noise import Noise
from chexengine.own_layers import Norm, part_of
from chexengine.rotations import tables
from chexengine.unit_norm import normed

NEEDED = (pb.SHORTCUT_OWN_LAYERS, pb.SHORTCUT_FUSED_LORA, pb.SHORTCUT_SHARED_KEYS)


def covers(model: Loaded, adapters: Adapters, adapter: str) -> bool:
    """Whether this file computes the adapter's Forward."""
    if model.full or model.checkpointing or model.device.type != "cpu" or not all(map(model.uses, NEEDED)):
        return False
    if activation_of(model.hf.config.get_text_config()) not in CURVES:
        return False
    if not adapter:
        return True
    types = {parameter.dtype for parameter in adapters.get(adapter).parameters.values()}
    return types == {model.hf.dtype} and not adapters.has_variants(adapter)


class OwnStack:
    """One adapter's language model, as its weights and dropout are at the making. Several threads may call it."""

    def __init__(self, model: Loaded, adapter: str):
        self._language = model.hf.model.language_model
        config = model.hf.config.get_text_config()
        self._layers = [_Layer(layer, adapter, config) for layer in self._language.layers]
        self._norm = Norm(self._language.norm)
        self._by_seen_keys = model.uses(pb.SHORTCUT_SEEN_KEYS)

    def noise(self, rows: int, length: int) -> Noise:
        """Dropout's masks for a batch, from torch's generator."""
        return Noise.draw([part for layer in self._layers for part in layer.parts], rows, length)

    def __call__(self, batch: Batch, places: torch.Tensor, noise: Noise) -> torch.Tensor:
        """The states [places, hidden] at places of the flattened batch, in any order, repeated or not."""
        rows, length, width = batch.embeds.shape
        kept, inverse = places.unique(return_inverse=True)
        wanted = Wanted.of(kept, length)
        kinds = {layer.heads.kind for layer in self._layers}
        turns = tables(self._language, kinds, batch.embeds, batch.positions)
        attend = HeadAttention(batch, turns, self._by_seen_keys)
        hidden = batch.embeds.reshape(rows * length, width)
        for number, layer in enumerate(self._layers):
            first = number * len(layer.parts)
            if number < len(self._layers) - 1:
                kept_inputs = [noise.of(first + index) for index in range(len(layer.parts))]
                hidden = layer(hidden, attend, None, kept_inputs)
                continue
            of_all = (1, 2)  # keys and values, whatever is wanted
            kept_inputs = [noise.of(first + i, None if i in of_all else kept) for i in range(len(layer.parts))]
            hidden = layer(hidden, attend, wanted, kept_inputs)
        return normed(self._norm, hidden).index_select(0, inverse)


class _Layer:
    """One decoder layer's weights."""

    def __init__(self, layer: torch.nn.Module, adapter: str, config):
        attend, mlp = layer.self_attn, layer.mlp
        gemma = hasattr(layer, "pre_feedforward_layernorm")
        # In the order in which transformers calls them.
        linears = attend.q_proj, attend.k_proj, attend.v_proj, attend.o_proj
        linears = *linears, mlp.gate_proj, mlp.up_proj, mlp.down_proj
        self.parts = [part_of(linear, adapter) for linear in linears]
        self._query, self._key_value, self._out, self._gate_up, self._down = (
            JoinedParts(self.parts[one]) for one in (slice(0, 1), slice(1, 3), slice(3, 4), slice(4, 6), slice(6, 7))
        )
        self.heads = Heads(
            attend.layer_type,
            config.num_attention_heads,
            config.num_key_value_heads,
            attend.head_dim,
            attend.scaling,
            Norm(attend.q_norm) if gemma else None,
            Norm(attend.k_norm) if gemma else None,
        )
        self._curve = CURVES[activation_of(config)]
        self._norm_in = Norm(layer.input_layernorm)
        self._norm_out = Norm(layer.post_attention_layernorm) if gemma else None
        self._norm_mlp_in = Norm(layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm)
        self._norm_mlp_out = Norm(layer.post_feedforward_layernorm) if gemma else None

    def __call__(self, hidden: torch.Tensor, attend, wanted: Wanted | None, kept: list) -> torch.Tensor:
        """[tokens, hidden] -> [tokens or those wanted, hidden]. `kept` are dropout's masks of the linear layers."""
        entered = normed(self._norm_in, hidden)
        asking = entered if wanted is None else entered.index_select(0, wanted.places)
        query, key_value = self._query(asking, kept[:1]), self._key_value(entered, kept[1:3])
        attended = attend(self.heads, query, key_value, wanted)
        if wanted is not None:
            hidden = hidden.index_select(0, wanted.places)
        hidden = _add(self._norm_out, hidden, self._out(attended, kept[3:4]))
        both = self._gate_up(normed(self._norm_mlp_in, hidden), kept[4:6])
        added = self._down(GatedUnit.apply(both, self._curve), kept[6:])
        return _add(self._norm_mlp_out, hidden, added)


def _add(norm: Norm | None, hidden: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
    return hidden + added if norm is None else normed(norm, added, hidden)


def activation_of(config) -> str:
    """What transformers calls the language model's activation."""
    return getattr(config, "hidden_activation", None) or config.hidden_act

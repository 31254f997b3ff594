"""The language model for Forward, by the engine's own few operations on transformers' weights, with their gradients.

transformers' modules spend a good part of a small model's training step on norms, rotations and on what autograd
keeps for each. Here a layer is four products with their LoRAs (`joined_lora.py`), norms with the sum behind them
(`unit_norm.py`), rotations from tables made once (`rotations.py`) and attention over seen keys. The last layer
computes keys and values of all tokens, but everything else only of those whose state is wanted: 64 of 700 in SFT.

Formulas are transformers' (`modeling_gemma3.py`, `modeling_qwen2_5_vl.py`). `own_stack_test.py` holds states,
dropout and gradients to its modules.

Not covered, and left to transformers' modules (`covers`): other devices than the CPU, gradient checkpointing, full
training, other activations than GELU by tanh and SiLU, LoRA variants such as DoRA, a LoRA of another type than its
base, and an engine without its own LoRA layer or its own attention.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention

from chexengine import attention, seen_keys
from chexengine.adapters import Adapters
from chexengine.batch import Batch
from chexengine.gated_unit import CURVES, GatedUnit
from chexengine.gen import engine_pb2 as pb
from chexengine.joined_lora import joined
from chexengine.model import Loaded
from chexengine.own_layers import Norm, has_variants, norm_of_heads, part_of
from chexengine.rotations import Rotate, tables
from chexengine.unit_norm import normed

NEEDED = (pb.SHORTCUT_OWN_LAYERS, pb.SHORTCUT_FUSED_LORA, pb.SHORTCUT_SHARED_KEYS)


def covers(model: Loaded, adapters: Adapters, adapter: str) -> bool:
    """Whether this file computes the adapter's Forward."""
    if model.full or model.checkpointing or model.device.type != "cpu" or not all(map(model.uses, NEEDED)):
        return False
    if _activation(model.hf.config.get_text_config()) not in CURVES:
        return False
    if not adapter:
        return True
    types = {parameter.dtype for parameter in adapters.get(adapter).parameters.values()}
    return types == {model.hf.dtype} and not has_variants(model.hf, adapter)


@dataclass(frozen=True)
class Wanted:
    """The places in the flattened batch whose states are asked for, each once and ascending, and those of each row."""

    places: torch.Tensor  # [wanted]
    rows: list[tuple[int, torch.Tensor]]  # number, places within the row; rows without any are left out

    @staticmethod
    def of(places: torch.Tensor, length: int) -> "Wanted":
        within = [(int(row), places[places // length == row] % length) for row in (places // length).unique()]
        return Wanted(places, within)


class OwnStack:
    """One adapter's language model, as its weights and dropout are at the making."""

    def __init__(self, model: Loaded, adapter: str):
        self._language = model.hf.model.language_model
        config = model.hf.config.get_text_config()
        self._queries, self._keys = config.num_attention_heads, config.num_key_value_heads
        self._layers = [_Layer(layer, adapter, _activation(config)) for layer in self._language.layers]
        self._norm = Norm(self._language.norm)
        self._by_seen_keys = model.uses(pb.SHORTCUT_SEEN_KEYS)

    def __call__(self, batch: Batch, places: torch.Tensor) -> torch.Tensor:
        """The states [places, hidden] at places of the flattened batch, in any order, repeated or not."""
        rows, length, width = batch.embeds.shape
        kept, inverse = places.unique(return_inverse=True)
        wanted = Wanted.of(kept, length)
        turns = tables(self._language, {layer.kind for layer in self._layers}, batch.embeds, batch.positions)
        long = self._by_seen_keys and length >= attention.LONG
        blocks = {
            kind: seen_keys.blocks_of(mask) if long and mask is not None else None for kind, mask in batch.masks.items()
        }
        hidden = batch.embeds.reshape(rows * length, width)
        for layer in self._layers[:-1]:
            query, key, value = self._project(layer, hidden, turns[layer.kind], rows)
            mask = batch.masks[layer.kind]
            attended = _attend(query, key, value, mask, blocks[layer.kind], layer.scale)
            attended = attended.transpose(1, 2).reshape(rows * length, -1)
            hidden = layer.mix(hidden, attended, rows * length)
        layer = self._layers[-1]
        query, key, value = self._project_last(layer, hidden, turns[layer.kind], rows, wanted)
        attended = _attend_last(query, key, value, batch.masks[layer.kind], wanted, layer.scale)
        hidden = layer.mix(hidden.index_select(0, kept), attended, rows * length, kept)
        return normed(self._norm, hidden).index_select(0, inverse)

    def _project(self, layer: "_Layer", hidden: torch.Tensor, turn: tuple, rows: int):
        """Query, key and value [rows, heads, length, size], the first two rotated."""
        both = joined(layer.qkv, normed(layer.norm_in, hidden), len(hidden)).unflatten(1, (-1, layer.size))
        turned, value = both.split([self._queries + self._keys, self._keys], dim=1)
        if layer.norm_heads is not None:
            turned = normed(layer.norm_heads, turned)
        turned = Rotate.apply(turned, *turn)
        query, key = turned.split([self._queries, self._keys], dim=1)
        return tuple(part.unflatten(0, (rows, -1)).transpose(1, 2) for part in (query, key, value))

    def _project_last(self, layer: "_Layer", hidden: torch.Tensor, turn: tuple, rows: int, wanted: Wanted):
        """The same with the query [wanted, heads, size] of the wanted tokens alone."""
        tokens, places = len(hidden), wanted.places
        entered = normed(layer.norm_in, hidden)
        query = joined(layer.qkv[:1], entered.index_select(0, places), tokens, places).unflatten(1, (-1, layer.size))
        both = joined(layer.qkv[1:], entered, tokens).unflatten(1, (-1, layer.size))
        key, value = both.split(self._keys, dim=1)
        if layer.norm_heads is not None:
            query, key = normed(layer.norm_query, query), normed(layer.norm_key, key)
        query = Rotate.apply(query, *(part[places] for part in turn))
        key = Rotate.apply(key, *turn)
        key, value = (part.unflatten(0, (rows, -1)).transpose(1, 2) for part in (key, value))
        return query, key, value


class _Layer:
    """One decoder layer's weights."""

    def __init__(self, layer: torch.nn.Module, adapter: str, activation: str):
        attend, mlp = layer.self_attn, layer.mlp
        gemma = hasattr(layer, "pre_feedforward_layernorm")
        self.kind, self.size, self.scale = attend.layer_type, attend.head_dim, attend.scaling
        self.qkv = [part_of(linear, adapter) for linear in (attend.q_proj, attend.k_proj, attend.v_proj)]
        self.out = [part_of(attend.o_proj, adapter)]
        self.gate_up = [part_of(mlp.gate_proj, adapter), part_of(mlp.up_proj, adapter)]
        self.down = [part_of(mlp.down_proj, adapter)]
        self.curve = CURVES[activation]
        self.norm_in = Norm(layer.input_layernorm)
        self.norm_query = Norm(attend.q_norm) if gemma else None
        self.norm_key = Norm(attend.k_norm) if gemma else None
        self.norm_heads = norm_of_heads(attend) if gemma else None
        self.norm_out = Norm(layer.post_attention_layernorm) if gemma else None
        self.norm_mlp_in = Norm(layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm)
        self.norm_mlp_out = Norm(layer.post_feedforward_layernorm) if gemma else None

    def mix(self, hidden: torch.Tensor, attended: torch.Tensor, tokens: int, wanted: torch.Tensor | None = None):
        """What follows the attention: [tokens, hidden] and [tokens, heads * size] -> [tokens, hidden]."""
        hidden = _add(self.norm_out, hidden, joined(self.out, attended, tokens, wanted))
        both = joined(self.gate_up, normed(self.norm_mlp_in, hidden), tokens, wanted)
        added = joined(self.down, GatedUnit.apply(both, self.curve), tokens, wanted)
        return _add(self.norm_mlp_out, hidden, added)


def _activation(config) -> str:
    return getattr(config, "hidden_activation", None) or config.hidden_act


def _add(norm: Norm | None, hidden: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
    return hidden + added if norm is None else normed(norm, added, hidden)


def _attend(query, key, value, mask, blocks, scale) -> torch.Tensor:
    """[rows, heads, length, size] each, mask [1 or rows, 1, length, length] or None for causal."""
    if blocks is not None:
        return seen_keys.attend_blocks(query, key, value, mask, scale, blocks)
    return scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, scale=scale, enable_gqa=True
    )


def _attend_last(query, key, value, mask, wanted: Wanted, scale) -> torch.Tensor:
    """Query [wanted, heads, size] over its row's keys [rows, heads, length, size] -> [wanted, heads * size]."""
    outs = []
    places = torch.arange(key.shape[2], device=key.device)
    for (row, within), part in zip(wanted.rows, query.split([len(within) for _, within in wanted.rows]), strict=True):
        seen = within[:, None] >= places if mask is None else mask[row % len(mask), 0, within]
        # The keys up to the last one that is seen.
        end = int(seen.any(dim=0).nonzero()[-1]) + 1
        out = scaled_dot_product_attention(
            part.transpose(0, 1)[None],
            key[row : row + 1, :, :end],
            value[row : row + 1, :, :end],
            attn_mask=seen[None, None, :, :end],
            scale=scale,
            enable_gqa=True,
        )
        outs.append(out[0].transpose(0, 1).flatten(1))
    return torch.cat(outs)

"""The language model for decoding, by the engine's own few operations on transformers' weights.

transformers' modules spend, on a small model, several times the products' time on calls, on rotary tables and
on roundings to and fro. Here a step is some twenty-five operations a layer (`own_layers.py`), rotations are read
from a table made once by transformers' own rotary module, and a prompt's last layer goes on with the one token
whose state is wanted.

`own_decoder_test.py` holds it to transformers' modules (`plain_decoder.py`), in float64 token for token.
On CUDA it has not run yet.
"""

import torch

from chexengine.attention import attention
from chexengine.batch import Batch
from chexengine.model import Loaded
from chexengine.own_layers import Layer, Norm, read_layers
from chexengine.rotations import tables


class OwnDecoder:
    """One adapter's language model, as its weights are at the making; `positions` bounds those of its steps."""

    def __init__(self, model: Loaded, adapter: str, positions: int):
        hf = model.hf
        self._language = hf.model.language_model
        config = hf.config.get_text_config()
        self._heads, self._keys = config.num_attention_heads, config.num_key_value_heads
        self._embed = hf.get_input_embeddings()
        self._layers = read_layers(self._language, adapter)
        self._kinds = sorted({layer.kind for layer in self._layers})
        self._size = self._layers[0].attention.head_dim
        self.scale = self._layers[0].attention.scaling
        self._norm = Norm(self._language.norm)
        line = torch.arange(positions, device=model.device).expand(model.family.axes, 1, -1)
        like = torch.empty(0, dtype=hf.dtype, device=model.device)
        turns = tables(self._language, self._kinds, like, line)
        # [positions, kinds * 2 * size]: the cosines and signed sines of each kind of layer.
        self._table = torch.cat([part.squeeze(1) for kind in self._kinds for part in turns[kind]], dim=-1)

    def prefill(self, batch: Batch, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As the plain decoder's."""
        rows, length, width = batch.embeds.shape
        rotations = tables(self._language, self._kinds, batch.embeds, batch.positions)
        hidden = batch.embeds.reshape(rows * length, width)
        wanted = torch.arange(rows, device=last.device) * length + last
        kept = hidden.new_empty(len(self._layers), 2, rows, self._keys, length, self._size)
        for index, layer in enumerate(self._layers):
            query, key, value = self._project(layer, hidden, rotations[layer.kind])
            query, key, value = (
                part.unflatten(0, (rows, length)).transpose(1, 2).contiguous() for part in (query, key, value)
            )
            kept[index, 0], kept[index, 1] = key, value
            attended, _ = attention(layer.attention, query, key, value, batch.masks[layer.kind], scaling=self.scale)
            attended = attended.reshape(rows * length, -1)
            if index == len(self._layers) - 1:
                hidden, attended = hidden[wanted], attended[wanted]
            hidden = layer.mix(hidden, attended)
        return self._norm(hidden), kept

    def step(self, tokens: torch.Tensor, positions: torch.Tensor, slot: torch.Tensor, memory, span) -> torch.Tensor:
        """As the plain decoder's."""
        hidden = self._embed(tokens)
        turns = self._table.index_select(0, positions).unsqueeze(1).chunk(2 * len(self._kinds), dim=-1)
        rotations = {kind: turns[2 * index : 2 * index + 2] for index, kind in enumerate(self._kinds)}
        attend = memory.attend(span, slot)
        for index, layer in enumerate(self._layers):
            query, key, value = self._project(layer, hidden, rotations[layer.kind])
            hidden = layer.mix(hidden, attend(index, layer.kind, query, key, value))
        return self._norm(hidden)

    def _project(self, layer: Layer, hidden: torch.Tensor, rotation) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Query, key and value [tokens, heads, size], the first two rotated."""
        joined = layer.joined(layer.norm_in(hidden)).view(len(hidden), -1, self._size)
        turned, value = joined[:, : self._heads + self._keys], joined[:, self._heads + self._keys :]
        if layer.norm_heads is not None:
            turned = layer.norm_heads(turned)
        cosine, sine = rotation
        turned = torch.addcmul(turned * cosine, turned.roll(self._size // 2, -1), sine)
        return turned[:, : self._heads], turned[:, self._heads :], value

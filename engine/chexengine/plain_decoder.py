"""The language model for decoding, by transformers' own modules: the path that the own decoder is held to."""

import torch

from chexengine.batch import Batch
from chexengine.cache import SlotCache
from chexengine.model import Loaded
from chexengine.row_memory import RowMemory, Span


class Captured:
    """Stands in for transformers' cache (whose `update` is all that the models call) in a prompt's forward."""

    def __init__(self):
        self.layers: list[torch.Tensor] = []

    def update(self, key: torch.Tensor, value: torch.Tensor, _layer: int, *_args, **_kwargs):
        self.layers.append(torch.stack((key, value)))
        return key, value


class Slots:
    """Stands in for transformers' cache in one decoding step."""

    def __init__(self, cache: SlotCache, span: Span, places: torch.Tensor, kinds: list[str]):
        self._cache, self._span, self._places, self._kinds = cache, span, places, kinds

    def update(self, key: torch.Tensor, value: torch.Tensor, layer: int, *_args, **_kwargs):
        span = self._span
        self._cache.write(layer, self._places, key.squeeze(2), value.squeeze(2))
        return self._cache.data[layer, :, : span.rows, :, span.first(self._kinds[layer]) : span.slots].unbind()


class PlainDecoder:
    """Runs transformers' language model with whichever adapter is active."""

    def __init__(self, model: Loaded):
        self._model = model
        self._config = model.hf.config.get_text_config()
        self.scale = model.hf.model.language_model.layers[0].self_attn.scaling

    def prefill(self, batch: Batch, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The hidden state at each prompt's `last` token, [prompts, hidden], and all keys and values.

        These are [layers, 2, prompts, heads, tokens, size].
        """
        captured = Captured()
        family, hf = self._model.family, self._model.hf
        hidden = family.hidden(hf, batch.embeds, batch.positions, batch.masks, captured)
        return hidden[torch.arange(len(last), device=last.device), last], torch.stack(captured.layers)

    def step(
        self, tokens: torch.Tensor, positions: torch.Tensor, slot: torch.Tensor, memory: RowMemory, span: Span
    ) -> torch.Tensor:
        """Hidden states [rows, hidden] of one token a row, whose keys and values go into its slot."""
        hf, family = self._model.hf, self._model.family
        embeds = hf.get_input_embeddings()(tokens[:, None])
        at = positions[None, :, None].expand(family.axes, -1, -1)
        view = Slots(memory.cache, span, memory.cache.places(slot), self._config.layer_types)
        return family.hidden(hf, embeds, at, memory.masks(span, slot), view)[:, 0]

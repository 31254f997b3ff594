"""Rows of tokens as one right-padded batch: embeddings with the pictures in them, positions, masks.

Padding stands on the right, where causal attention hides it from every real token, so no mask is needed for
it; a masked-out position still changes float32 sums by a rounding, in float64 by nothing seen.
"""

from dataclasses import dataclass

import torch

from chexengine.families import Family
from chexengine.model import Loaded
from chexengine.prompts import Prompt, PromptStore


@dataclass
class Batch:
    embeds: torch.Tensor  # [rows, length, hidden]
    positions: torch.Tensor  # [axes, rows, length]
    masks: dict[str, torch.Tensor | None]  # per kind of layer: [1 or rows, 1, length, length]; None is causal


def picture_features(model: Loaded, store: PromptStore, prompts: list[Prompt]) -> dict[str, list[torch.Tensor]]:
    """Features by handle. With full training the tower runs here, over all pictures at once, in the graph."""
    unique = {prompt.handle: prompt for prompt in prompts}
    if not model.full:
        return {
            handle: [features.to(model.device, non_blocking=True) for features in store.features(prompt)]
            for handle, prompt in unique.items()
        }
    pictures = {span.key: span.pixels for prompt in unique.values() for span in prompt.images}
    if not pictures:
        return {handle: [] for handle in unique}
    done = dict(zip(pictures, model.family.features(model.hf, list(pictures.values())), strict=True))
    return {handle: [done[span.key] for span in prompt.images] for handle, prompt in unique.items()}


def build(model: Loaded, store: PromptStore, rows: list[tuple[Prompt, list[int]]]) -> Batch:
    """The batch of (prompt, tokens after it)."""
    device = model.device
    features = picture_features(model, store, [prompt for prompt, _ in rows])
    length = max(len(prompt.ids) + len(tokens) for prompt, tokens in rows)
    axes = rows[0][0].positions.shape[0]
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions = torch.zeros(axes, len(rows), length, dtype=torch.long)
    places, pieces, spans = [], [], []
    for row, (prompt, tokens) in enumerate(rows):
        count = len(prompt.ids)
        ids[row, :count] = torch.tensor(prompt.ids)
        positions[:, row, :count] = prompt.positions
        if tokens:
            ids[row, count : count + len(tokens)] = torch.tensor(tokens)
            start = prompt.next_position
            positions[:, row, count : count + len(tokens)] = torch.arange(start, start + len(tokens))
        for span, piece in zip(prompt.images, features[prompt.handle], strict=True):
            ids[row, span.start : span.start + span.length] = 0  # a picture's token may lie outside the embedding
            places.append(torch.arange(span.start, span.start + span.length) + row * length)
            pieces.append(piece)
        spans.append(tuple((span.start, span.length) for span in prompt.images))
    embeds = model.hf.get_input_embeddings()(ids.to(device))
    if places:
        flat = embeds.reshape(len(rows) * length, -1)
        flat = flat.index_copy(0, torch.cat(places).to(device), torch.cat(pieces).to(flat.dtype))
        embeds = flat.view(len(rows), length, -1)
    return Batch(embeds, positions.to(device), prompt_masks(model.family, spans, length, device))


def prompt_masks(
    family: Family, spans: list[tuple[tuple[int, int], ...]], length: int, device: torch.device
) -> dict[str, torch.Tensor | None]:
    """Boolean masks, true where a query sees a key, for each kind of layer the language model has.

    Full layers: causal, or both within one picture. Sliding layers: the same, and the key less than the window
    behind the query (transformers' `create_masks_for_vision_model`).
    """
    window = family.config.get_text_config().sliding_window
    index = torch.arange(length, device=device)
    causal = index[:, None] >= index[None, :]
    full = None
    if family.bidirectional() and any(spans):
        # Rows with their pictures at the same place share one mask.
        distinct = spans[:1] if len(set(spans)) == 1 else spans
        blocks = torch.full((len(distinct), length), -1, dtype=torch.long)
        for row, row_spans in enumerate(distinct):
            for number, (start, count) in enumerate(row_spans):
                blocks[row, start : start + count] = number
        blocks = blocks.to(device)
        same = (blocks[:, :, None] == blocks[:, None, :]) & (blocks[:, :, None] >= 0)
        full = (causal | same).unsqueeze(1)
    masks = {"full_attention": full, "sliding_attention": full}
    if window is not None and window < length:
        near = index[None, :] > index[:, None] - window
        masks["sliding_attention"] = (causal[None, None] if full is None else full) & near
    return masks

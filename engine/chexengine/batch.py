"""Prompts and their completions as one right-padded batch: embeddings with the pictures in them, positions, masks.

A row holds a prompt and any number of completions, one after another. Each completion sees the prompt and
itself, and its positions go on from the prompt's, so its numbers are those it would have in a row of its own;
the prompt's work is done once for all of them. Padding stands on the right, where causal attention hides it.
"""

from dataclasses import dataclass, field

import torch

from chexengine.families import Family, Pixels
from chexengine.model import Loaded
from chexengine.prompts import Prompt, PromptStore
from chexengine.tower import by_picture


@dataclass(frozen=True)
class Row:
    """A prompt and the tokens after it, by completion."""

    prompt: Prompt
    completions: list[list[int]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.prompt.ids) + sum(map(len, self.completions))


@dataclass
class Batch:
    embeds: torch.Tensor  # [rows, length, hidden]
    positions: torch.Tensor  # [axes, rows, length]
    masks: dict[str, torch.Tensor | None]  # per kind of layer: [1 or rows, 1, length, length]; None is causal

    def row(self, number: int, length: int) -> "Batch":
        """One row by itself, without what stands behind its first tokens."""
        here = slice(number, number + 1)
        masks = {
            kind: None if mask is None else mask[number % len(mask)][None, :, :length, :length]
            for kind, mask in self.masks.items()
        }
        return Batch(self.embeds[here, :length], self.positions[:, here, :length], masks)


def picture_features(model: Loaded, store: PromptStore, prompts: list[Prompt]) -> dict[str, list[torch.Tensor]]:
    """Features by handle. With full training the tower runs here, over all pictures at once, in the graph.

    Without the feature cache it runs here too, one picture at a time as in Prepare, so that the numbers are its own.
    """
    unique = {prompt.handle: prompt for prompt in prompts}
    if not model.tower_inside:
        return {
            handle: [features.to(model.device, non_blocking=True) for features in store.features(prompt)]
            for handle, prompt in unique.items()
        }
    pictures = {span.key: span.pixels for prompt in unique.values() for span in prompt.images}
    if not pictures:
        return {handle: [] for handle in unique}

    def one(pixels: Pixels) -> torch.Tensor:
        return model.family.features(model.hf, [pixels])[0]

    if model.full:
        done = dict(zip(pictures, model.family.features(model.hf, list(pictures.values())), strict=True))
    else:
        done = dict(zip(pictures, by_picture(model, one, list(pictures.values())), strict=True))
    return {handle: [done[span.key] for span in prompt.images] for handle, prompt in unique.items()}


def build(model: Loaded, store: PromptStore, rows: list[Row]) -> Batch:
    """The rows as tensors on the model's device."""
    device = model.device
    features = picture_features(model, store, [row.prompt for row in rows])
    length = max(row.length for row in rows)
    axes = rows[0].prompt.positions.shape[0]
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions = torch.zeros(axes, len(rows), length, dtype=torch.long)
    places, pieces = [], []
    for number, row in enumerate(rows):
        at = len(row.prompt.ids)
        ids[number, :at] = torch.tensor(row.prompt.ids)
        positions[:, number, :at] = row.prompt.positions
        start = row.prompt.next_position
        for tokens in row.completions:
            end = at + len(tokens)
            ids[number, at:end] = torch.tensor(tokens, dtype=torch.long)
            positions[:, number, at:end] = torch.arange(start, start + len(tokens))
            at = end
        for span, piece in zip(row.prompt.images, features[row.prompt.handle], strict=True):
            ids[number, span.start : span.start + span.length] = 0  # a picture's token may lie outside the embedding
            places.append(torch.arange(span.start, span.start + span.length) + number * length)
            pieces.append(piece)
    embeds = model.hf.get_input_embeddings()(ids.to(device))
    if places:
        flat = embeds.reshape(len(rows) * length, -1)
        flat = flat.index_copy(0, torch.cat(places).to(device), torch.cat(pieces).to(flat.dtype))
        embeds = flat.view(len(rows), length, -1)
    return Batch(embeds, positions.to(device), row_masks(model.family, rows, length, device))


def row_masks(family: Family, rows: list[Row], length: int, device: torch.device) -> dict[str, torch.Tensor | None]:
    """Boolean masks, true where a query sees a key, for each kind of layer the language model has.

    Full layers: the prompt and one's own completion up to oneself, or both ways within one picture. Sliding
    layers: the same, and the key less than the window behind the query (transformers'
    `create_masks_for_vision_model`), counted as if the completion stood right behind its prompt.
    """
    window = family.config.get_text_config().sliding_window
    packed = any(len(row.completions) > 1 for row in rows)
    pictures = family.bidirectional() and any(row.prompt.images for row in rows)
    index = torch.arange(length, device=device)
    causal = index[:, None] >= index[None, :]
    # Rows that look the same to the masks share one.
    layouts = [_layout(row, packed) for row in rows]
    distinct = layouts[:1] if len(set(layouts)) == 1 else layouts
    full, place = None, index[None]
    if packed:
        segments, place = (part.to(device) for part in _segments(distinct, length))
        same = segments[:, :, None] == segments[:, None, :]
        full = causal & (same | (segments == 0)[:, None, :])
    if pictures:
        blocks = _blocks(distinct, length).to(device)
        both = (blocks[:, :, None] == blocks[:, None, :]) & (blocks[:, :, None] >= 0)
        full = (causal if full is None else full) | both
    sliding = full
    if window is not None and int(place.max()) >= window:
        near = place[:, None, :] > place[:, :, None] - window
        sliding = (causal if full is None else full) & near
    masks = {"full_attention": full, "sliding_attention": sliding}
    return {kind: None if mask is None else mask.unsqueeze(1) for kind, mask in masks.items()}


def _layout(row: Row, packed: bool) -> tuple:
    """What the masks depend on."""
    spans = tuple((span.start, span.length) for span in row.prompt.images)
    return (len(row.prompt.ids), tuple(map(len, row.completions)), spans) if packed else (spans,)


def _segments(layouts: list[tuple], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Whose a token is, 0 the prompt's, and where it stands in its own sequence: [layouts, length] each."""
    # Padding is a segment of its own, so that each of its queries sees something.
    segments = torch.full((len(layouts), length), -1, dtype=torch.long)
    place = torch.zeros(len(layouts), length, dtype=torch.long)
    for row, (prompt, completions, _) in enumerate(layouts):
        segments[row, :prompt] = 0
        place[row, :prompt] = torch.arange(prompt)
        at = prompt
        for number, count in enumerate(completions, 1):
            segments[row, at : at + count] = number
            place[row, at : at + count] = torch.arange(prompt, prompt + count)
            at += count
    return segments, place


def _blocks(layouts: list[tuple], length: int) -> torch.Tensor:
    """The number of the picture a token belongs to, -1 for text: [layouts, length]."""
    blocks = torch.full((len(layouts), length), -1, dtype=torch.long)
    for row, layout in enumerate(layouts):
        for number, (start, count) in enumerate(layout[-1]):
            blocks[row, start : start + count] = number
    return blocks

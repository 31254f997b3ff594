"""A layer's attention by torch: heads normed and rotated, then sdpa, by blocks over seen keys where rows are long."""

from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention

from chexengine import attention, seen_keys
from chexengine.batch import Batch
from chexengine.own_layers import Norm
from chexengine.rotations import Rotate
from chexengine.unit_norm import normed

# Cosine and signed sine of each token, [tokens, 1, size].
Turn = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Heads:
    """What one layer's heads are."""

    kind: str  # full_attention or sliding_attention
    queries: int
    keys: int
    size: int
    scale: float
    norm_query: Norm | None
    norm_key: Norm | None


@dataclass(frozen=True)
class Wanted:
    """The places in the flattened batch whose states are asked for, each once and ascending, and those of each row."""

    places: torch.Tensor  # [wanted]
    rows: list[tuple[int, torch.Tensor]]  # number, places within the row; rows without any are left out

    @staticmethod
    def of(places: torch.Tensor, length: int) -> "Wanted":
        within = [(int(row), places[places // length == row] % length) for row in (places // length).unique()]
        return Wanted(places, within)


class HeadAttention:
    """Attention of one batch."""

    def __init__(self, batch: Batch, turns: dict[str, Turn], by_seen_keys: bool):
        self._rows, length, _ = batch.embeds.shape
        self._masks, self._turns = batch.masks, turns
        long = by_seen_keys and length >= attention.LONG
        self._blocks = {
            kind: seen_keys.blocks_of(mask) if long and mask is not None else None for kind, mask in batch.masks.items()
        }

    def __call__(self, heads: Heads, query: torch.Tensor, both: torch.Tensor, wanted: Wanted | None) -> torch.Tensor:
        """query [asking tokens, queries * size], both (keys, then values) [tokens, 2 * keys * size] -> as query.

        All tokens ask, or the wanted ones alone.
        """
        turn = self._turns[heads.kind]
        key, value = both.unflatten(1, (-1, heads.size)).split(heads.keys, dim=1)
        query = query.unflatten(1, (-1, heads.size))
        if heads.norm_query is not None:
            query, key = normed(heads.norm_query, query), normed(heads.norm_key, key)
        query = Rotate.apply(query, *(turn if wanted is None else (part[wanted.places] for part in turn)))
        key = Rotate.apply(key, *turn)
        key, value = (part.unflatten(0, (self._rows, -1)).transpose(1, 2) for part in (key, value))
        mask, blocks = self._masks[heads.kind], self._blocks[heads.kind]
        if wanted is not None:
            return _attend_wanted(query, key, value, mask, wanted, heads.scale)
        query = query.unflatten(0, (self._rows, -1)).transpose(1, 2)
        return _attend(query, key, value, mask, blocks, heads.scale).transpose(1, 2).flatten(2).flatten(0, 1)


def _attend(query, key, value, mask, blocks, scale) -> torch.Tensor:
    """[rows, heads, length, size] each, mask [1 or rows, 1, length, length] or None for causal."""
    if blocks is not None:
        return seen_keys.attend_blocks(query, key, value, mask, scale, blocks)
    return scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, scale=scale, enable_gqa=True
    )


def _attend_wanted(query, key, value, mask, wanted: Wanted, scale) -> torch.Tensor:
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

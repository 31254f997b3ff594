"""LoRA's dropout: which inputs of each adapted linear layer are kept, drawn before anything is computed.

One seed gives one set of masks on every path. So they are drawn (`dropout.py`) in the order and the number in which
PEFT's modules would draw them, for all tokens of all rows and padding; each part of a Forward then takes those of its
rows, and the last layer those of the tokens that are wanted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from chexengine.dropout import kept
from chexengine.own_layers import Part


@dataclass(frozen=True)
class Noise:
    """For each linear layer in the model's order a mask [rows, length, inputs], true for what is kept, or None."""

    masks: list[torch.Tensor | None]

    @staticmethod
    def draw(parts: Iterable[Part], rows: int, length: int) -> "Noise":
        """From torch's generator on the CPU."""
        return Noise([None if part.down is None or part.dropout == 0 else _mask(part, rows, length) for part in parts])

    def part(self, rows: slice, length: int) -> "Noise":
        """Those of some rows, which are padded to `length` alone."""
        return Noise([None if mask is None else mask[rows, :length] for mask in self.masks])

    def of(self, number: int, wanted: torch.Tensor | None = None) -> torch.Tensor | None:
        """The mask [tokens, inputs] of a linear layer, of the `wanted` tokens alone where they are given."""
        mask = self.masks[number]
        if mask is None:
            return None
        flat = mask.flatten(0, 1)
        return flat if wanted is None else flat.index_select(0, wanted)


def _mask(part: Part, rows: int, length: int) -> torch.Tensor:
    return kept((rows, length, part.weight.shape[1]), part.dropout)

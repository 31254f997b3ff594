"""A batch made ready for the compiled layers: who asks in each layer, what they see, what dropout keeps."""

import ctypes
from dataclasses import dataclass

import torch

from chexengine.batch import Batch
from chexengine.head_attention import Wanted
from chexengine.kernel_attention import Stretch, of_all, of_wanted
from chexengine.kernel_weights import LINEARS, KernelWeights
from chexengine.noise import Noise
from chexengine.rotations import tables

_POINTER, _LONG = ctypes.c_void_p, ctypes.c_long
# Keys and values are of all tokens, whatever is wanted of the last layer.
OF_ALL_TOKENS = (1, 2)


class TokensStructure(ctypes.Structure):
    _fields_ = [("asking", _LONG), ("places", _POINTER), ("cosine", _POINTER), ("sine", _POINTER)]


class MasksStructure(ctypes.Structure):
    _fields_ = [("of", _POINTER * LINEARS)]


@dataclass(frozen=True)
class Side:
    """The tokens that ask in a layer, and what they see."""

    asking: int
    tokens: TokensStructure
    stretches: list[Stretch]
    masks: list[torch.Tensor | None]  # of dropout, of each linear layer

    @property
    def masks_structure(self) -> MasksStructure:
        return MasksStructure((_POINTER * LINEARS)(*(None if mask is None else mask.data_ptr() for mask in self.masks)))


class Plan:
    """A batch, made ready for all layers."""

    def __init__(self, weights: KernelWeights, batch: Batch, wanted: Wanted, noise: Noise):
        rows, length, width = batch.embeds.shape
        self.hidden = batch.embeds.detach().reshape(rows * length, width).contiguous()
        self._weights, self._rows, self._wanted, self._noise = weights, rows, wanted, noise
        turns = tables(weights.language, set(weights.kinds), batch.embeds, batch.positions)
        self._turns = {kind: [part.contiguous() for part in turn] for kind, turn in turns.items()}
        seen: dict[int, tuple] = {}  # kinds may share a mask
        self._masks, self._stretches = {}, {}
        for kind, mask in batch.masks.items():
            if id(mask) not in seen:
                whole = _causal(length) if mask is None else mask.squeeze(1)
                seen[id(mask)] = whole, of_all(weights.kernels, whole, rows)
            self._masks[kind], self._stretches[kind] = seen[id(mask)]

    def side(self, index: int) -> Side:
        """Who asks in a layer: of the last one only the tokens that are wanted."""
        kind, number = self._weights.kinds[index], index * LINEARS
        turn = (part.data_ptr() for part in self._turns[kind])
        if index < len(self._weights.kinds) - 1:
            masks = [self._noise.of(number + linear) for linear in range(LINEARS)]
            return Side(len(self.hidden), TokensStructure(len(self.hidden), None, *turn), self._stretches[kind], masks)
        places = self._wanted.places
        masks = [
            self._noise.of(number + linear, None if linear in OF_ALL_TOKENS else places) for linear in range(LINEARS)
        ]
        tokens = TokensStructure(len(places), places.data_ptr(), *turn)
        stretches = of_wanted(self._weights.kernels, self._masks[kind], self._wanted)
        return Side(len(places), tokens, stretches, masks)


def _causal(length: int) -> torch.Tensor:
    return torch.ones(1, length, length, dtype=torch.bool).tril_()

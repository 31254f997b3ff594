"""Attention by the compiled kernels over a batch's tokens: who asks, what is seen, where it stands in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from chexengine.head_attention import Wanted
from chexengine.kernels import Kernels, Shape, Sight, Strides


@dataclass(frozen=True)
class Stretch:
    """Rows of which equally many tokens ask: where they begin among those that ask and among all tokens."""

    asks: int
    begin: int
    rows: int
    from_length: int
    to_length: int
    sight: Sight


def of_all(kernels: Kernels, mask: torch.Tensor, rows: int) -> list[Stretch]:
    """All tokens of all rows ask; the mask is [1 or rows, length, length]."""
    length = mask.shape[1]
    return [Stretch(0, 0, rows, length, length, kernels.see(mask))]


def of_wanted(kernels: Kernels, mask: torch.Tensor, wanted: Wanted) -> list[Stretch]:
    """Each row with as many queries as are wanted of it."""
    stretches, asks, length = [], 0, mask.shape[1]
    for row, within in wanted.rows:
        sight = kernels.see(mask[row % len(mask), within][None])
        stretches.append(Stretch(asks, row * length, 1, len(within), length, sight))
        asks += len(within)
    return stretches


@dataclass(frozen=True)
class Heads:
    """A layer's: heads of queries and of keys, numbers of one, the scores' scale."""

    queries: int
    keys: int
    size: int
    scale: float

    def attend(self, kernels: Kernels, stretches: list[Stretch], query, key, key_value, out) -> list[torch.Tensor]:
        """Fills out [asking, queries * size] from query (alike), key [tokens, keys * size] and the values of key_value
        [tokens, 2 * keys * size]. Returns each stretch's logarithms of sums."""
        values = key_value[:, self.keys * self.size :]
        return [
            kernels.attend(shape, self.scale, stretch.sight, (query[a], key[b], values[b], out[a]), strides)
            for stretch, shape, strides, a, b in self._each(stretches)
        ]

    def attend_back(self, kernels: Kernels, stretches, query, key, key_value, out, logsums, gradients) -> None:
        """`gradients` of out, which is read, and of query, key and key_value's values, which are filled."""
        value = self.keys * self.size
        given, of_query, of_key, of_value = gradients
        for (stretch, shape, strides, a, b), logsum in zip(self._each(stretches), logsums, strict=True):
            kernels.attend_back(
                *(shape, self.scale, stretch.sight),
                *((query[a], key[b], key_value[b, value:], out[a]), strides, logsum),
                (given[a], of_query[a], of_key[b], of_value[b, value:]),
            )

    def _each(self, stretches: list[Stretch]) -> Iterator[tuple[Stretch, Shape, tuple[Strides, ...], slice, slice]]:
        """Each stretch with its shape, the strides of query, key, value and out, and which tokens ask and are seen."""
        size, asked, kept = self.size, self.queries * self.size, self.keys * self.size
        for stretch in stretches:
            shape = Shape(stretch.rows, self.queries, self.keys, stretch.from_length, stretch.to_length, size)
            query = Strides(stretch.from_length * asked, size, asked)
            key = Strides(stretch.to_length * kept, size, kept)
            value = Strides(stretch.to_length * 2 * kept, size, 2 * kept)
            asking = slice(stretch.asks, stretch.asks + stretch.rows * stretch.from_length)
            seen = slice(stretch.begin, stretch.begin + stretch.rows * stretch.to_length)
            yield stretch, shape, (query, key, value, query), asking, seen

"""Keys and values of the rows being decoded, in buffers that grow by doubling.

It stands in for transformers' `DynamicCache` (whose `update` is all the models call once masks and positions
are given): that one copies the whole cache for every token, and its sliding layers forget what a row that is
shorter than its neighbours would still need. Here every layer keeps all positions and the mask hides the rest.
"""

import torch

FIRST_ROOM = 64  # tokens beyond the prompt before the buffers grow


class RowCache:
    """Per layer keys and values [rows, heads, slots, size]; `length` slots are in use."""

    def __init__(self):
        self.length = 0
        self._layers: dict[int, list[torch.Tensor]] = {}

    def update(self, key: torch.Tensor, value: torch.Tensor, layer: int, *_args, **_kwargs):
        """Appends one forward's keys and values and returns all of the layer's. Called by the model."""
        if layer not in self._layers:
            self._layers[layer] = [key, value]
            return key, value
        buffers = self._layers[layer]
        end = self.length + key.shape[2]
        for index, new in enumerate((key, value)):
            if buffers[index].shape[2] < end:
                buffers[index] = _grown(buffers[index], self.length, max(2 * self.length, end + FIRST_ROOM))
            buffers[index][:, :, self.length : end] = new
        return buffers[0][:, :, :end], buffers[1][:, :, :end]

    def advance(self, count: int) -> None:
        """After a forward of `count` tokens."""
        self.length += count

    def select(self, rows: torch.Tensor) -> None:
        """Keeps the given rows, in that order; a row may be asked for more than once."""
        for buffers in self._layers.values():
            for index, buffer in enumerate(buffers):
                buffers[index] = buffer.index_select(0, rows)


def _grown(buffer: torch.Tensor, used: int, slots: int) -> torch.Tensor:
    rows, heads, _, size = buffer.shape
    larger = buffer.new_zeros(rows, heads, slots, size)
    larger[:, :, :used] = buffer[:, :, :used]
    return larger

"""Buffers for the keys and values of the rows being decoded, by slot.

With a fixed number of slots (the static cache) they are made once and written in place; without that shortcut
they grow by doubling. On the CPU only slots in use are ever read, so room that is never used costs neither time
nor, untouched, memory: the static cache is the faster one there at every length, since a growing one copies
itself at each doubling. On CUDA it is the one that a graph can hold.
"""

import torch

FIRST_ROOM = 64  # tokens beyond the first that growing buffers have room for


class SlotCache:
    """Buffers [layers, 2, rows, heads, slots, size]; the 2 are keys and values.

    They begin as zeros: a masked slot's weight is 0, and 0 times what memory happens to hold could be NaN.
    """

    def __init__(self, like: torch.Tensor, rows: int, slots: int, static: bool):
        """`like` is a prefill's keys and values, [layers, 2, prompts, heads, tokens, size]."""
        layers, _, _, heads, tokens, size = like.shape
        self._limit = slots
        room = slots if static else min(slots, tokens + FIRST_ROOM)
        self._make(like.new_zeros(layers, 2, rows, heads, room, size))

    def put(self, rows: torch.Tensor, prompts: torch.Tensor, choice: torch.Tensor) -> None:
        """Copies prompts' keys and values [layers, 2, prompts, heads, tokens, size] into rows, `choice` for each."""
        tokens = prompts.shape[4]
        self.reserve(tokens)
        self.data[:, :, rows, :, :tokens] = prompts[:, :, choice]

    def move(self, sources: torch.Tensor, targets: torch.Tensor, slots: int) -> None:
        """Copies rows' first slots onto other rows."""
        self.data[:, :, targets, :, :slots] = self.data[:, :, sources, :, :slots]

    def reserve(self, slots: int) -> None:
        """Makes room for so many slots; a static cache has it."""
        old, held = self.data, self.data.shape[4]
        if slots <= held:
            return
        room = min(self._limit, max(slots + FIRST_ROOM, 2 * held))
        self._make(old.new_zeros(*old.shape[:4], room, old.shape[5]))
        self.data[:, :, :, :, :held] = old

    def places(self, slot: torch.Tensor) -> torch.Tensor:
        """Where `write` puts the keys and values of each row's slot [rows]; the same for all layers."""
        return (self._base[:, : len(slot)] + slot[None, :, None]).flatten()

    def write(self, layer: int, places: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> None:
        """Key and value [rows, heads, size] of one token a row."""
        new = torch.stack((key, value))
        self._flat[layer].index_copy_(0, places, new.view(-1, new.shape[-1]))

    def read(self, layer: int, rows: int, low: int, high: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys [rows * heads, size, slots] and values [rows * heads, slots, size] from slot `low` to `high`."""
        keys, values = self._views[layer]
        count = rows * self.data.shape[3]
        return keys[:count, :, low:high], values[:count, low:high]

    def _make(self, data: torch.Tensor) -> None:
        layers, two, rows, heads, slots, size = data.shape
        self.data = data
        self._flat = list(data.view(layers, -1, size))
        # Transposed once and for all: a step makes as few views as it can.
        self._views = [(keys.flatten(0, 1).transpose(1, 2), values.flatten(0, 1)) for keys, values in data]
        index = torch.arange(two * rows * heads, device=data.device) * slots
        self._base = index.view(two, rows, heads)


def added(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores by a boolean mask: 0 where a slot is seen."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, -torch.inf)

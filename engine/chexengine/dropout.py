"""LoRA's dropout on the CPU: torch's generator, read sixteen bits at a time.

torch draws each of its decisions from a word of its own and on one thread, which with the paper's dropout of 0.1 takes
a small model a third of its training step. Here a word of 64 bits decides on four inputs, so a probability is rounded
to 1 in 65,536. The same generator, and the same masks on every path: transformers' modules with PEFT's LoRA
(`Dropout`, put in PEFT's place) and the engine's own layers (`noise.py`). On other devices torch's own.
"""

import torch
from torch import nn

STEPS = 1 << 16  # of a probability
LEAST = -(1 << 63)


def kept(shape: tuple[int, ...], p: float) -> torch.Tensor:
    """A mask of the shape, true with probability 1 - p, from torch's generator on the CPU."""
    count = torch.Size(shape).numel()
    words = torch.empty(-(-count // 4), dtype=torch.int64).random_(LEAST, None)
    least = min(round(p * STEPS), STEPS - 1) - STEPS // 2  # of an int16
    return (words.view(torch.int16)[:count] >= least).view(shape)


class Dropout(nn.Dropout):
    """nn.Dropout with these masks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0 or x.device.type != "cpu":
            return super().forward(x)
        return x * kept(tuple(x.shape), self.p).to(x.dtype).div_(1 - self.p)


def install(layer, adapter: str) -> None:
    """Puts it in the place of one of PEFT's linear layers' own."""
    if adapter in layer.lora_dropout and isinstance(layer.lora_dropout[adapter], nn.Dropout):
        layer.lora_dropout[adapter] = Dropout(layer.lora_dropout[adapter].p)

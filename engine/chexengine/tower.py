"""The frozen tower, a picture at a time.

A picture's features must not depend, by a rounding, on which others came along, or an interrupted run could not go
on to the same bytes. So pictures are never put together; of a small tower several stand side by side.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded
from chexengine.side_by_side import side_by_side

Item = TypeVar("Item")
Result = TypeVar("Result")

# Parameters of a tower that one thread is enough for: with a larger one a single picture would keep the others waiting.
SMALL = 1 << 24


def by_picture(model: Loaded, work: Callable[[Item], Result], pictures: Sequence[Item]) -> list[Result]:
    """[work(picture) for picture in pictures], no gradients. How, the model alone decides: the bytes depend on it."""
    if model.device.type == "cpu" and model.uses(pb.SHORTCUT_SINGLE_THREADS) and _size(model) <= SMALL:
        return side_by_side(work, pictures)
    with torch.no_grad():
        return [work(picture) for picture in pictures]


def _size(model: Loaded) -> int:
    named = model.hf.model.named_parameters()
    return sum(parameter.numel() for name, parameter in named if not name.startswith("language_model."))

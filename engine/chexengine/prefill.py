"""The waiting completions of a Sample, whose prompts are computed a group at a time, when their turn comes.

Groups follow from the request alone: prompts in its order, as many as `PREFILL_TOKENS` hold when padded to the
longest. So the memory that prompts take before their rows begin is bounded, however many the request has.
"""

from collections.abc import Iterator

import torch

from chexengine.batch import Row as PromptRow
from chexengine.batch import build
from chexengine.model import Loaded
from chexengine.prompts import PromptStore
from chexengine.running_batch import Prefilled, Row

PREFILL_TOKENS = 4096  # of one group, padding included: enough to fill a GPU, 0.6 GB of MedGemma's keys and values


class Waiting:
    """The rows that have not begun, in their order."""

    def __init__(self, model: Loaded, store: PromptStore, decoder, rows: list[Row]):
        self._model, self._store, self._decoder = model, store, decoder
        self._groups = groups(rows, model.share_prompts)
        self._ready: list[tuple[Row, int]] = []  # rows of the group computed last, each with its prompt's number
        self._prompts: Prefilled | None = None
        self.left = len(rows)

    def take(self, count: int) -> Iterator[tuple[list[Row], Prefilled, list[int]]]:
        """The next `count` rows, in parts: rows, their prompts computed, and which prompt is whose."""
        while count and self.left:
            if not self._ready:
                self._compute()
            part, self._ready = self._ready[:count], self._ready[count:]
            count -= len(part)
            self.left -= len(part)
            prompts = self._prompts
            if not self._ready:
                self._prompts = None
            yield [row for row, _ in part], prompts, [choice for _, choice in part]

    def _compute(self) -> None:
        group = self._groups.pop(0)
        prompts = [rows[0].prompt for rows in group]
        batch = build(self._model, self._store, [PromptRow(prompt) for prompt in prompts])
        last = torch.tensor([len(prompt.ids) - 1 for prompt in prompts], device=self._model.device)
        hidden, keys = self._decoder.prefill(batch, last)
        self._prompts = Prefilled(keys, hidden)
        self._ready = [(row, choice) for choice, rows in enumerate(group) for row in rows]


def groups(rows: list[Row], shared: bool) -> list[list[list[Row]]]:
    """The rows of each prompt (each row by itself unless shared), in groups that are computed at once."""
    units: dict[object, list[Row]] = {}
    for number, row in enumerate(rows):
        units.setdefault(row.prompt.handle if shared else number, []).append(row)
    out: list[list[list[Row]]] = []
    longest = 0
    for unit in units.values():
        length = len(unit[0].prompt.ids)
        if out and max(longest, length) * (len(out[-1]) + 1) <= PREFILL_TOKENS:
            longest = max(longest, length)
            out[-1].append(unit)
        else:
            longest = length
            out.append([unit])
    return out

"""Prompts' keys kept once against rows that have copies, through comings and goings."""

import numpy as np
import pytest
import torch

from chexengine.prompt_memory import Grid, PromptMemory
from chexengine.row_memory import RowMemory

LAYERS, HEADS, GROUP, SIZE = 2, 2, 3, 4
CAPACITY, LONGEST, OWN, WINDOW, SCALE = 8, 9, 30, 12, 0.4


class Both:
    """The two memories, put through the same."""

    def __init__(self, static=True):
        self.rng = np.random.default_rng(5)
        self.generator = torch.Generator().manual_seed(3)
        self.rows = RowMemory(CAPACITY, LONGEST + OWN, WINDOW, SCALE, static=True, round_up=False)
        self.prompts = PromptMemory(CAPACITY, LONGEST, OWN, WINDOW, SCALE, static)
        self.slot = np.zeros(CAPACITY, dtype=np.int64)
        self.count = 0

    def random(self, *shape):
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64)

    def put(self, handles, lengths, choice):
        """Rows by handle; prompts of one handle always have the same keys."""
        kept = []
        for handle in dict.fromkeys(handles):
            generator = torch.Generator().manual_seed(int(handle))
            shape = (LAYERS, 2, HEADS, LONGEST, SIZE)
            kept.append(torch.randn(*shape, generator=generator, dtype=torch.float64))
        keys = torch.stack(kept, dim=2)
        rows = np.arange(self.count, self.count + len(handles))
        for memory in (self.rows, self.prompts):
            memory.put(rows, handles, np.array(lengths), keys, choice)
        self.slot[rows] = lengths
        self.count += len(handles)

    def step(self):
        slot = self.slot[: self.count]
        spans = self.rows.span(slot), self.prompts.span(slot)
        at = torch.from_numpy(slot)
        attends = self.rows.attend(spans[0], at), self.prompts.attend(spans[1], at)
        worst = 0.0
        for layer, kind in enumerate(("full_attention", "sliding_attention")):
            query = self.random(self.count, HEADS * GROUP, SIZE)
            key, value = self.random(self.count, HEADS, SIZE), self.random(self.count, HEADS, SIZE)
            one, other = (attend(layer, kind, query, key, value) for attend in attends)
            worst = max(worst, (one - other).abs().max().item())
        self.slot[: self.count] += 1
        return worst

    def drop(self, ended):
        ended = np.array(ended)
        left = self.count - len(ended)
        targets = ended[ended < left]
        sources = np.setdiff1d(np.arange(left, self.count), ended)
        self.slot[targets] = self.slot[sources]
        for memory in (self.rows, self.prompts):
            memory.drop(sources, targets, ended, left, self.slot - 1)
        self.count = left


@pytest.mark.parametrize("static", [True, False])
def test_it_is_rows_with_copies(static):
    both = Both(static)
    both.put(["1", "1", "1", "2", "2", "2"], [9] * 6, [0, 0, 0, 1, 1, 1])
    assert max(both.step() for _ in range(15)) < 1e-12  # beyond the window
    both.drop([1, 3])
    assert max(both.step() for _ in range(2)) < 1e-12  # the rows stand no more by prompt
    both.drop([0, 1])  # both that were left of the first prompt, or not: some prompt may be gone
    assert both.step() < 1e-12
    both.put(["3", "3", "1", "2"], [4, 4, 9, 9], [0, 0, 1, 2])  # shorter prompts; one that is here, one that may be
    assert max(both.step() for _ in range(10)) < 1e-12
    for _ in range(3):
        both.drop([both.count - 1, 0][: both.count])
        if both.count:
            assert both.step() < 1e-12


def test_whatever_comes_and_goes():
    both = Both()
    for turn in range(60):
        free = CAPACITY - both.count
        if free and both.rng.random() < 0.6:
            handles = sorted(str(both.rng.integers(0, 5)) for _ in range(both.rng.integers(1, free + 1)))
            names = list(dict.fromkeys(handles))
            both.put(handles, [3 + int(handle) for handle in handles], [names.index(handle) for handle in handles])
        if both.count:
            assert both.step() < 1e-12, turn
        over = np.flatnonzero(both.slot[: both.count] > LONGEST + 18)
        random = np.flatnonzero(both.rng.random(both.count) < 0.15)
        ended = np.union1d(over, random)
        if len(ended):
            both.drop(ended)


@pytest.mark.parametrize("mutation", ["window", "holes", "grid"])
def test_a_wrong_one_would_fail(mutation, monkeypatch):
    both = Both()
    if mutation == "window":
        both.prompts._window = 1000
    elif mutation == "holes":
        monkeypatch.setattr("chexengine.prompt_memory.added", lambda mask, dtype: torch.zeros(mask.shape, dtype=dtype))
    else:
        gather = Grid.gather
        monkeypatch.setattr(Grid, "gather", lambda self, part, heads: gather(self, part, heads).roll(1, 0))
    both.put(["1", "1", "2", "3"], [9, 9, 5, 7], [0, 0, 1, 2])
    assert max(both.step() for _ in range(10)) > 1e-3

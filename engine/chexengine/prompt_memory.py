"""A prompt's keys and values kept once and read once a step for all of its completions, beside the rows' own.

A row's scores over its prompt and over itself are laid side by side for one softmax. What a step reads is what
it takes on a CPU, as soon as all of it no longer fits the caches: with four completions of a prompt of 101
tokens and 32 of their own, this reads a third. Used on the CPU by the own decoder; `prompt_memory_test.py` holds
it to rows that have copies (`row_memory.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from chexengine.cache import SlotCache, added


@dataclass(frozen=True)
class Part:
    """What one kind of layer reads in a step: slots of the prompts and of the rows, and what is added to scores."""

    prompt: tuple[int, int]
    own: tuple[int, int]
    bias: torch.Tensor | None  # [rows, 1, 1, slots of both]


@dataclass(frozen=True)
class Grid:
    """The rows by prompt, [prompts, width], a prompt with fewer rows than the widest having some row twice."""

    prompts: int
    width: int
    rows: torch.Tensor | None  # [prompts * width], which row; None: the rows stand so already
    places: torch.Tensor | None  # [rows], where in the grid

    def spread(self, by_row: torch.Tensor) -> torch.Tensor:
        """[rows, heads, group, n] -> [prompts * heads, width * group, n]."""
        part = by_row if self.rows is None else by_row.index_select(0, self.rows)
        _, heads, group, n = part.shape
        part = part.view(self.prompts, self.width, heads, group, n).transpose(1, 2)
        return part.reshape(self.prompts * heads, self.width * group, n)

    def gather(self, by_prompt: torch.Tensor, heads: int) -> torch.Tensor:
        """The reverse."""
        n = by_prompt.shape[2]
        part = by_prompt.view(self.prompts, heads, self.width, -1, n).transpose(1, 2)
        part = part.reshape(self.prompts * self.width, heads, -1, n)
        return part if self.places is None else part.index_select(0, self.places)


@dataclass(frozen=True)
class Step:
    """Which rows and slots one step computes."""

    rows: int
    own: torch.Tensor  # [rows], the slot that each fills
    grid: Grid
    parts: dict[str, Part]


class PromptMemory:
    """The memory of at most `rows` rows with `own` tokens each, of prompts with at most `longest`."""

    def __init__(self, rows: int, longest: int, own: int, window: int | None, scale: float, static: bool):
        self._rows, self._longest, self._own, self._static = rows, longest, own, static
        self._window, self._scale = window, scale
        self._caches: tuple[SlotCache, SlotCache] | None = None  # of prompts and of rows
        self._handles: list[str] = []  # by the prompt's place
        self._lengths = np.zeros(rows, dtype=np.int64)
        self._prompt = np.zeros(rows, dtype=np.int64)  # each row's prompt's place
        self._grid: Grid | None = None

    def put(self, rows: np.ndarray, handles: list[str], lengths: np.ndarray, keys: torch.Tensor, choice: list[int]):
        """As the row memory's. A prompt that other rows of it keep here is not copied again."""
        if self._caches is None:
            prompts = SlotCache(keys, self._rows, self._longest, static=True)
            self._caches = prompts, SlotCache(keys[..., :0, :], self._rows, self._own, self._static)
        fresh = {}
        for row, handle, length, number in zip(rows, handles, lengths, choice, strict=True):
            if handle not in self._handles:
                fresh[len(self._handles)] = number
                self._lengths[len(self._handles)] = length
                self._handles.append(handle)
            self._prompt[row] = self._handles.index(handle)
        if fresh:
            self._caches[0].put(torch.tensor(list(fresh)), keys, torch.tensor(list(fresh.values())))
        self._grid = None

    def drop(self, sources: np.ndarray, targets: np.ndarray, _ended: np.ndarray, left: int, slot: np.ndarray):
        """As the row memory's."""
        if len(targets):
            self._prompt[targets] = self._prompt[sources]
            used = int((slot[targets] - self._lengths[self._prompt[targets]]).max()) + 1
            self._caches[1].move(torch.from_numpy(sources), torch.from_numpy(targets), used)
        self._drop_prompts(left)
        self._grid = None

    def span(self, slot: np.ndarray) -> Step:
        """The step that fills `slot` [rows], counted from the prompt's first."""
        count = len(slot)
        if self._grid is None:
            self._grid = self._make_grid(count)
        lengths = self._lengths[self._prompt[:count]]
        own = slot - lengths
        self._caches[1].reserve(int(own.max()) + 1)
        full = sliding = self._part(lengths, own, None)
        if self._window is not None and int(slot.max()) >= self._window:
            sliding = self._part(lengths, own, self._window)
        parts = {"full_attention": full, "sliding_attention": sliding}
        return Step(count, torch.from_numpy(own), self._grid, parts)

    def attend(self, step: Step, _slot: torch.Tensor) -> Callable[..., torch.Tensor]:
        """As the row memory's."""
        prompts, rows = self._caches
        places, grid = rows.places(step.own), step.grid

        def attend(layer, kind, query, key, value):
            rows.write(layer, places, key, value)
            part = step.parts[kind]
            heads, size = key.shape[1:]
            grouped = (query * self._scale).view(step.rows, heads, -1, size)
            own_keys, own_values = rows.read(layer, step.rows, *part.own)
            scores = torch.bmm(grouped.view(step.rows * heads, -1, size), own_keys)
            scores = scores.view(step.rows, heads, -1, own_keys.shape[2])
            low, high = part.prompt
            if high > low:
                prompt_keys, prompt_values = prompts.read(layer, grid.prompts, low, high)
                over_prompt = grid.gather(torch.bmm(grid.spread(grouped), prompt_keys), heads)
                scores = torch.cat([over_prompt, scores], dim=-1)
            if part.bias is not None:
                scores += part.bias
            weights = scores.softmax(dim=-1)
            own_weights = weights.view(step.rows * heads, -1, weights.shape[3])[:, :, high - low :]
            out = torch.bmm(own_weights, own_values).view(step.rows, heads, -1, size)
            if high > low:
                out += grid.gather(torch.bmm(grid.spread(weights[..., : high - low]), prompt_values), heads)
            return out.view(step.rows, -1)

        return attend

    def _part(self, lengths: np.ndarray, own: np.ndarray, window: int | None) -> Part:
        """Only slots that some row sees are read; a bias is made only where not every row sees all of them."""
        longest, last = int(lengths.max()), int(own.max())
        low = prompt_low = 0
        if window is not None:
            low = max(0, int(own.min()) + 1 - window)
            prompt_low = min(longest, max(0, int((lengths + own).min()) + 1 - window))
        holes, ragged = int(lengths.min()) != longest, int(own.min()) != last
        bias = None
        if holes or ragged:
            of, at = torch.from_numpy(lengths)[:, None], torch.from_numpy(own)[:, None]
            prompt_slots, own_slots = torch.arange(prompt_low, longest)[None], torch.arange(low, last + 1)[None]
            in_prompt, in_own = prompt_slots < of, own_slots <= at
            if window is not None:
                in_prompt &= prompt_slots > of + at - window
                in_own &= own_slots > at - window
            bias = added(torch.cat([in_prompt, in_own], dim=1)[:, None, None], self._caches[1].data.dtype)
        return Part((prompt_low, longest), (low, last + 1), bias)

    def _make_grid(self, count: int) -> Grid:
        prompt = self._prompt[:count]
        prompts = len(self._handles)
        counts = np.bincount(prompt, minlength=prompts)
        width = int(counts.max())
        order = np.argsort(prompt, kind="stable")
        rank = np.empty(count, dtype=np.int64)
        rank[order] = np.arange(count) - (np.cumsum(counts) - counts)[prompt[order]]
        places = prompt * width + rank
        if prompts * width == count and np.array_equal(places, np.arange(count)):
            return Grid(prompts, width, None, None)
        rows = np.zeros(prompts * width, dtype=np.int64)
        rows[places] = np.arange(count)
        return Grid(prompts, width, torch.from_numpy(rows), torch.from_numpy(places))

    def _drop_prompts(self, rows: int) -> None:
        """Prompts without a row among the first `rows` go; the last ones move into their places."""
        alive = np.zeros(len(self._handles), dtype=bool)
        alive[self._prompt[:rows]] = True
        left = int(alive.sum())
        targets = np.flatnonzero(~alive[:left])
        sources = left + np.flatnonzero(alive[left:])
        if len(targets):
            self._caches[0].move(
                torch.from_numpy(sources), torch.from_numpy(targets), int(self._lengths[sources].max())
            )
            self._lengths[targets] = self._lengths[sources]
            renamed = np.arange(len(self._handles))
            renamed[sources] = targets
            self._prompt[:rows] = renamed[self._prompt[:rows]]
            for source, target in zip(sources, targets, strict=True):
                self._handles[target] = self._handles[source]
        del self._handles[left:]

"""The rows being decoded: one token each a step, rows leaving as they end and others taking their places.

A step is a function of tensors that stay where they are (`State`, the cache), so that a CUDA graph can hold it;
on the CPU the same function runs as it is. Which rows run together follows from the request and its tokens
alone.
"""

import contextlib
from dataclasses import dataclass

import numpy as np
import torch

from chexengine.choose import choose, draw, settle, uniforms
from chexengine.cuda_graphs import GraphSteps
from chexengine.model import Loaded
from chexengine.prompts import Prompt
from chexengine.side_by_side import one_thread
from chexengine.step_size import StepSize


@dataclass
class Row:
    """One completion being decoded."""

    prompt_index: int
    index: int
    prompt: Prompt
    seed: int
    tokens: list[int]
    logprobs: list[float]


@dataclass(frozen=True)
class Settings:
    """How tokens are chosen, and until when."""

    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True)
class Prefilled:
    """Prompts that have been computed."""

    keys: torch.Tensor  # and values: [layers, 2, prompts, heads, tokens, size]
    hidden: torch.Tensor  # at each prompt's last token, [prompts, hidden]


class State:
    """What a step reads and moves on, for as many rows as there can be."""

    def __init__(self, rows: int, settings: Settings, device: torch.device):
        def zeros():
            return torch.zeros(rows, dtype=torch.long, device=device)

        self.token = zeros()  # the last one chosen
        self.made = zeros()  # tokens chosen so far
        self.slot = zeros()  # of the last one chosen
        self.position = zeros()
        # What the next tokens are drawn by; greedy draws nothing.
        draws = (rows, settings.max_tokens) if settings.temperature > 0 else None
        self.uniform = None if draws is None else torch.zeros(draws, dtype=torch.float64, device=device)

    def move(self, sources: torch.Tensor, targets: torch.Tensor) -> None:
        for part in (self.token, self.made, self.slot, self.position, self.uniform):
            if part is not None:
                part[targets] = part[sources]

    def next_uniform(self, rows: int) -> torch.Tensor | None:
        if self.uniform is None:
            return None
        # A graph also computes rows that nobody waits for: these may be past their end.
        at = self.made[:rows, None].clamp(max=self.uniform.shape[1] - 1)
        return self.uniform[:rows].gather(1, at).squeeze(1)


class RunningBatch:
    """At most `capacity` rows, a decoder and its memory."""

    def __init__(self, model: Loaded, decoder, memory, settings: Settings, capacity: int, graphs: bool):
        self._model, self._decoder, self._memory, self._settings = model, decoder, memory, settings
        self._capacity = capacity
        self._state = State(capacity, settings, model.device)
        self._size = StepSize(model)
        self._graphs = GraphSteps(self._compute, model.hf.dtype) if graphs else None
        self._stops = np.zeros(model.vocabulary, dtype=bool)
        self._stops[[token for token in model.stop_tokens if token < model.vocabulary]] = True
        self.rows: list[Row] = []
        # The same as the state's, where the host needs to know them.
        self._made = np.zeros(capacity, dtype=np.int64)
        self._slot = np.zeros(capacity, dtype=np.int64)
        self._tokens = np.zeros((capacity, settings.max_tokens), dtype=np.int64)
        self._logprobs = np.zeros((capacity, settings.max_tokens))

    @property
    def free(self) -> int:
        return self._capacity - len(self.rows)

    def admit(self, rows: list[Row], prompts: Prefilled, choice: list[int]) -> list[Row]:
        """Takes rows in, `choice` being each one's prompt, and chooses their first tokens. Returns those that end."""
        device, state = self._model.device, self._state
        places = np.arange(len(self.rows), len(self.rows) + len(rows))
        self.rows += rows
        at, of = torch.from_numpy(places).to(device), torch.tensor(choice, device=device)
        lengths = np.array([len(row.prompt.ids) for row in rows])
        self._memory.put(places, [row.prompt.handle for row in rows], lengths, prompts.keys, choice)
        if state.uniform is not None:
            drawn = np.stack([uniforms(row.seed, self._settings.max_tokens) for row in rows])
            state.uniform[at] = torch.from_numpy(drawn).to(device)
        first = None if state.uniform is None else state.uniform[at, 0]
        logits = self._logits(prompts.hidden[of])
        tokens, logprobs = choose(logits, first, self._settings.temperature, self._settings.top_p)
        state.token[at], state.made[at] = tokens, 1
        state.slot[at] = torch.from_numpy(lengths).to(device)
        state.position[at] = torch.tensor([row.prompt.next_position for row in rows], device=device)
        self._made[places], self._slot[places] = 0, lengths - 1
        return self._take(places, tokens, logprobs)

    def step(self) -> list[Row]:
        """One more token for every row. Returns the rows that it ended."""
        count, state, settings = len(self.rows), self._state, self._settings
        span = self._memory.span(self._slot[:count])
        run = self._compute if self._graphs is None else self._graphs.run
        with one_thread() if self._size.is_small(count, int(self._slot[:count].max())) else contextlib.nullcontext():
            tokens, logprobs, settled, logits = (None if out is None else out[:count] for out in run(span))
            if settled is not None:
                uniform = state.next_uniform(count)
                settle(tokens, logprobs, settled, logits, uniform, settings.temperature, settings.top_p)
        state.token[:count] = tokens
        for part in (state.made, state.slot, state.position):
            part[:count] += 1
        return self._take(np.arange(count), tokens, logprobs)

    def _compute(self, span) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Feeds each row's last token and chooses the next: tokens, log-probabilities, settled, logits [rows, ...].

        It changes nothing but the slots it fills, so it may run again.
        """
        state, settings = self._state, self._settings
        slot = state.slot[: span.rows]
        if self._graphs is not None:
            slot = slot.clamp(max=span.slots - 1)
        position = state.position[: span.rows]
        hidden = self._decoder.step(state.token[: span.rows], position, slot, self._memory, span)
        logits = self._logits(hidden)
        chosen = draw(logits, state.next_uniform(span.rows), settings.temperature, settings.top_p)
        return *chosen, logits

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(hidden, self._model.hf.lm_head.weight).to(self._model.score_dtype)

    def _take(self, places: np.ndarray, tokens: torch.Tensor, logprobs: torch.Tensor) -> list[Row]:
        """Notes a token for each of the places and lets the rows go that it ended."""
        chosen = tokens.cpu().numpy()
        made = self._made[places]
        self._tokens[places, made] = chosen
        self._logprobs[places, made] = logprobs.cpu().numpy()
        self._made[places] += 1
        self._slot[places] += 1
        ended = places[self._stops[chosen] | (self._made[places] == self._settings.max_tokens)]
        return self._drop(ended) if len(ended) else []

    def _drop(self, ended: np.ndarray) -> list[Row]:
        """Removes rows; the last ones move into their places."""
        gone = []
        for place in ended:
            row, made = self.rows[place], self._made[place]
            row.tokens, row.logprobs = self._tokens[place, :made].tolist(), self._logprobs[place, :made].tolist()
            gone.append(row)
        count, left = len(self.rows), len(self.rows) - len(ended)
        targets = ended[ended < left]
        sources = np.setdiff1d(np.arange(left, count), ended)
        if len(targets):
            for place, source in zip(targets, sources, strict=True):
                self.rows[place] = self.rows[source]
            for part in (self._made, self._slot, self._tokens, self._logprobs):
                part[targets] = part[sources]
            device = self._model.device
            source, target = torch.from_numpy(sources).to(device), torch.from_numpy(targets).to(device)
            self._state.move(source, target)
        self._memory.drop(sources, targets, ended, left, self._slot)
        del self.rows[left:]
        return gone

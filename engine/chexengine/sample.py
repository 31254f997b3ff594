"""Sample: the engine's own decode loop.

The request's completions are decoded in batches of at most `max_rows`, made from the request alone. Each
prompt of a batch runs once; its keys and values are then repeated for its completions. Rows that have ended
leave the batch when enough of them have.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from chexengine.adapters import Adapters
from chexengine.batch import Row as PromptRow
from chexengine.batch import build
from chexengine.cache import RowCache
from chexengine.choose import choose, uniforms
from chexengine.errors import invalid
from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded, set_checkpointing
from chexengine.prompts import Prompt, PromptStore
from chexengine.stopwatch import Stopwatch

# Ended rows leave once they are this share of the batch: each time copies the caches of those that stay.
COMPACT_SHARE = 0.25


@dataclass
class Row:
    """One completion being decoded."""

    prompt_index: int
    index: int
    prompt: Prompt
    uniforms: np.ndarray | None
    tokens: list[int]
    logprobs: list[float]


def sample(
    model: Loaded,
    store: PromptStore,
    adapters: Adapters,
    request: pb.SampleRequest,
    cancelled: Callable[[], bool],
    stopwatch: Stopwatch,
) -> Iterator[pb.SampledCompletion]:
    """Answers Sample. Stops between two tokens when `cancelled` says so."""
    rows = _rows(request, store)
    size = request.max_rows or max(1, len(rows))
    set_checkpointing(model.hf, False)
    for start in range(0, len(rows), size):
        if cancelled():  # or each of the batches left would still compute its prompts
            return
        yield from _decode(model, store, adapters, rows[start : start + size], request, cancelled, stopwatch)


def _rows(request: pb.SampleRequest, store: PromptStore) -> list[Row]:
    if request.max_tokens < 1:
        raise invalid("Sample: max_tokens must be at least 1")
    if not request.temperature >= 0 or not 0 < request.top_p <= 1:
        raise invalid(f"Sample: temperature {request.temperature}, top_p {request.top_p}: at least 0, and in (0, 1]")
    rows = []
    for number, wanted in enumerate(request.prompts):
        prompt = store.get(wanted.handle)
        for index, seed in enumerate(wanted.seeds):
            stream = uniforms(seed, request.max_tokens) if request.temperature > 0 else None
            rows.append(Row(number, index, prompt, stream, [], []))
    return rows


def _decode(
    model: Loaded,
    store: PromptStore,
    adapters: Adapters,
    rows: list[Row],
    request: pb.SampleRequest,
    cancelled: Callable[[], bool],
    stopwatch: Stopwatch,
) -> Iterator[pb.SampledCompletion]:
    # A generator may be resumed on any thread and after any other call: mode and adapter are set for each step.
    with stopwatch.measure("Sample.prefill"), torch.inference_mode(), adapters.active(request.adapter, dropout=False):
        batch = Decoding(model, store, rows)
    while batch.rows and not cancelled():
        with torch.inference_mode(), adapters.active(request.adapter, dropout=False):
            ended = batch.step(request.temperature, request.top_p, request.max_tokens)
        for row in ended:
            yield _answer(model, row)


class Decoding:
    """A batch of rows and its cache."""

    def __init__(self, model: Loaded, store: PromptStore, rows: list[Row]):
        self._model = model
        self.rows = list(rows)
        shared = model.share_prompts
        prompts = list({row.prompt.handle: row.prompt for row in rows}.values()) if shared else [r.prompt for r in rows]
        batch = build(model, store, [PromptRow(prompt) for prompt in prompts])
        self._cache = RowCache()
        hidden = model.family.hidden(model.hf, batch.embeds, batch.positions, batch.masks, self._cache)
        self._cache.advance(hidden.shape[1])
        device = model.device
        order = {prompt.handle: index for index, prompt in enumerate(prompts)}
        choice = torch.tensor(
            [order[row.prompt.handle] for row in rows] if shared else list(range(len(rows))), device=device
        )
        lengths = torch.tensor([len(prompt.ids) for prompt in prompts], device=device)
        self._hidden = hidden[torch.arange(len(prompts), device=device), lengths - 1][choice]
        self._cache.select(choice)
        self._axes = batch.positions.shape[0]
        self._prompt_lengths = lengths[choice]
        self._padded = int(lengths.max())  # slots the prompts take; shorter ones leave a hole behind them
        self._holes = bool((lengths < self._padded).any())
        self._next = torch.tensor([prompt.next_position for prompt in prompts], device=device)[choice]
        self._ended = np.zeros(len(rows), dtype=bool)
        self._live = len(rows)
        self._uniforms = np.stack([row.uniforms for row in rows]) if rows[0].uniforms is not None else None

    def step(self, temperature: float, top_p: float, max_tokens: int) -> list[Row]:
        """Chooses one token for each row and, if any row goes on, runs the model on them. Returns the ended rows."""
        model = self._model
        made = len(self._live_row().tokens)
        logits = (self._hidden @ model.hf.lm_head.weight.T).to(model.score_dtype)
        uniform = None if self._uniforms is None else torch.from_numpy(self._uniforms[:, made])
        tokens, logprobs = choose(logits, uniform, temperature, top_p)
        ended = []
        for index, (row, token, logprob) in enumerate(zip(self.rows, tokens.tolist(), logprobs.tolist(), strict=True)):
            if self._ended[index]:
                continue
            row.tokens.append(token)
            row.logprobs.append(logprob)
            if token in model.stop_tokens or len(row.tokens) == max_tokens:
                self._ended[index] = True
                ended.append(row)
        self._live -= len(ended)
        if self._live == 0:
            self.rows = []
            return ended
        if len(self.rows) - self._live >= COMPACT_SHARE * len(self.rows):
            tokens = tokens[self._compact()]
        self._advance(tokens, made)
        return ended

    def _live_row(self) -> Row:
        return self.rows[int(np.argmin(self._ended))]

    def _advance(self, tokens: torch.Tensor, made: int) -> None:
        """Runs the model on the token just chosen, which is number `made` of its completion."""
        model = self._model
        embeds = model.hf.get_input_embeddings()(tokens[:, None])
        positions = (self._next + made)[None, :, None].expand(self._axes, -1, -1)
        hidden = model.family.hidden(model.hf, embeds, positions, self._masks(made), self._cache)
        self._cache.advance(1)
        self._hidden = hidden[:, 0]

    def _masks(self, made: int) -> dict[str, torch.Tensor | None]:
        """Which slots the new token sees: all but the holes, and within the window in sliding layers."""
        window = self._model.hf.config.get_text_config().sliding_window
        total = self._padded + made + 1
        near = window is not None and total > window
        if not self._holes and not near:
            return {"full_attention": None, "sliding_attention": None}
        slots = torch.arange(total, device=self._model.device)[None]
        lengths = self._prompt_lengths[:, None]
        full = None
        if self._holes:
            full = (slots < lengths) | (slots >= self._padded)
        sliding = full
        if near:
            # Where a slot's token stands in its row; those in a hole do not matter.
            place = torch.where(slots < self._padded, slots, slots - self._padded + lengths)
            close = place > lengths + made - window
            sliding = close if full is None else full & close
        return {
            "full_attention": None if full is None else full[:, None, None],
            "sliding_attention": None if sliding is None else sliding[:, None, None],
        }

    def _compact(self) -> torch.Tensor:
        """Drops the ended rows and returns the indices of those that stay."""
        stay = np.flatnonzero(~self._ended)
        self.rows = [self.rows[index] for index in stay]
        self._ended = np.zeros(len(stay), dtype=bool)
        if self._uniforms is not None:
            self._uniforms = self._uniforms[stay]
        index = torch.from_numpy(stay).to(self._model.device)
        self._cache.select(index)
        self._prompt_lengths = self._prompt_lengths[index]
        self._next = self._next[index]
        return index


def _answer(model: Loaded, row: Row) -> pb.SampledCompletion:
    stopped = row.tokens[-1] in model.stop_tokens
    return pb.SampledCompletion(
        prompt=row.prompt_index,
        completion=row.index,
        tokens=row.tokens,
        text=model.family.tokenizer.decode(row.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False),
        finish=pb.FINISH_STOP if stopped else pb.FINISH_LENGTH,
        logprobs=row.logprobs,
    )

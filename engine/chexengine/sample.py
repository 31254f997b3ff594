"""Sample: the engine's own decode loop.

One running batch: where rows have ended, the next completions of the request take their places, their prompts
computed once for all of their completions (`prefill.py`, `running_batch.py`; for a small model on the CPU
`kernel_batch.py`).
"""

import contextlib
import math
from collections.abc import Callable, Iterator

import torch

from chexengine import kernel_decoder
from chexengine.adapters import Adapters
from chexengine.errors import invalid, precondition
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_batch import KernelBatch
from chexengine.kernel_decoder import KernelDecoder
from chexengine.model import Loaded, head_size, set_checkpointing
from chexengine.own_decoder import OwnDecoder
from chexengine.plain_decoder import PlainDecoder
from chexengine.prefill import Waiting
from chexengine.prompt_memory import PromptMemory
from chexengine.prompts import PromptStore
from chexengine.row_memory import RowMemory
from chexengine.running_batch import Row, RunningBatch, Settings
from chexengine.stopwatch import Stopwatch

# Waiting rows come in once this share of the batch is free. On a GPU a step costs nearly the same however few rows it
# has. On the CPU few rows are cheap, and rows of different lengths dear, because all read as many slots as the longest.
# Measured there: on lengths as of a geometric law 1/2 takes as long as 1/16, and batches that drain a sixth longer; on
# lengths that are nearly equal 1/2 takes as long as batches that drain, and 1/16 a tenth longer.
REFILL_SHARE = {"cpu": 1 / 2, "cuda": 1 / 16}

# Keys and values of a running batch at most, where the request leaves the number of rows open, in bytes.
CACHE_BYTES = {"cpu": 2 << 30, "cuda": 16 << 30}


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
    if not rows:
        return
    set_checkpointing(model, False)
    settings = Settings(request.temperature, request.top_p, request.max_tokens)
    slots = max(len(row.prompt.ids) for row in rows) + request.max_tokens
    capacity = min(len(rows), request.max_rows or _most_rows(model, slots))
    refill = model.uses(pb.SHORTCUT_REFILLING_BATCH)
    enough = max(1, int(capacity * REFILL_SHARE[model.device.type])) if refill else capacity

    by_kernels = kernel_decoder.covers(model, adapters, request.adapter)
    own = by_kernels or (model.uses(pb.SHORTCUT_OWN_DECODER) and not adapters.has_variants(request.adapter))

    # A generator may be resumed on any thread and after any other call: mode and adapter are set for each step. The
    # own decoders have read their adapter's weights; of the model they use what no adapter touches.
    def computing():
        active = contextlib.nullcontext() if own else adapters.active(request.adapter, dropout=False)
        return torch.inference_mode(), active

    inference, active = computing()
    with inference, active:
        positions = max(row.prompt.next_position for row in rows) + request.max_tokens
        if by_kernels:
            decoder = KernelDecoder(model, request.adapter, positions)
            batch = KernelBatch(model, decoder, settings, capacity)
        else:
            decoder = OwnDecoder(model, request.adapter, positions) if own else PlainDecoder(model)
            batch = _running_batch(model, decoder, settings, capacity, slots)
        waiting = Waiting(model, store, decoder, rows)
    while batch.rows or waiting.left:
        if cancelled():
            return
        ended = []
        inference, active = computing()
        with inference, active:
            if waiting.left and batch.free >= enough:
                with stopwatch.measure("Sample.prefill"):
                    for part in waiting.take(batch.free):
                        ended += batch.admit(*part)
            elif batch.rows:
                ended = batch.step()
        for row in ended:
            _refuse_diverged(row, request.adapter)
            yield _answer(model, row)


def _running_batch(model: Loaded, decoder, settings: Settings, capacity: int, slots: int) -> RunningBatch:
    own, static = isinstance(decoder, OwnDecoder), model.uses(pb.SHORTCUT_STATIC_CACHE)
    graphs = own and static and model.device.type == "cuda" and model.uses(pb.SHORTCUT_CUDA_GRAPHS)
    window = model.hf.config.get_text_config().sliding_window
    if own and model.device.type == "cpu" and model.share_prompts and model.uses(pb.SHORTCUT_PROMPT_KEYS):
        memory = PromptMemory(capacity, slots - settings.max_tokens, settings.max_tokens, window, decoder.scale, static)
    else:
        memory = RowMemory(capacity, slots, window, decoder.scale, static, round_up=graphs)
    return RunningBatch(model, decoder, memory, settings, capacity, graphs)


def _rows(request: pb.SampleRequest, store: PromptStore) -> list[Row]:
    if request.max_tokens < 1:
        raise invalid("Sample: max_tokens must be at least 1")
    if not request.temperature >= 0 or not 0 < request.top_p <= 1:
        raise invalid(f"Sample: temperature {request.temperature}, top_p {request.top_p}: at least 0, and in (0, 1]")
    rows = []
    for number, wanted in enumerate(request.prompts):
        prompt = store.get(wanted.handle)
        rows += [Row(number, index, prompt, seed, [], []) for index, seed in enumerate(wanted.seeds)]
    return rows


def _most_rows(model: Loaded, slots: int) -> int:
    """The rows whose keys and values `CACHE_BYTES` hold: of the request and the model alone, not of what is free."""
    config = model.hf.config.get_text_config()
    token = 2 * config.num_hidden_layers * config.num_key_value_heads * head_size(config) * model.hf.dtype.itemsize
    return max(1, CACHE_BYTES[model.device.type] // (slots * token))


def _refuse_diverged(row: Row, adapter: str) -> None:
    """Weights that have diverged would go on to tokens that look like answers."""
    if not all(map(math.isfinite, row.logprobs)):
        whose = f"adapter {adapter!r}" if adapter else "the base model"
        raise precondition(f"Sample: {whose} gives logits that are no numbers: load weights from before it diverged")


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

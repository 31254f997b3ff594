"""The rows being decoded by the compiled kernels; used as `running_batch.py`'s, whose rows have each other's slots.

Each row has buffers of its own, so it comes and goes without moving another. A call takes rows on by several tokens;
those of one prompt stay on one thread as far as they go evenly.
"""

import ctypes
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from chexengine.choose import uniforms
from chexengine.kernel_decoder import KernelDecoder
from chexengine.model import Loaded
from chexengine.running_batch import Prefilled, Row, Settings

# Tokens of a row in one call: between two calls rows that ended are answered, and cancelling is noticed.
STEPS = 16

_POINTER, _LONG = ctypes.c_void_p, ctypes.c_long
_SCRATCH = ["hidden", "entered", "qkv", "attended", "both", "active", "added", "logits", "grouped", "scores", "mixed"]


class PromptStructure(ctypes.Structure):
    _fields_ = [("keys", _POINTER), ("values", _POINTER), ("length", _LONG), ("room", _LONG), ("position", _LONG)]


class RowStructure(ctypes.Structure):
    _fields_ = [
        ("prompt", ctypes.POINTER(PromptStructure)),
        *((name, kind) for name, kind in (("keys", _POINTER), ("values", _POINTER), ("room", _LONG), ("made", _LONG))),
        *((name, _POINTER) for name in ("uniform", "tokens", "logprobs")),
        ("ended", _LONG),
    ]


class ChoiceStructure(ctypes.Structure):
    _fields_ = [("limit", _LONG), ("temperature", ctypes.c_double), ("top_p", ctypes.c_double), ("stops", _POINTER)]


class ScratchStructure(ctypes.Structure):
    _fields_ = [*((name, _POINTER) for name in _SCRATCH), ("line", _LONG)]


@dataclass
class Seat:
    """A row and what its structure points at."""

    row: Row
    structure: RowStructure
    prompt: PromptStructure
    tokens: np.ndarray  # [limit]
    logprobs: np.ndarray
    held: tuple


class KernelBatch:
    """At most `capacity` rows."""

    def __init__(self, model: Loaded, decoder: KernelDecoder, settings: Settings, capacity: int):
        self._model, self._decoder, self._settings, self._capacity = model, decoder, settings, capacity
        self._kernels = decoder.kernels
        self._stops = np.zeros(model.vocabulary, dtype=np.uint8)
        self._stops[[token for token in model.stop_tokens if token < model.vocabulary]] = 1
        self._choice = ChoiceStructure(settings.max_tokens, settings.temperature, settings.top_p, _at(self._stops))
        self._prompts: dict[str, tuple[PromptStructure, tuple]] = {}
        self._seats: list[Seat] = []

    @property
    def rows(self) -> list[Row]:
        return [seat.row for seat in self._seats]

    @property
    def free(self) -> int:
        return self._capacity - len(self._seats)

    def admit(self, rows: list[Row], prompts: Prefilled, choice: list[int]) -> list[Row]:
        """Takes rows in, `choice` being each one's prompt, and chooses their first tokens. Returns those that end."""
        settings, states = self._settings, prompts.hidden.contiguous()
        logits = torch.empty(self._room(self._model.vocabulary), dtype=states.dtype)
        for row, number in zip(rows, choice, strict=True):
            if row.prompt.handle not in self._prompts:
                self._prompts[row.prompt.handle] = self._prompt(row, prompts.keys[:, :, number])
            uniform = None if settings.temperature == 0 else uniforms(row.seed, settings.max_tokens)
            seat = self._seat(row, uniform)
            given = map(ctypes.byref, (self._decoder.weights.structure, self._choice, seat.structure))
            self._kernels.library.begin(*given, states[number].data_ptr(), logits.data_ptr())
            self._seats.append(seat)
        return self._let_go()

    def step(self) -> list[Row]:
        """Some more tokens for every row. Returns the rows that they ended."""
        threads = min(torch.get_num_threads(), len(self._seats))
        # Rows of one prompt are neighbours, whenever each of them came in.
        order = {handle: number for number, handle in enumerate(self._prompts)}
        seats = sorted(self._seats, key=lambda seat: order[seat.row.prompt.handle])
        bounds = [len(seats) * part // threads for part in range(threads + 1)]
        self._kernels.each(self._run, [seats[a:b] for a, b in pairwise(bounds)])
        return self._let_go()

    def _run(self, seats: list[Seat]) -> None:
        scratch, _held = self._scratch(seats)
        rows = (ctypes.POINTER(RowStructure) * len(seats))(*(ctypes.pointer(seat.structure) for seat in seats))
        self._kernels.library.decode(
            ctypes.byref(self._decoder.weights.structure),
            ctypes.byref(self._choice),
            rows,
            len(seats),
            STEPS,
            ctypes.byref(scratch),
        )

    def _let_go(self) -> list[Row]:
        gone = [seat for seat in self._seats if seat.structure.ended]
        for seat in gone:
            made = seat.structure.made
            seat.row.tokens, seat.row.logprobs = seat.tokens[:made].tolist(), seat.logprobs[:made].tolist()
        if gone:
            self._seats = [seat for seat in self._seats if not seat.structure.ended]
            handles = {seat.row.prompt.handle for seat in self._seats}
            self._prompts = {handle: prompt for handle, prompt in self._prompts.items() if handle in handles}
        return [seat.row for seat in gone]

    def _prompt(self, row: Row, keys: torch.Tensor) -> tuple[PromptStructure, tuple]:
        """A prompt's keys and values [layers, 2, heads, tokens, size] as the kernels read them: keys by slot."""
        length = len(row.prompt.ids)
        layers, _, heads, _, size = keys.shape
        room = self._room(length)
        by_slot, values = keys.new_zeros(layers, heads, size, room), keys.new_zeros(layers, heads, room, size)
        by_slot[..., :length] = keys[:, 0, :, :length].transpose(2, 3)
        values[:, :, :length] = keys[:, 1, :, :length]
        structure = PromptStructure(by_slot.data_ptr(), values.data_ptr(), length, room, row.prompt.next_position)
        return structure, (by_slot, values)

    def _seat(self, row: Row, uniform: np.ndarray | None) -> Seat:
        limit = self._settings.max_tokens
        room = self._room(limit)
        shape = (self._decoder.config.num_hidden_layers, self._decoder.keys)
        keys, values = (
            torch.empty(*shape, *each, dtype=self._model.hf.dtype)
            for each in ((self._decoder.size, room), (room, self._decoder.size))
        )
        tokens, logprobs = np.zeros(limit, dtype=np.int32), np.zeros(limit)
        prompt = self._prompts[row.prompt.handle][0]
        drawn = None if uniform is None else _at(uniform)
        structure = RowStructure(
            ctypes.pointer(prompt), keys.data_ptr(), values.data_ptr(), room, 0, drawn, _at(tokens), _at(logprobs), 0
        )
        return Seat(row, structure, prompt, tokens, logprobs, (keys, values, uniform))

    def _room(self, tokens: int) -> int:
        """Slots for so many tokens; a register more, so that a head's lines do not all fall on the same cache lines."""
        return (-(-tokens // self._kernels.lanes) + 1) * self._kernels.lanes

    def _scratch(self, seats: list[Seat]) -> tuple[ScratchStructure, list[torch.Tensor]]:
        config, size, keys, rows = self._decoder.config, self._decoder.size, self._decoder.keys, len(seats)
        hidden, queries, mlp = config.hidden_size, config.num_attention_heads, config.intermediate_size
        line = max(seat.prompt.room for seat in seats) + self._room(self._settings.max_tokens)
        logits = self._room(config.vocab_size)
        widths = [hidden, hidden, (queries + 2 * keys) * size, queries * size, 2 * mlp, mlp, hidden, logits]
        of_head = [size, line, size]
        held = [torch.empty(rows, width, dtype=self._model.hf.dtype) for width in widths]
        held += [torch.empty(rows * queries // keys, width, dtype=self._model.hf.dtype) for width in of_head]
        return ScratchStructure(*(each.data_ptr() for each in held), line), held


def _at(array: np.ndarray) -> int:
    return array.ctypes.data

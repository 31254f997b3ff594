"""The compiled kernels as functions of tensors: `engine/kernels`, whose comments say what each computes.

They run on the thread that calls them, and let Python go on meanwhile. Arguments are contiguous unless said
otherwise, all of the library's type.
"""

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

import torch

from chexengine.kernel_build import TYPES, load_library

_POINTER, _LONG = ctypes.c_void_p, ctypes.c_long
BLOCK = 16  # attention.c's: queries at once
_REAL = {"float32": ctypes.c_float, "float64": ctypes.c_double}


class Strides(ctypes.Structure):
    _fields_ = [(name, _LONG) for name in ("row", "head", "token")]


@dataclass(frozen=True)
class Sight:
    """Which keys each query sees: a mask [1 or rows, queries, keys] and, by blocks and tiles, what to compute."""

    mask: torch.Tensor  # uint8
    seen: torch.Tensor


@dataclass(frozen=True)
class Shape:
    """An attention's: rows, heads of queries and keys, tokens that ask and that are seen, numbers of a head."""

    rows: int
    queries: int
    keys: int
    from_length: int
    to_length: int
    size: int


class AdamW(NamedTuple):
    """What an update is made by; the corrections are for the moments' start at zero."""

    rate: float
    decay: float
    beta1: float
    beta2: float
    epsilon: float
    correction1: float
    correction2: float


class Kernels:
    """Those for one type of numbers. A call's results do not depend on the number of threads."""

    def __init__(self, dtype: str):
        self.dtype = dtype
        self.type = getattr(torch, dtype)
        self.real = _REAL[dtype]
        self.library = load_library(dtype)
        self.lanes = self.library.lanes_of_a_register()
        self._attention = _attention_structure(self.real)
        real, several = self.real, [_LONG, _LONG]
        for name, arguments in {
            "norm": [*several, *[_POINTER] * 3, real, *[_POINTER] * 2],
            "norm_back": [*several, *[_POINTER] * 5],
            "gate": [*several, _POINTER, real, real, _POINTER],
            "activate": [_LONG, _POINTER, real, real, _POINTER],
            "gate_back": [*several, _POINTER, real, real, *[_POINTER] * 2],
            "turn_heads": [*several, _LONG, _POINTER, _LONG, _POINTER, real, *[_POINTER] * 4],
            "turn_heads_back": [*several, _LONG, _POINTER, _LONG, *[_POINTER] * 6],
            "see": [_POINTER, *several, _POINTER],
            "attend": [*[_POINTER] * 6, *several],
            "attend_back": [*[_POINTER] * 10, *several],
            **{name: [_POINTER, _LONG, *[_POINTER] * 4, *several] for name in ("enter_keys", "enter_queries")},
            "leave": [_POINTER, _LONG, *[_POINTER] * 5, *several],
            **{
                name: [_POINTER, _LONG, *[_POINTER] * 8, *several]
                for name in ("leave_back", "enter_keys_back", "enter_queries_back")
            },
            "room_of_lora": [_LONG] * 4,
            "ready": [_POINTER, _LONG, *[_POINTER] * 2, real, real, _LONG, _POINTER],
            "score_tokens": [*[_LONG] * 3, *[_POINTER] * 3, real, *[_POINTER] * 4],
            "score_tokens_back": [*[_LONG] * 3, *[_POINTER] * 2, real, *[_POINTER] * 3],
            "choose": [_POINTER, _LONG, *[ctypes.c_double] * 3, _POINTER],
            "begin": [_POINTER] * 5,
            "decode": [*[_POINTER] * 3, *several, _POINTER],
            "adamw": [_LONG, *[_POINTER] * 4, *[ctypes.c_double] * 8],
        }.items():
            getattr(self.library, name).argtypes = arguments

    def fits(self, *sizes: int) -> bool:
        """Whether rows of these sizes are whole registers."""
        return all(size % self.lanes == 0 for size in sizes)

    def norm(self, x: torch.Tensor, residual: torch.Tensor | None, weight: torch.Tensor, eps: float):
        """x [tokens, size] -> (residual + norm of x, 1 / rms [tokens])."""
        y, inverse = torch.empty_like(x), x.new_empty(len(x))
        self.library.norm(*x.shape, _at(x), _at(residual), _at(weight), eps, _at(y), _at(inverse))
        return y, inverse

    def norm_back(self, x, inverse, weight, gradient) -> torch.Tensor:
        out = torch.empty_like(x)
        self.library.norm_back(*x.shape, _at(x), _at(inverse), _at(weight), _at(gradient), _at(out))
        return out

    def gate(self, both: torch.Tensor, curve: tuple[float, float]) -> torch.Tensor:
        """[tokens, 2 width] -> [tokens, width]."""
        tokens, width = len(both), both.shape[1] // 2
        out = both.new_empty(tokens, width)
        self.library.gate(tokens, width, _at(both), *curve, _at(out))
        return out

    def activate(self, x: torch.Tensor, curve: tuple[float, float]) -> torch.Tensor:
        """The gate's activation alone, of a number of values that is whole registers."""
        out = torch.empty_like(x)
        self.library.activate(x.numel(), _at(x), *curve, _at(out))
        return out

    def gate_back(self, both: torch.Tensor, curve: tuple[float, float], gradient: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(both)
        self.library.gate_back(*gradient.shape, _at(both), *curve, _at(gradient), _at(out))
        return out

    def turn_heads(self, x: torch.Tensor, heads: int, size: int, weight: torch.Tensor | None, eps: float, turn):
        """The first heads of x [tokens, ...] -> (normed and rotated [tokens, heads * size], 1 / rms [tokens, heads]).

        `turn` is cosine and signed sine, [tokens, size]; without a weight there is no norm.
        """
        tokens = len(x)
        y, inverse = x.new_empty(tokens, heads * size), x.new_empty(tokens, heads)
        self.library.turn_heads(
            tokens, heads, size, _at(x), x.stride(0), _at(weight), eps, *map(_at, turn), _at(y), _at(inverse)
        )
        return y, inverse

    def turn_heads_back(self, x, heads: int, size: int, weight, inverse, turn, gradient, out: torch.Tensor) -> None:
        """Writes the gradient of x's first heads where they stand in `out`, which is as x."""
        given = map(_at, (weight, inverse, *turn, gradient, out))
        self.library.turn_heads_back(len(x), heads, size, _at(x), x.stride(0), *given)

    def see(self, mask: torch.Tensor) -> Sight:
        """A boolean mask [1 or rows, queries, keys], made ready."""
        mask = mask.contiguous().view(torch.uint8)
        rows, queries, keys = mask.shape
        seen = mask.new_empty(rows, -(-queries // BLOCK), -(-keys // self.lanes))
        for one, out in zip(mask, seen, strict=True):
            self.library.see(_at(one), queries, keys, _at(out))
        return Sight(mask, seen)

    def attend(self, shape: Shape, scale: float, sight: Sight | None, tensors, strides) -> torch.Tensor:
        """Fills the last of query, key, value, out; returns the logarithms of sums [rows, queries, from_length].

        `strides` are the four tensors'. Without a sight every query sees every key.
        """
        described = self._describe(shape, scale, sight, strides)
        logsums = tensors[0].new_empty(shape.rows, shape.queries, shape.from_length)
        given = [ctypes.byref(described), *map(_at, tensors), _at(logsums)]
        self._by_heads(self.library.attend, given, shape.keys)
        return logsums

    def attend_back(self, shape: Shape, scale: float, sight: Sight | None, tensors, strides, logsums, gradients):
        """`gradients` are those of out, which is read, and of query, key and value, which are filled; strides alike."""
        described = self._describe(shape, scale, sight, strides)
        given = [ctypes.byref(described), *map(_at, (*tensors, logsums, *gradients))]
        self._by_heads(self.library.attend_back, given, shape.keys)

    def score_tokens(self, head, states: torch.Tensor, tokens: torch.Tensor, temperature: float, keep: bool):
        """Log-probability, entropy and arg-max of each token, and the probabilities if they are kept."""
        count, hidden = states.shape
        logprob, entropy = states.new_empty(count), states.new_empty(count)
        argmax = torch.empty(count, dtype=torch.bool)
        kept = states.new_empty(count, head.width) if keep else None
        given = map(_at, (states, head.panels, tokens))
        if self.library.score_tokens(
            count, hidden, head.vocabulary, *given, temperature, *map(_at, (logprob, entropy, argmax, kept))
        ):
            raise MemoryError("the logits' own buffer")
        return logprob, entropy, argmax, kept

    def score_tokens_back(self, head, tokens, temperature: float, gradient, kept: torch.Tensor) -> torch.Tensor:
        """The gradient of the states; `kept` is used up."""
        out = gradient.new_empty(len(gradient), len(head.back) * self.lanes)
        given = map(_at, (gradient, kept, out))
        self.library.score_tokens_back(*(*out.shape, head.vocabulary, _at(head.back), _at(tokens), temperature, *given))
        return out

    def adamw(self, weight, gradient, first, second, scale: float, settings: AdamW) -> None:
        """Moves a weight and its moments."""
        self.library.adamw(weight.numel(), *map(_at, (weight, gradient, first, second)), scale, *settings)

    def each(self, work, items) -> list:
        """[work(item) for item in items], on threads of the kernels' own."""
        return list(self._pool.map(work, items))

    def _by_heads(self, call, given: list, heads: int) -> None:
        """Heads of keys have nothing to do with each other: torch's threads share them."""
        threads = min(torch.get_num_threads(), heads)
        bounds = [heads * part // threads for part in range(threads + 1)]
        parts = list(pairwise(bounds))
        short = [call(*given, *parts[0])] if threads == 1 else self.each(lambda part: call(*given, *part), parts)
        if any(short):
            raise MemoryError("attention's own buffers")

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(thread_name_prefix="kernels")

    def _describe(self, shape: Shape, scale: float, sight: Sight | None, strides):
        out = self._attention(
            shape.rows, shape.queries, shape.keys, shape.from_length, shape.to_length, shape.size, *strides, scale
        )
        if sight is not None:
            out.mask, out.seen = _at(sight.mask), _at(sight.seen)
            if len(sight.mask) > 1:
                out.mask_row, out.seen_row = sight.mask.stride(0), sight.seen.stride(0)
        return out


@cache
def kernels(dtype: str) -> Kernels:
    """Those of a type of numbers, compiled at the first call. Raises NoKernelsError."""
    return Kernels(dtype)


def name_of(dtype: torch.dtype) -> str | None:
    """What the kernels call a type of numbers; None where there are none for it."""
    name = str(dtype).removeprefix("torch.")
    return name if name in TYPES else None


def _at(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _attention_structure(real):
    class Attention(ctypes.Structure):
        _fields_ = [
            *((name, _LONG) for name in ("rows", "queries", "keys", "from_length", "to_length", "size")),
            *((name, Strides) for name in ("query", "key", "value", "out")),
            ("scale", real),
            ("mask", _POINTER),
            ("seen", _POINTER),
            ("mask_row", _LONG),
            ("seen_row", _LONG),
        ]

    return Attention

"""The language model for Forward by the compiled kernels (`engine/kernels/layer.c`), with the gradients of its LoRAs.

As `own_stack.py`, of which it is the quicker half: a layer is a few calls of compiled code, between which Python has
nothing to do, so threads that have rows of their own do not wait for each other. One operation of autograd for all
layers. `kernel_stack_test.py` holds states, dropout and gradients to transformers' modules.

Not covered (`covers`): what the own stack does not cover, machines without a C compiler, models of other types than
float32, widths that are no whole registers, and large models (`kernel_weights.py`).
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch

from chexengine import own_stack
from chexengine.adapters import Adapters
from chexengine.batch import Batch
from chexengine.head_attention import Wanted
from chexengine.kernel_attention import Heads
from chexengine.kernel_plan import Plan, Side
from chexengine.kernel_scores import KernelScores
from chexengine.kernel_weights import LINEARS, KernelWeights
from chexengine.kernel_weights import covers as can_read
from chexengine.model import Loaded
from chexengine.noise import Noise
from chexengine.own_layers import Part
from chexengine.token_scores import CHUNK_ELEMENTS

_POINTER, _LONG = ctypes.c_void_p, ctypes.c_long
# Tokens of one thread's share of a layer, at least: layer.c's block, twice.
SHARE = 128


def covers(model: Loaded, adapters: Adapters, adapter: str) -> bool:
    """Whether this file computes the adapter's Forward."""
    return can_read(model, adapters, adapter) and own_stack.covers(model, adapters, adapter)


SAVED = ("query", "turned_query", "key_value", "turned_key", "attended", "added", "both", "added_mlp")


class SavedStructure(ctypes.Structure):
    _fields_ = [(name, _POINTER) for name in SAVED]


class SumsStructure(ctypes.Structure):
    _fields_ = [("down", _POINTER), ("up", _POINTER)]


@dataclass
class Saved:
    """What a layer leaves for backward, by layer.c's names."""

    side: Side
    hidden: torch.Tensor  # that entered
    query: torch.Tensor
    turned_query: torch.Tensor
    key_value: torch.Tensor
    turned_key: torch.Tensor
    attended: torch.Tensor
    added: torch.Tensor
    both: torch.Tensor
    added_mlp: torch.Tensor
    logsums: list[torch.Tensor]

    @property
    def structure(self) -> SavedStructure:
        return SavedStructure(*(getattr(self, name).data_ptr() for name in SAVED))


class KernelStack:
    """One adapter's language model, as its weights and dropout are at the making. Several threads may call it."""

    def __init__(self, model: Loaded, adapter: str, dropout: bool = True):
        self.weights = weights = KernelWeights(model, adapter, dropout)
        self._library, self._model = weights.kernels.library, ctypes.byref(weights.structure)
        self._heads = Heads(weights.queries, weights.keys, weights.size, weights.scale)
        self._last_norm = weights.norm.weight.to(weights.dtype)

    def noise(self, rows: int, length: int) -> Noise:
        """As the own stack's."""
        return Noise.draw([part for parts in self.weights.parts for part in parts], rows, length)

    def __call__(self, batch: Batch, places: torch.Tensor, noise: Noise) -> torch.Tensor:
        """As the own stack's."""
        kept, inverse = places.unique(return_inverse=True)
        plan = Plan(self.weights, batch, Wanted.of(kept, batch.embeds.shape[1]), noise)
        if torch.is_grad_enabled():
            states = KernelStates.apply(self, plan, *self.weights.factors)
        else:
            states = self.forward(plan, lambda _index, _layer: None)
        return states.index_select(0, inverse)

    def scores(self, states: torch.Tensor, tokens: torch.Tensor, temperature: float):
        """As `token_scores`; None where the logits are too many to be kept at once, or the head is large."""
        head = self.weights.head
        if head is None or len(states) * head.width > CHUNK_ELEMENTS:
            return None
        return KernelScores.apply(states, head, tokens, temperature, torch.is_grad_enabled())

    def forward(self, plan: Plan, each: Callable[[int, Saved], None]) -> torch.Tensor:
        """States [wanted, hidden]. `each` layer is shown once it is done, and forgotten."""
        return self._norm(self._through(plan, each))[0]

    def forward_kept(self, plan: Plan) -> tuple[torch.Tensor, "Trail"]:
        """The same, and what is needed to go back."""
        layers: list[Saved] = []
        hidden = self._through(plan, lambda _, layer: layers.append(layer))
        states, inverse = self._norm(hidden)
        return states, Trail(layers, hidden, inverse)

    def _norm(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.weights.kernels.norm(hidden, None, self._last_norm, self.weights.norm.eps)

    def _through(self, plan: Plan, each: Callable[[int, Saved], None]) -> torch.Tensor:
        """What the last layer gives."""
        kernels, library, hidden = self.weights.kernels, self._library, plan.hidden
        for index in range(len(self.weights.kinds)):
            side = plan.side(index)
            layer = self._room(hidden, side)
            given = self._given(index, layer)
            self._share(lambda begin, end, _, given=given: library.enter_keys(*given, begin, end), len(hidden))
            self._share(lambda begin, end, _, given=given: library.enter_queries(*given, begin, end), side.asking)
            asked = layer.turned_query, layer.turned_key, layer.key_value, layer.attended
            layer.logsums = self._heads.attend(kernels, side.stretches, *asked)
            hidden = hidden.new_empty(side.asking, hidden.shape[1])
            given = *given, hidden.data_ptr()
            self._share(lambda begin, end, _, given=given: library.leave(*given, begin, end), side.asking)
            each(index, layer)
        return hidden

    def backward(self, trail: "Trail", gradient: torch.Tensor) -> list[torch.Tensor | None]:
        """The gradients of all factors from that of the states. What the trail keeps is let go on the way."""
        kernels, library, parts = self.weights.kernels, self._library, self.weights.parts
        gradient = kernels.norm_back(trail.last, trail.inverse, self._last_norm, gradient.contiguous())
        grown: list[list[torch.Tensor | None]] = []
        for index in reversed(range(len(parts))):
            layer = trail.layers.pop()
            side, tokens = layer.side, len(layer.hidden)
            sums = [Sums(parts[index], self.weights.kernels.lanes) for _ in range(torch.get_num_threads())]
            of_attended, of_x = torch.empty_like(layer.attended), torch.empty_like(layer.added)
            # Zero where a row has no token that asks.
            of_query = torch.empty_like(layer.turned_query)
            of_key, of_key_value = torch.zeros_like(layer.turned_key), torch.zeros_like(layer.key_value)
            of_hidden = torch.empty_like(layer.hidden) if index else None
            to = None if of_hidden is None else of_hidden.data_ptr()
            given, left = self._given(index, layer), (gradient.data_ptr(), of_attended.data_ptr(), of_x.data_ptr())
            self._share(lambda a, b, n: library.leave_back(*given, sums[n].at, *left, a, b), side.asking)  # noqa: B023
            gradients = of_attended, of_query, of_key, of_key_value
            asked = layer.turned_query, layer.turned_key, layer.key_value, layer.attended
            self._heads.attend_back(kernels, side.stretches, *asked, layer.logsums, gradients)
            keys = of_key.data_ptr(), of_key_value.data_ptr(), to
            self._share(lambda a, b, n: library.enter_keys_back(*given, sums[n].at, *keys, a, b), tokens)  # noqa: B023
            queries = of_query.data_ptr(), of_x.data_ptr(), to
            self._share(lambda a, b, n: library.enter_queries_back(*given, sums[n].at, *queries, a, b), side.asking)  # noqa: B023
            grown.append(total(sums))
            gradient = of_hidden
        return [each for layer in reversed(grown) for each in layer]

    def _room(self, hidden: torch.Tensor, side: Side) -> Saved:
        """A layer's buffers."""
        weights, tokens, asking = self.weights, len(hidden), side.asking
        queries, keys = weights.queries * weights.size, weights.keys * weights.size
        width, mlp = weights.config.hidden_size, weights.config.intermediate_size
        by_asking = {"query": queries, "turned_query": queries, "attended": queries}
        by_asking |= {"added": width, "both": 2 * mlp, "added_mlp": width}
        rooms = {name: hidden.new_empty(asking, numbers) for name, numbers in by_asking.items()}
        rooms |= {"key_value": hidden.new_empty(tokens, 2 * keys), "turned_key": hidden.new_empty(tokens, keys)}
        return Saved(hidden=hidden, side=side, logsums=[], **rooms)

    def _given(self, index: int, layer: Saved) -> tuple:
        """What all of layer.c's functions begin with."""
        side = layer.side
        structures = map(ctypes.byref, (side.tokens, side.masks_structure))
        return self._model, index, *structures, layer.hidden.data_ptr(), ctypes.byref(layer.structure)

    def _share(self, call: Callable[[int, int, int], int], count: int) -> None:
        """call(begin, end, number) for shares of `count` tokens, one for each of torch's threads."""
        threads = max(1, min(torch.get_num_threads(), count // SHARE))
        bounds = pairwise(count * part // threads for part in range(threads + 1))
        shares = [(begin, end, number) for number, (begin, end) in enumerate(bounds)]
        failed = [call(*shares[0])] if threads == 1 else self.weights.kernels.each(lambda share: call(*share), shares)
        if any(failed):
            raise MemoryError("a layer's own buffers")


@dataclass
class Trail:
    """What forward leaves for backward."""

    layers: list[Saved]
    last: torch.Tensor  # what the last norm normed
    inverse: torch.Tensor  # 1 / rms there


class Sums:
    """The gradients of a layer's factors, added up by one thread."""

    def __init__(self, parts: list[Part], lanes: int):
        self.tensors: list[torch.Tensor | None] = []
        structures = (SumsStructure * LINEARS)()
        for part, structure in zip(parts, structures, strict=True):
            if part.down is None:
                self.tensors += [None, None]
                continue
            rank = len(part.down)
            down, up = part.down.new_zeros(part.down.shape), part.up.new_zeros(len(part.up), rank + -rank % lanes)
            structure.down, structure.up = down.data_ptr(), up.data_ptr()
            self.tensors += [down, up[:, :rank]]
        self._structures = structures
        self.at = ctypes.byref(structures)


def total(sums: list[Sums]) -> list[torch.Tensor | None]:
    """Over threads."""
    first, *others = (each.tensors for each in sums)
    for other in others:
        for mine, theirs in zip(first, other, strict=True):
            if mine is not None:
                mine += theirs
    return first


class KernelStates(torch.autograd.Function):
    """stack, plan, then all factors, which autograd has to know of -> states [wanted, hidden]."""

    @staticmethod
    def forward(ctx, stack: KernelStack, plan: Plan, *_factors):
        states, ctx.trail = stack.forward_kept(plan)
        ctx.stack, ctx.plan = stack, plan  # which hold what the trail points at
        return states

    @staticmethod
    def backward(ctx, gradient):
        return None, None, *ctx.stack.backward(ctx.trail, gradient)

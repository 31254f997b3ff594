"""Forward: the log-probabilities of given completions.

A group's prompt is computed once for all its completions (`batch.py`); without the shared prompt each completion has
a row of its own, the plain path that `forward_test.py` holds the shared one to. On the CPU, where the engine's own
layers compute, each thread takes rows of its own (`row_parts.py`): threads that share operations wait for each other.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from chexengine import kernel_stack
from chexengine.adapters import Adapters
from chexengine.batch import Batch, Row, build
from chexengine.errors import invalid
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_stack import KernelStack
from chexengine.model import Loaded, set_checkpointing
from chexengine.own_stack import OwnStack, covers
from chexengine.prompts import Prompt, PromptStore, check_tokens
from chexengine.row_parts import parts_of
from chexengine.side_by_side import in_parts
from chexengine.token_scores import token_scores
from chexengine.weight_gradients import Gradients, weight_gradients


@dataclass(frozen=True)
class Shape:
    """How many tokens each completion of each group has; scores and gradients are flat in this order."""

    groups: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        return sum(sum(group) for group in self.groups)


@dataclass(frozen=True)
class Mode:
    """What a graph was made under and is recomputed under."""

    adapter: str
    dropout_seed: int | None

    @contextlib.contextmanager
    def active(self, adapters: Adapters) -> Iterator[None]:
        """The adapter active, its dropout on or off. With a seed, the random state inside is the seed's alone."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(adapters.active(self.adapter, dropout=self.dropout_seed is not None))
            if self.dropout_seed is not None:
                devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
                stack.enter_context(torch.random.fork_rng(devices=list(devices)))
                torch.manual_seed(self.dropout_seed)
            yield


@dataclass(frozen=True)
class Group:
    """A prompt and its completions, as the request has them."""

    prompt: Prompt
    completions: list[list[int]]


@dataclass
class Scores:
    logprob: torch.Tensor  # [tokens of all completions]
    entropy: torch.Tensor
    argmax: torch.Tensor
    shape: Shape
    graphs: list[torch.Tensor]  # if kept: the log-probabilities in parts, each with its graph
    gradients: list[Gradients]  # if known gradients went backward: the adapter's, of each part
    backward_seconds: float  # spent on these


@dataclass(frozen=True)
class Scored:
    """What became of some of the rows."""

    logprob: torch.Tensor
    entropy: torch.Tensor
    argmax: torch.Tensor
    gradients: Gradients | None = None
    backward_seconds: float = 0.0


def read_groups(request: pb.ForwardRequest, model: Loaded, store: PromptStore) -> tuple[list[Group], Shape]:
    """The request's groups, checked. INVALID_ARGUMENT names the group and completion that is wrong."""
    groups = []
    for number, group in enumerate(request.groups):
        prompt = store.get(group.handle)
        if not group.completions:
            raise invalid(f"Forward: group {number} has no completions")
        completions = [list(completion.tokens) for completion in group.completions]
        for index, tokens in enumerate(completions):
            if not tokens:
                raise invalid(f"Forward: completion {index} of group {number} has no tokens")
            check_tokens(tokens, model, f"Forward: completion {index} of group {number}")
        groups.append(Group(prompt, completions))
    if not groups:
        raise invalid("Forward: no groups given")
    return groups, Shape(tuple(tuple(map(len, group.completions)) for group in groups))


def score(
    model: Loaded,
    store: PromptStore,
    adapters: Adapters,
    groups: list[Group],
    shape: Shape,
    mode: Mode,
    temperature: float,
    keep_graph: bool,
    known: list[float] | None = None,
) -> Scores:
    """Scores every completion token of every group; `temperature` 0 means 1.

    Gradients `known` beforehand go backward part by part, and no graph is kept.
    """
    backward = keep_graph or known is not None
    set_checkpointing(model, backward)
    with mode.active(adapters):
        rows = make_rows(groups, model.share_prompts)
        states, by_kernels, parts = _language(model, adapters, mode.adapter, rows)
        heat = temperature or 1.0
        tokens = torch.tensor([token for group in groups for tokens in group.completions for token in tokens])
        counts = [sum(row_tokens(row) for row in rows[part]) for part in parts]
        targets = tokens.to(model.device).split(counts)
        upstream = [None] * len(parts)
        if known is not None:
            upstream = torch.tensor(known, dtype=model.score_dtype, device=model.device).split(counts)
        adapter = adapters.get(mode.adapter) if backward else None

        def one(given: tuple[slice, torch.Tensor, torch.Tensor | None]) -> Scored:
            part, asked, gradient = given
            batch = build(model, store, rows[part])
            places = predictors(rows[part], batch.embeds.shape[1]).to(model.device)
            hidden = states(batch, places, part)
            scores = by_kernels(hidden, asked, heat) or token_scores(
                hidden,
                model.hf.lm_head.weight,
                asked,
                heat,
                model.score_dtype,
                chunked=model.uses(pb.SHORTCUT_LOGPROB_CHUNKS),
            )
            if gradient is None:
                return Scored(*scores)
            begun = time.perf_counter()
            grown = weight_gradients(adapter, scores[0], gradient)
            detached = [part.detach() for part in scores]
            return Scored(*detached, grown, time.perf_counter() - begun)

        done = in_parts(one, list(zip(parts, targets, upstream, strict=True)), gradients=backward)
    return Scores(
        logprob=torch.cat([part.logprob.detach() for part in done]),
        entropy=torch.cat([part.entropy for part in done]),
        argmax=torch.cat([part.argmax for part in done]),
        shape=shape,
        graphs=[part.logprob for part in done] if keep_graph else [],
        gradients=[part.gradients for part in done if part.gradients is not None],
        backward_seconds=sum(part.backward_seconds for part in done) / min(len(done), torch.get_num_threads()),
    )


def _language(model: Loaded, adapters: Adapters, adapter: str, rows: list[Row]):
    """How the states [places, hidden] of a part of the rows are had, (batch, places, part) -> states; what may score
    them instead of `token_scores`, (states, tokens, temperature) -> scores or None; and the parts."""
    if not covers(model, adapters, adapter):

        def by_modules(batch: Batch, places: torch.Tensor, _part: slice) -> torch.Tensor:
            hidden = model.family.hidden(model.hf, batch.embeds, batch.positions, batch.masks)
            return hidden.reshape(-1, hidden.shape[-1]).index_select(0, places)

        return by_modules, _by_torch, [slice(0, len(rows))]

    stack = KernelStack(model, adapter) if kernel_stack.covers(model, adapters, adapter) else OwnStack(model, adapter)
    scores = stack.scores if isinstance(stack, KernelStack) else _by_torch
    lengths = [row.length for row in rows]
    noise = stack.noise(len(rows), max(lengths))

    def by_own_stack(batch: Batch, places: torch.Tensor, part: slice) -> torch.Tensor:
        return stack(batch, places, noise.part(part, batch.embeds.shape[1]))

    if not model.uses(pb.SHORTCUT_ROW_THREADS):
        return by_own_stack, scores, [slice(0, len(rows))]
    return by_own_stack, scores, parts_of(lengths, torch.get_num_threads())


def _by_torch(_states: torch.Tensor, _tokens: torch.Tensor, _temperature: float) -> None:
    """No kernel scores these."""


def make_rows(groups: list[Group], share: bool) -> list[Row]:
    """A group a row, or each completion in a row of its own. A completion's last token predicts nothing asked for."""
    rows = [Row(group.prompt, [tokens[:-1] for tokens in group.completions]) for group in groups]
    if share:
        return rows
    return [Row(row.prompt, [tokens]) for row in rows for tokens in row.completions]


def row_tokens(row: Row) -> int:
    """Completion tokens of a row: their last ones, which predict nothing, included."""
    return sum(len(tokens) + 1 for tokens in row.completions)


def predictors(rows: list[Row], length: int) -> torch.Tensor:
    """For each completion token the place, in the flattened batch, that predicts it.

    The first of each completion is predicted by the prompt's last token, the others by the one before.
    """
    places = []
    for number, row in enumerate(rows):
        prompt_end = number * length + len(row.prompt.ids)
        at = prompt_end
        for tokens in row.completions:
            places.append(torch.tensor([prompt_end - 1]))
            places.append(torch.arange(at, at + len(tokens)))
            at += len(tokens)
    return torch.cat(places)


def response(scores: Scores) -> pb.ForwardResponse:
    """The scores in the request's shape."""
    logprob = scores.logprob.float().cpu().tolist()
    entropy = scores.entropy.float().cpu().tolist()
    argmax = scores.argmax.cpu().tolist()
    answer = pb.ForwardResponse()
    at = 0
    for group in scores.shape.groups:
        out = answer.groups.add()
        for count in group:
            part = slice(at, at + count)
            out.completions.add(logprob=logprob[part], entropy=entropy[part], argmax=argmax[part])
            at += count
    return answer

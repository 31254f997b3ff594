"""Forward: the log-probabilities of given completions.

A group's prompt is computed once for all its completions (`batch.py`); without the shared prompt each completion has
a row of its own, the plain path that `forward_test.py` holds the shared one to.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from chexengine.adapters import Adapters
from chexengine.batch import Batch, Row, build
from chexengine.errors import invalid
from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded, set_checkpointing
from chexengine.own_stack import OwnStack, covers
from chexengine.prompts import Prompt, PromptStore, check_tokens
from chexengine.token_scores import token_scores


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
    logprob: torch.Tensor  # [tokens of all completions], with its graph if asked
    entropy: torch.Tensor
    argmax: torch.Tensor
    shape: Shape


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
) -> Scores:
    """Scores every completion token of every group; `temperature` 0 means 1."""
    set_checkpointing(model.hf, model.checkpointing and keep_graph)
    with torch.set_grad_enabled(keep_graph), mode.active(adapters):
        rows = make_rows(groups, model.share_prompts)
        batch = build(model, store, rows)
        chosen = states(model, adapters, mode.adapter, batch, predictors(rows, batch.embeds.shape[1]).to(model.device))
        targets = torch.tensor(
            [token for group in groups for tokens in group.completions for token in tokens], device=model.device
        )
        logprob, entropy, argmax = token_scores(
            chosen,
            model.hf.lm_head.weight,
            targets,
            temperature or 1.0,
            model.score_dtype,
            chunked=model.uses(pb.SHORTCUT_LOGPROB_CHUNKS),
        )
    return Scores(logprob, entropy, argmax, shape)


def states(model: Loaded, adapters: Adapters, adapter: str, batch: Batch, places: torch.Tensor) -> torch.Tensor:
    """The language model's states [places, hidden] at places of the flattened batch."""
    if covers(model, adapters, adapter):
        return OwnStack(model, adapter)(batch, places)
    hidden = model.family.hidden(model.hf, batch.embeds, batch.positions, batch.masks)
    return hidden.reshape(-1, hidden.shape[-1]).index_select(0, places)


def make_rows(groups: list[Group], share: bool) -> list[Row]:
    """A group a row, or each completion in a row of its own. A completion's last token predicts nothing asked for."""
    rows = [Row(group.prompt, [tokens[:-1] for tokens in group.completions]) for group in groups]
    if share:
        return rows
    return [Row(row.prompt, [tokens]) for row in rows for tokens in row.completions]


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
    logprob = scores.logprob.detach().float().cpu().tolist()
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

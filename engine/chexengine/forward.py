"""Forward: the log-probabilities of given completions.

A completion's first token is predicted from the prompt's last position, so its scores come from the hidden
states at positions [prompt - 1, prompt + completion - 1); only those meet the language head.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from chexengine.adapters import Adapters
from chexengine.batch import build
from chexengine.errors import invalid
from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded, set_checkpointing
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


@dataclass
class Scores:
    logprob: torch.Tensor  # [tokens of all completions], with its graph if asked
    entropy: torch.Tensor
    argmax: torch.Tensor
    shape: Shape


def read_groups(
    request: pb.ForwardRequest, model: Loaded, store: PromptStore
) -> tuple[list[tuple[Prompt, list[int]]], Shape]:
    """The request's rows, checked. INVALID_ARGUMENT names the group and completion that is wrong."""
    rows, shape = [], []
    for number, group in enumerate(request.groups):
        prompt = store.get(group.handle)
        if not group.completions:
            raise invalid(f"Forward: group {number} has no completions")
        for index, completion in enumerate(group.completions):
            tokens = list(completion.tokens)
            if not tokens:
                raise invalid(f"Forward: completion {index} of group {number} has no tokens")
            check_tokens(tokens, model, f"Forward: completion {index} of group {number}")
            rows.append((prompt, tokens))
        shape.append(tuple(len(completion.tokens) for completion in group.completions))
    if not rows:
        raise invalid("Forward: no groups given")
    return rows, Shape(tuple(shape))


def score(
    model: Loaded,
    store: PromptStore,
    adapters: Adapters,
    rows: list[tuple[Prompt, list[int]]],
    shape: Shape,
    mode: Mode,
    temperature: float,
    keep_graph: bool,
) -> Scores:
    """Scores every completion token of every row; `temperature` 0 means 1."""
    set_checkpointing(model.hf, model.checkpointing and keep_graph)
    with torch.set_grad_enabled(keep_graph), mode.active(adapters):
        # A completion's last token predicts nothing that is asked for.
        batch = build(model, store, [(prompt, tokens[:-1]) for prompt, tokens in rows])
        hidden = model.family.hidden(model.hf, batch.embeds, batch.positions, batch.masks)
        length = hidden.shape[1]
        places = torch.cat(
            [
                torch.arange(len(tokens)) + (row * length + len(prompt.ids) - 1)
                for row, (prompt, tokens) in enumerate(rows)
            ]
        ).to(model.device)
        targets = torch.tensor([token for _, tokens in rows for token in tokens], device=model.device)
        chosen = hidden.reshape(-1, hidden.shape[-1]).index_select(0, places)
        logprob, entropy, argmax = token_scores(
            chosen, model.hf.lm_head.weight, targets, temperature or 1.0, model.score_dtype
        )
    return Scores(logprob, entropy, argmax, shape)


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

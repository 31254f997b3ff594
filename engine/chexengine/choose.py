"""Chooses the next token of each row.

A completion's random numbers come from its own seed and the token's index alone (Philox, a counter-based
generator), so neighbours, batch size and order do not matter beyond the logits' own rounding.

Deviation from the usual top-p: tokens exactly as likely as the last one kept are all kept, because bfloat16's
logits are often equal and an order of equals would be the sorting algorithm's. No row is sorted by token: only
its likeliest probabilities are, as values. On the CPU numpy does it, whose sort and comparisons are vectorised (sorting
64 rows of 1,024 takes it 0.08 ms, torch 3 ms).
"""

import numpy as np
import torch

UNIFORM_BITS = 53  # as many as a double's fraction holds
TOP = 128  # likeliest tokens looked at first: more than a trained model needs; where top_p does need more, all are
FEW = 1024  # tokens of a vocabulary that are sorted at once: 64 rows of them take 0.08 ms, finding the likeliest longer


def uniforms(seed: int, count: int) -> np.ndarray:
    """The seed's stream of doubles in [0, 1): element i belongs to token i.

    From the generator's raw words, whose stream numpy keeps stable for good.
    """
    raw = np.random.Philox(key=seed).random_raw(count)
    return (raw >> np.uint64(64 - UNIFORM_BITS)) * 2.0**-UNIFORM_BITS


def choose(
    logits: torch.Tensor, uniform: torch.Tensor | None, temperature: float, top_p: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens [rows] and their log-probabilities under the tempered, untruncated softmax.

    logits [rows, vocabulary]; uniform [rows], None for greedy (temperature 0: the softmax is then untempered).
    Inverse of the cumulative distribution, in the order of the vocabulary, over the smallest set of likeliest
    tokens whose probability reaches top_p.
    """
    tokens, logprobs, settled = draw(logits, uniform, temperature, top_p)
    settle(tokens, logprobs, settled, logits, uniform, temperature, top_p)
    return tokens, logprobs


def draw(
    logits: torch.Tensor, uniform: torch.Tensor | None, temperature: float, top_p: float, top: int = TOP
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """`choose` by the `top` likeliest tokens, and for which rows these were enough (None: for all).

    Nothing in it depends on a value read back, so that a CUDA graph can hold it.
    """
    if uniform is None:
        logprobs = logits.log_softmax(dim=-1)
        tokens = logits.argmax(dim=-1)
        return tokens, logprobs.gather(1, tokens[:, None]).squeeze(1), None
    p = (logits / temperature).softmax(dim=-1)
    kept, settled = (p, None) if top_p == 1 else nucleus(p, top_p, top)
    cumulative = kept.cumsum(dim=-1, dtype=torch.float64)
    total = cumulative[:, -1:].contiguous()
    tokens = torch.searchsorted(cumulative, uniform[:, None] * total, right=True)
    # Rounding may leave the goal at the total: the last token that adds to it is meant then.
    tokens = torch.minimum(tokens, torch.searchsorted(cumulative, total)).clamp_(max=p.shape[1] - 1)
    return tokens.squeeze(1), p.gather(1, tokens).log_().squeeze(1), settled


def settle(tokens, logprobs, settled, logits, uniform, temperature: float, top_p: float) -> None:
    """Chooses again, in place and from all tokens, for the rows where `draw` had too few."""
    if settled is None or bool(settled.all()):
        return
    rows = (~settled).nonzero().squeeze(1)
    again = draw(logits[rows], uniform[rows], temperature, top_p, logits.shape[1])
    tokens[rows], logprobs[rows] = again[0], again[1]


def nucleus(p: torch.Tensor, top_p: float, top: int = TOP) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Probabilities [rows, vocabulary] with all but the top-p set zeroed, and for which rows `top` tokens reach top_p.

    The likeliest token always stays. Rows that `top` tokens do not settle come out wrong.
    """
    count = p.shape[1] if p.device.type == "cpu" and p.shape[1] <= FEW else min(top, p.shape[1])
    ordered = _likeliest(p, count)
    reached = ordered.cumsum(dim=-1, dtype=torch.float64)
    goal = reached.new_full((len(p), 1), top_p)
    last = torch.searchsorted(reached, goal).clamp_(max=count - 1)
    least = ordered.gather(1, last)
    if p.device.type == "cpu":
        values = p.numpy()
        kept = torch.from_numpy(values * (values >= least.numpy()))
    else:
        kept = p.masked_fill(p < least, 0.0)
    return kept, None if count == p.shape[1] else reached[:, -1] >= top_p


def _likeliest(p: torch.Tensor, count: int) -> torch.Tensor:
    """The `count` largest values of each row, descending."""
    if p.device.type != "cpu":
        return p.topk(count, dim=-1).values
    values, size = p.numpy(), p.shape[1]
    if count < size:
        values = np.partition(values, size - count, axis=-1)[:, size - count :]
    return torch.from_numpy(np.sort(values, axis=-1)).flip(-1)

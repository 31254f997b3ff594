"""Chooses the next token of each row.

A completion's random numbers come from its own seed and the token's index alone (Philox, a counter-based
generator), so neighbours, batch size and order do not matter beyond the logits' own rounding.
"""

import numpy as np
import torch

UNIFORM_BITS = 53  # as many as a double's fraction holds


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
    z = logits if uniform is None else logits / temperature
    logprobs = z.log_softmax(dim=-1)
    if uniform is None:
        tokens = z.argmax(dim=-1)
    else:
        p = logprobs.exp().double()
        if top_p < 1:
            p = nucleus(p, top_p)
        cumulative = p.cumsum(dim=-1)
        goal = uniform.to(cumulative.device)[:, None] * cumulative[:, -1:]
        tokens = torch.searchsorted(cumulative, goal, right=True).squeeze(1)
        # Rounding may leave the goal at the total: the last token with any probability is meant then.
        last = (p > 0).double().mul_(torch.arange(1, p.shape[1] + 1, device=p.device)).argmax(dim=-1)
        tokens = torch.minimum(tokens, last)
    return tokens, logprobs.gather(1, tokens[:, None]).squeeze(1)


def nucleus(p: torch.Tensor, top_p: float) -> torch.Tensor:
    """Probabilities [rows, vocabulary] with all but the top-p set zeroed; the likeliest token always stays."""
    ordered, order = p.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered
    ordered = ordered.masked_fill(before >= top_p, 0.0)
    ordered[:, 0] = p.gather(1, order[:, :1]).squeeze(1)
    return torch.zeros_like(p).scatter_(1, order, ordered)

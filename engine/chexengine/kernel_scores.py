"""`token_scores.py` by the compiled kernels, for a small model's head."""

import torch
from torch.nn import functional

from chexengine.kernels import Kernels


class Head:
    """The frozen matrix of the logits [vocabulary, hidden], as the kernels read it."""

    def __init__(self, kernels: Kernels, weight: torch.Tensor):
        self.kernels, self.vocabulary, lanes = kernels, len(weight), kernels.lanes
        padded = functional.pad(weight.detach(), (0, 0, 0, -len(weight) % lanes))
        self.panels = padded.view(-1, lanes, weight.shape[1]).transpose(1, 2).contiguous()
        self.back = padded.view(len(padded), -1, lanes).transpose(0, 1).contiguous()

    @property
    def width(self) -> int:
        """Numbers of a row of probabilities."""
        return self.back.shape[1]


class KernelScores(torch.autograd.Function):
    """states [n, hidden], head, tokens [n], temperature, keep -> logprob, entropy, argmax [n]."""

    @staticmethod
    def forward(ctx, states, head: Head, tokens, temperature: float, keep: bool):
        states = states.contiguous()
        logprob, entropy, argmax, kept = head.kernels.score_tokens(head, states, tokens, temperature, keep)
        ctx.given = head, tokens, temperature, kept
        ctx.mark_non_differentiable(entropy, argmax)
        return logprob, entropy, argmax

    @staticmethod
    def backward(ctx, gradient, _entropy, _argmax):
        head, tokens, temperature, kept = ctx.given
        grown = head.kernels.score_tokens_back(head, tokens, temperature, gradient.contiguous(), kept)
        return grown, None, None, None, None

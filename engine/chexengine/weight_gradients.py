"""dL/dweights of an adapter from dL/dlogprob."""

import torch

from chexengine.adapters import Adapter

Gradients = dict[str, torch.Tensor]  # by the parameter's name; one that took no part is absent


def weight_gradients(adapter: Adapter, logprob: torch.Tensor, upstream: torch.Tensor) -> Gradients:
    """From log-probabilities with their graph, which is used up, and the gradient of each."""
    names = list(adapter.parameters)
    found = torch.autograd.grad(logprob, [adapter.parameters[name] for name in names], upstream, allow_unused=True)
    return {name: part for name, part in zip(names, found, strict=True) if part is not None}


def add_to_sums(adapter: Adapter, parts: list[Gradients]) -> None:
    """Adds gradients to the adapter's sums: all of them, or none where memory is too short for a first sum."""
    fresh: Gradients = {}
    for part in parts:
        for name, gradient in part.items():
            if name in fresh:
                fresh[name].add_(gradient)
            elif name not in adapter.gradients:
                # A copy: autograd may hand out one tensor twice, or a view, and the sums are added to in place.
                fresh[name] = gradient.to(sum_dtype(adapter.parameters[name]), copy=True)
    for part in parts:
        for name, gradient in part.items():
            if name not in fresh:
                adapter.gradients[name].add_(gradient)
    adapter.gradients |= fresh


def sum_dtype(parameter: torch.nn.Parameter) -> torch.dtype:
    """Sums of many small gradients need more digits than bfloat16 has."""
    return torch.float32 if parameter.dtype == torch.bfloat16 else parameter.dtype

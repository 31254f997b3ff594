"""The chunked scores against torch's own log-softmax, forward and backward."""

import pytest
import torch

from chexengine import token_scores as module
from chexengine.token_scores import token_scores


def case(dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(23, 6, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    weight = torch.randn(40, 6, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    tokens = torch.randint(0, 40, (23,), generator=generator)
    upstream = torch.randn(23, generator=generator, dtype=torch.float64)
    return hidden, weight, tokens, upstream


def plain(hidden, weight, tokens, temperature):
    logs = (hidden @ weight.T / temperature).log_softmax(-1)
    entropy = -(logs.exp() * logs).sum(-1)
    return logs.gather(1, tokens[:, None]).squeeze(1), entropy, logs.argmax(-1) == tokens


@pytest.mark.parametrize("elements", [1 << 20, 40 * 7, 1])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_chunks_equal_the_whole(monkeypatch, elements, temperature):
    monkeypatch.setattr(module, "CHUNK_ELEMENTS", elements)
    hidden, weight, tokens, upstream = case()
    found = token_scores(hidden, weight, tokens, temperature, torch.float64)
    wanted = plain(hidden, weight, tokens, temperature)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one.double(), other.double(), atol=1e-12)
    found_gradients = torch.autograd.grad(found[0], (hidden, weight), upstream)
    wanted_gradients = torch.autograd.grad(wanted[0], (hidden, weight), upstream)
    for one, other in zip(found_gradients, wanted_gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-12)
    assert not torch.allclose(
        found_gradients[0], torch.autograd.grad(plain(hidden, weight, tokens, 1.1)[0], hidden, upstream)[0]
    )


def test_finite_differences_agree():
    hidden, weight, tokens, _ = case()
    assert torch.autograd.gradcheck(
        lambda h, w: token_scores(h, w, tokens[:5], 0.7, torch.float64)[0],
        (hidden[:5].detach().requires_grad_(), weight),
    )


def test_bfloat16_is_scored_in_float32():
    hidden, weight, tokens, upstream = case(torch.bfloat16)
    logprob, entropy, _ = token_scores(hidden, weight, tokens, 1.0, torch.float32)
    assert logprob.dtype == entropy.dtype == torch.float32
    gradient = torch.autograd.grad(logprob, hidden, upstream.float())[0]
    assert gradient.dtype == torch.bfloat16
    assert gradient.isfinite().all()


def test_a_frozen_head_gets_no_gradient():
    hidden, weight, tokens, upstream = case()
    logprob, _, _ = token_scores(hidden, weight.detach(), tokens, 1.0, torch.float64)
    assert torch.autograd.grad(logprob, (hidden, weight), upstream, allow_unused=True)[1] is None

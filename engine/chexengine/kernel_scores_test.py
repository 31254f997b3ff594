"""Scores by the kernels against `token_scores.py`, which its own test holds to torch."""

import pytest
import torch

from chexengine import kernel_stack, testing
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_scores import Head, KernelScores
from chexengine.token_scores import token_scores

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(params=TOLERANCE)
def made(request):
    return testing.compiled(request.param)


@pytest.mark.parametrize("vocabulary", [5, 32, 77])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("count", [1, 32, 70])
def test_scores_and_gradients_are_token_scores(made, vocabulary, temperature, count):
    generator = torch.Generator().manual_seed(2)
    states = torch.randn(count, 48, generator=generator, dtype=torch.float64).to(made.type).requires_grad_()
    weight = torch.randn(vocabulary, 48, generator=generator, dtype=torch.float64).to(made.type)
    tokens = torch.randint(0, vocabulary, (count,), generator=generator)
    upstream = torch.randn(count, generator=generator, dtype=torch.float64).to(made.type)
    wanted = token_scores(states, weight, tokens, temperature, made.type)
    found = KernelScores.apply(states, Head(made, weight), tokens, temperature, True)
    for one, other in zip(found[:2], wanted[:2], strict=True):
        assert float((one - other).detach().abs().max()) < 20 * TOLERANCE[made.dtype]
    assert torch.equal(found[2], wanted[2])
    one, other = (torch.autograd.grad(scores[0], states, upstream)[0] for scores in (found, wanted))
    assert float((one - other).norm() / other.norm()) < TOLERANCE[made.dtype]


def test_of_equals_the_first_is_the_likeliest(made):
    states = torch.ones(3, 16, dtype=made.type)
    weight = torch.zeros(6, 16, dtype=made.type)
    weight[[1, 4]] = 1
    tokens = torch.tensor([1, 4, 0])
    _, _, argmax = KernelScores.apply(states, Head(made, weight), tokens, 1.0, False)
    assert argmax.tolist() == [True, False, False]
    assert token_scores(states, weight, tokens, 1.0, made.type)[2].tolist() == argmax.tolist()


def test_what_is_not_a_number_stays_none(made):
    states = torch.full((2, 16), float("nan"), dtype=made.type)
    head = Head(made, torch.ones(5, 16, dtype=made.type))
    logprob, entropy, _ = KernelScores.apply(states, head, torch.tensor([0, 1]), 1.0, False)
    assert logprob.isnan().all()
    assert entropy.isnan().all()


def test_too_many_logits_are_left_to_torch(root, monkeypatch):
    made = testing.engine(testing.wide_folder(root, "gemma3"), "float32", kernels=True)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, testing.prompt("No image here.")))
    request = pb.ForwardRequest(groups=groups, adapter="policy")
    wanted = testing.flat_logprobs(made.forward(request))
    monkeypatch.setattr(kernel_stack, "CHUNK_ELEMENTS", 100)
    monkeypatch.setattr(KernelScores, "apply", lambda *given: pytest.fail("the kernels scored"))
    assert abs(testing.flat_logprobs(made.forward(request)) - wanted).max() < 1e-4

"""The choice of tokens: its distribution, its truncation, its independence of the batch."""

import numpy as np
import pytest
import torch

from chexengine.choose import choose, nucleus, uniforms


def test_uniforms_are_the_seeds_stream():
    long = uniforms(42, 1000)
    assert np.array_equal(uniforms(42, 10), long[:10])  # element i belongs to token i, whatever the limit
    assert not np.array_equal(uniforms(43, 10), long[:10])
    assert long.min() >= 0
    assert long.max() < 1
    assert abs(uniforms(2**64 - 1, 20_000).mean() - 0.5) < 0.01
    # numpy's own doubles from the same generator.
    assert np.array_equal(long, np.random.Generator(np.random.Philox(key=42)).random(1000))


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.7)])
def test_frequencies_are_the_probabilities(temperature, top_p):
    logits = torch.tensor([1.0, 0.2, -0.5, 2.0, -3.0], dtype=torch.float64)
    count = 40_000
    uniform = torch.from_numpy(uniforms(7, count))
    tokens, logprobs = choose(logits.expand(count, -1), uniform, temperature, top_p)
    p = (logits / temperature).softmax(-1)
    kept = nucleus(p[None], top_p)[0] if top_p < 1 else p
    wanted = (kept / kept.sum()).numpy()
    found = np.bincount(tokens.numpy(), minlength=5) / count
    assert np.abs(found - wanted).max() < 4 * 0.5 / np.sqrt(count)
    assert torch.allclose(logprobs, p.log()[tokens])  # untruncated
    # The untempered, untruncated distribution is another one.
    if (temperature, top_p) != (1.0, 1.0):
        assert np.abs(found - logits.softmax(-1).numpy()).max() > 0.02


def test_nucleus_is_the_smallest_set_that_reaches_top_p():
    p = torch.tensor([[0.1, 0.4, 0.2, 0.3], [0.97, 0.01, 0.01, 0.01]], dtype=torch.float64)
    assert torch.equal(nucleus(p, 0.5) > 0, torch.tensor([[False, True, False, True], [True, False, False, False]]))
    assert torch.equal(nucleus(p, 0.7) > 0, torch.tensor([[False, True, False, True], [True, False, False, False]]))
    assert torch.equal(nucleus(p, 0.71)[0] > 0, torch.tensor([False, True, True, True]))
    assert torch.equal(nucleus(p, 1e-9) > 0, torch.tensor([[False, True, False, False], [True, False, False, False]]))


def test_greedy_is_the_argmax_with_the_untempered_logprob():
    logits = torch.randn(6, 50, generator=torch.Generator().manual_seed(1))
    tokens, logprobs = choose(logits, None, 0.0, 1.0)
    assert torch.equal(tokens, logits.argmax(-1))
    assert torch.allclose(logprobs, logits.log_softmax(-1).max(-1).values)


def test_the_ends_of_the_interval_choose_possible_tokens():
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf]])
    for value, wanted in ((0.0, 1), (np.nextafter(1.0, 0.0), 3)):
        tokens, _ = choose(logits, torch.tensor([value], dtype=torch.float64), 1.0, 1.0)
        assert tokens.tolist() == [wanted]

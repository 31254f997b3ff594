"""The choice of tokens: its distribution, its truncation, its independence of the batch."""

import numpy as np
import pytest
import torch

from chexengine import choose as module
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
    kept = nucleus(p[None], top_p)[0][0] if top_p < 1 else p
    wanted = (kept / kept.sum()).numpy()
    found = np.bincount(tokens.numpy(), minlength=5) / count
    assert np.abs(found - wanted).max() < 4 * 0.5 / np.sqrt(count)
    assert torch.allclose(logprobs, p.log()[tokens])  # untruncated
    # The untempered, untruncated distribution is another one.
    if (temperature, top_p) != (1.0, 1.0):
        assert np.abs(found - logits.softmax(-1).numpy()).max() > 0.02


def kept(p, top_p):
    return nucleus(p, top_p)[0] > 0


def test_nucleus_is_the_smallest_set_that_reaches_top_p():
    p = torch.tensor([[0.1, 0.4, 0.2, 0.3], [0.97, 0.01, 0.01, 0.01]], dtype=torch.float64)
    assert torch.equal(kept(p, 0.5), torch.tensor([[False, True, False, True], [True, False, False, False]]))
    assert torch.equal(kept(p, 0.7), torch.tensor([[False, True, False, True], [True, False, False, False]]))
    assert torch.equal(kept(p, 0.71)[0], torch.tensor([False, True, True, True]))
    assert torch.equal(kept(p, 1e-9), torch.tensor([[False, True, False, False], [True, False, False, False]]))


def test_what_is_as_likely_as_the_last_one_stays_too():
    p = torch.tensor([[0.2, 0.2, 0.4, 0.2]], dtype=torch.float64)
    assert kept(p, 0.3).tolist() == [[False, False, True, False]]
    assert kept(p, 0.5).tolist() == [[True, True, True, True]]


def by_sorting(logits, uniform, temperature, top_p):
    """The same by sorting whole rows, one at a time."""
    out = []
    for z, u in zip(logits.double(), uniform.tolist(), strict=True):
        p = (z / temperature).softmax(-1)
        ordered, order = p.sort(descending=True)
        count = int((ordered.cumsum(0) - ordered < top_p).sum())
        some = torch.zeros_like(p)
        some[order[:count]] = ordered[:count]
        total = some.cumsum(0)
        out.append(int((total <= u * total[-1]).sum()))
    return out


@pytest.mark.parametrize(
    ("vocabulary", "spread", "settled"), [(40, 2.0, None), (700, 0.1, None), (3000, 4.0, 200), (3000, 0.1, 0)]
)
def test_it_is_sorting_whole_rows(vocabulary, spread, settled, monkeypatch):
    """Also where the likeliest tokens looked at first do not reach top_p."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(200, vocabulary, generator=generator, dtype=torch.float64) * spread
    uniform = torch.from_numpy(uniforms(3, 200))
    wanted = by_sorting(logits, uniform, 0.8, 0.9)
    found, logprobs = choose(logits, uniform, 0.8, 0.9)
    assert found.tolist() == wanted
    assert torch.allclose(logprobs, (logits / 0.8).log_softmax(-1).gather(1, found[:, None]).squeeze(1))
    enough = nucleus((logits / 0.8).softmax(-1), 0.9)[1]
    assert settled is None if enough is None else enough.sum() == settled
    if settled == 0:
        monkeypatch.setattr(module, "settle", lambda *_: None)
        assert choose(logits, uniform, 0.8, 0.9)[0].tolist() != wanted


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

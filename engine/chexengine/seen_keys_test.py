"""Blocks of queries over the keys they see, against one call over all keys."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from chexengine import attention, forward, seen_keys, testing
from chexengine.gen import engine_pb2 as pb
from chexengine.seen_keys import BLOCK, blocks_of, seen_keys_attention

LENGTH = 2 * BLOCK + 37


def packed(prompt: int, completions: int) -> torch.Tensor:
    """[length, length]: a prompt, then completions that see it and themselves; a picture at 5 to 40 of the prompt."""
    index = torch.arange(LENGTH)
    segment = torch.where(index < prompt, 0, 1 + (index - prompt) * completions // (LENGTH - prompt))
    causal = index[:, None] >= index[None, :]
    mask = causal & ((segment[:, None] == segment[None, :]) | (segment == 0)[None, :])
    picture = (index >= 5) & (index < 40)
    return mask | (picture[:, None] & picture[None, :])


MASKS = {
    "packed": packed(70, 3)[None, None],
    "rows of their own": torch.stack([packed(70, 3), packed(150, 1)])[:, None],
    "window": (packed(70, 1) & (torch.arange(LENGTH)[:, None] - torch.arange(LENGTH)[None, :] < 60))[None, None],
}


def results(attend, mask):
    generator = torch.Generator().manual_seed(3)

    def draw(heads):
        return torch.randn(2, heads, LENGTH, 8, generator=generator, dtype=torch.float64).requires_grad_()

    parts = draw(4), draw(2), draw(2)
    out = attend(*parts, mask)
    upstream = torch.randn(out.shape, generator=generator, dtype=torch.float64)
    return [out, *torch.autograd.grad(out, parts, upstream)]


def whole(query, key, value, mask):
    return scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.3, enable_gqa=True)


def difference(mask) -> float:
    found = results(lambda query, key, value, mask: seen_keys_attention(query, key, value, mask, 0.3), mask)
    return max(
        float((one - other).detach().abs().max()) for one, other in zip(found, results(whole, mask), strict=True)
    )


@pytest.mark.parametrize("name", MASKS)
def test_it_is_attention_over_all_keys(name):
    assert difference(MASKS[name]) < 1e-12


@pytest.mark.parametrize("name", MASKS)
def test_a_run_left_out_or_cut_short_shows(name, monkeypatch):
    for change in (lambda runs: runs[:-1] or runs, lambda runs: [(runs[0][0], runs[0][1] - 1), *runs[1:]]):
        if all(change(runs) == runs for _, _, runs in blocks_of(MASKS[name])):
            continue
        changed = [(start, end, change(runs)) for start, end, runs in blocks_of(MASKS[name])]
        monkeypatch.setattr(seen_keys, "blocks_of", lambda _, changed=changed: changed)
        assert difference(MASKS[name]) > 1e-3
        monkeypatch.undo()


def test_keys_that_no_query_of_a_block_sees_are_left_out():
    runs = [runs for _, _, runs in blocks_of(MASKS["packed"])]
    assert runs[0] == [(0, BLOCK)]
    # The last block holds the end of the second completion and the third, and the prompt.
    assert runs[-1][0] == (0, 70)
    assert sum(end - start for start, end in runs[-1]) < LENGTH
    assert blocks_of(MASKS["window"])[-1][2][0][0] == 2 * BLOCK - 59


@pytest.mark.parametrize("family", testing.FAMILIES)
def test_forward_by_blocks_is_forward(family, tmp_path, monkeypatch):
    folder = testing.tiny_folder(str(tmp_path), family)

    def logprobs(**options):
        made = testing.engine(folder, **options)
        testing.new_policy(made)
        handles = testing.prepare(made, testing.prompt("Findings?", testing.picture(1)))
        model, store, adapters = testing.parts_of(made)
        groups, shape = forward.read_groups(pb.ForwardRequest(groups=testing.groups(handles)), model, store)
        mode = forward.Mode("policy", None)
        return forward.score(model, store, adapters, groups, shape, mode, 0.7, False).logprob

    blocks = []
    monkeypatch.setattr(attention, "LONG", 1)
    monkeypatch.setattr(seen_keys, "BLOCK", 2)
    plain_blocks = seen_keys.blocks_of
    monkeypatch.setattr(seen_keys, "blocks_of", lambda mask: blocks.append(plain_blocks(mask)) or blocks[-1])
    found = logprobs()
    assert any(len(runs) > 1 for one in blocks for _, _, runs in one)
    count = len(blocks)
    wanted = logprobs(without=[pb.SHORTCUT_SEEN_KEYS])
    assert len(blocks) == count
    assert float((found - wanted).abs().max()) < 1e-6

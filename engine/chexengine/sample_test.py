"""Sampling against transformers' generate, against Forward, and against itself in other company."""

import numpy as np
import pytest
import torch

from chexengine import cache, reference, sample, testing
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb


def requests():
    return [
        testing.prompt("Findings?", testing.picture(1)),
        testing.prompt("Is the heart enlarged, and are the lungs clear?", testing.picture(2)),
        testing.prompt("No image here."),
        testing.prompt("Compare the two, please.", testing.picture(3), testing.picture(4)),
    ]


@pytest.fixture(scope="module")
def made(folder):
    made = testing.engine(folder)
    testing.new_policy(made)
    return made


@pytest.fixture(scope="module")
def handles(made):
    return testing.prepare(made, *requests())


def run(made, prompts, temperature=1.0, top_p=1.0, max_tokens=24, max_rows=0, adapter="policy", cancelled=None):
    """Completions by (prompt, completion)."""
    request = pb.SampleRequest(
        prompts=[pb.SamplePrompt(handle=handle, seeds=seeds) for handle, seeds in prompts],
        adapter=adapter,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        max_rows=max_rows,
    )
    out = list(made.sample(request, cancelled or (lambda: False)))
    return {(one.prompt, one.completion): one for one in out}


def tokens(done):
    return {key: list(one.tokens) for key, one in done.items()}


def generated(made, family, folder, count):
    model, _, adapters = testing.parts_of(made)
    out = {}
    with torch.no_grad(), adapters.active("policy", dropout=False), reference.own_attention(model.hf):
        model.hf.eval()
        for index, request in enumerate(requests()):
            given = reference.inputs(family, folder, request)
            if "pixel_values" in given:
                given["pixel_values"] = given["pixel_values"].to(model.hf.dtype)
            if hasattr(model.hf.model, "rope_deltas"):
                model.hf.model.rope_deltas = None
            row = model.hf.generate(
                **given, do_sample=False, max_new_tokens=count, eos_token_id=sorted(model.stop_tokens)
            )
            out[(index, 0)] = row[0, given["input_ids"].shape[1] :].tolist()
        model.hf.train()
    return out


def test_greedy_is_generate(made, handles, family, folder):
    done = run(made, [(handle, [1]) for handle in handles], temperature=0, max_tokens=40)
    wanted = generated(made, family, folder, 40)
    assert tokens(done) == wanted
    assert len({tuple(row) for row in wanted.values()}) == len(wanted)
    assert max(len(set(row)) for row in wanted.values()) > 3  # not one token over and over


@pytest.mark.parametrize("mutation", ["holes seen", "no window", "positions", "cache rows"])
def test_greedy_would_differ(made, handles, family, folder, monkeypatch, mutation):
    if mutation in ("holes seen", "no window"):
        if mutation == "no window" and family != "gemma3":
            pytest.skip("Qwen2.5-VL has no sliding layers")
        masks = sample.Decoding._masks
        key = "full_attention" if mutation == "holes seen" else "sliding_attention"

        def wrong(self, made_tokens):
            right = masks(self, made_tokens)
            return {**right, key: None} if mutation == "holes seen" else {**right, key: right["full_attention"]}

        monkeypatch.setattr(sample.Decoding, "_masks", wrong)
    elif mutation == "positions":
        # All of a row's positions shifted alike would change nothing: only those of the completion are.
        monkeypatch.setattr(sample.Prompt, "next_position", property(lambda prompt: int(prompt.positions.max()) + 2))
    else:
        select = cache.RowCache.select
        monkeypatch.setattr(cache.RowCache, "select", lambda self, rows: select(self, rows.flip(0)))
    done = run(made, [(handle, [1]) for handle in handles], temperature=0, max_tokens=40)
    assert tokens(done) != generated(made, family, folder, 40)


def test_logprobs_are_forwards(made, handles):
    prompts = [(handle, [10 * index, 10 * index + 1]) for index, handle in enumerate(handles)]
    done = run(made, prompts, temperature=0.8, top_p=0.9)
    groups = [
        pb.Group(handle=handle, completions=[pb.Completion(tokens=done[(index, number)].tokens) for number in range(2)])
        for index, handle in enumerate(handles)
    ]
    answer = made.forward(pb.ForwardRequest(groups=groups, adapter="policy", temperature=0.8))
    sampled = np.concatenate([done[(index, number)].logprobs for index in range(4) for number in range(2)])
    assert np.abs(testing.flat_logprobs(answer) - sampled).max() < 2e-6
    untempered = testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups, adapter="policy")))
    assert np.abs(untempered - sampled).max() > 1e-3


def test_a_completion_does_not_depend_on_its_company(made, handles):
    alone = run(made, [(handles[1], [77])])
    crowd = run(made, [(handles[3], [5, 6]), (handles[1], [1, 77, 2]), (handles[0], [77]), (handles[2], [9])])
    small = run(made, [(handles[3], [5, 6]), (handles[1], [1, 77, 2])], max_rows=2)
    assert list(crowd[(1, 1)].tokens) == list(alone[(0, 0)].tokens) == list(small[(1, 1)].tokens)
    assert list(crowd[(2, 0)].tokens) != list(alone[(0, 0)].tokens)
    assert np.abs(np.array(crowd[(1, 1)].logprobs) - np.array(alone[(0, 0)].logprobs)).max() < 1e-6
    assert tokens(run(made, [(handles[1], [78])])) != tokens(alone)


def test_one_uniform_for_all_rows_would_fail(made, handles, monkeypatch):
    """The mutation of the last test: randomness by place in the batch instead of by seed."""
    stream = sample.uniforms
    calls = iter(range(1000))
    monkeypatch.setattr(sample, "uniforms", lambda _seed, count: stream(next(calls), count))
    alone = run(made, [(handles[1], [77])])
    crowd = run(made, [(handles[3], [5, 6]), (handles[1], [1, 77, 2])])
    assert list(crowd[(1, 1)].tokens) != list(alone[(0, 0)].tokens)


def test_same_request_same_bytes(made, handles):
    prompts = [(handle, [1, 2, 3]) for handle in handles]
    first, second = run(made, prompts), run(made, prompts)
    assert {key: one.SerializeToString(deterministic=True) for key, one in first.items()} == {
        key: one.SerializeToString(deterministic=True) for key, one in second.items()
    }


def test_ends_at_the_end_of_turn_or_at_the_limit(made, handles, monkeypatch):
    model = testing.parts_of(made)[0]
    prompts = [(handle, list(range(8))) for handle in handles]
    free = run(made, prompts, max_tokens=30)
    often = max(range(9, 300), key=lambda token: sum(token in one.tokens for one in free.values()))
    stops = model.stop_tokens | {often}
    monkeypatch.setattr(model, "stop_tokens", stops)
    done = run(made, prompts, max_tokens=30)
    stopped = [one for one in done.values() if one.finish == pb.FINISH_STOP]
    assert stopped
    for key, one in done.items():
        whole = list(free[key].tokens)
        if one.finish == pb.FINISH_STOP:
            first = next(index for index, token in enumerate(whole) if token in stops)
            assert list(one.tokens) == whole[: first + 1]
        else:
            assert len(one.tokens) == 30
            assert one.finish == pb.FINISH_LENGTH
        assert len(one.logprobs) == len(one.tokens)


def test_the_text_leaves_special_tokens_out(made, handles):
    model = testing.parts_of(made)[0]
    family = model.family
    row = sample.Row(0, 0, None, None, [*family.encode_turn("The heart is enlarged.")], [0.0])
    answer = sample._answer(model, row)
    assert answer.text == "The heart is enlarged."
    assert answer.tokens[-1] == family.end_of_turn
    assert answer.finish == pb.FINISH_STOP


def test_cancelled_between_tokens(made, handles):
    calls = []

    def cancelled():
        calls.append(None)
        return len(calls) > 5

    done = run(made, [(handle, [1, 2]) for handle in handles], max_tokens=200, cancelled=cancelled)
    assert all(one.finish == pb.FINISH_STOP for one in done.values())
    assert len(calls) == 6


def test_once_cancelled_no_batch_begins(made, handles, monkeypatch):
    begun, calls = [], []
    decoding = sample.Decoding
    monkeypatch.setattr(sample, "Decoding", lambda *arguments: begun.append(None) or decoding(*arguments))

    def cancelled():
        calls.append(None)
        return len(calls) > 3

    run(made, [(handles[0], [1, 2, 3, 4])], max_tokens=200, max_rows=1, cancelled=cancelled)
    assert len(begun) == 1


@pytest.mark.parametrize("wrong", [{"top_p": 0.0}, {"top_p": 1.5}, {"temperature": -1.0}, {"max_tokens": 0}])
def test_wrong_settings_are_refused(made, handles, wrong):
    with pytest.raises(EngineError):
        run(made, [(handles[0], [1])], **wrong)

"""Sampling against transformers' generate, against Forward, and against itself in other company."""

import numpy as np
import pytest
import torch

from chexengine import cache, kernel_batch, own_layers, prefill, reference, running_batch, sample, testing
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb
from chexengine.prompts import Prompt

# The paths of a Sample on the CPU, by what they do without.
PATHS = {
    "kernels": [],
    "all": [pb.SHORTCUT_KERNELS],
    "rows": [pb.SHORTCUT_PROMPT_KEYS],
    "plain": [number for number in pb.Shortcut.values() if number],
}


def requests():
    return [
        testing.prompt("Findings?", testing.picture(1)),
        testing.prompt("Is the heart enlarged, and are the lungs clear?", testing.picture(2)),
        testing.prompt("No image here."),
        testing.prompt("Compare the two, please.", testing.picture(3), testing.picture(4)),
    ]


@pytest.fixture(scope="module", params=PATHS)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def made(folder, path):
    made = testing.engine(folder, without=PATHS[path], kernels=path == "kernels")
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


_GENERATED = {}


def generated(made, family, folder, count):
    """transformers' greedy completions; the same for every path."""
    if (folder, count) not in _GENERATED:
        _GENERATED[folder, count] = _generate(made, family, folder, count)
    return _GENERATED[folder, count]


def _generate(made, family, folder, count):
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


@pytest.mark.parametrize("mutation", ["all slots seen", "no window", "positions", "cache rows", "adapter", "LoRA"])
def test_greedy_would_differ(made, handles, path, family, folder, monkeypatch, mutation):
    prompts, adapter = [(handle, [1]) for handle in handles], "policy"
    wanted = generated(made, family, folder, 40)
    if path == "kernels" and mutation in ("all slots seen", "cache rows", "LoRA"):
        pytest.skip("another memory: kernel_decoder_test.py")
    if mutation == "all slots seen":
        monkeypatch.setattr(sample.RowMemory, "masks", lambda *_: {"full_attention": None, "sliding_attention": None})
        monkeypatch.setattr("chexengine.prompt_memory.added", lambda mask, dtype: torch.zeros(mask.shape, dtype=dtype))
    elif mutation == "no window":
        if family != "gemma3":
            pytest.skip("Qwen2.5-VL has no sliding layers")
        config = testing.parts_of(made)[0].hf.config.get_text_config()
        monkeypatch.setattr(config, "sliding_window", 1000)
        monkeypatch.setattr("chexengine.prefill.build", windowed(config))
    elif mutation == "positions":
        # All of a row's positions shifted alike would change nothing: only those of the completion are.
        monkeypatch.setattr(Prompt, "next_position", property(lambda prompt: int(prompt.positions.max()) + 2))
    elif mutation == "cache rows":
        put = cache.SlotCache.put
        monkeypatch.setattr(
            cache.SlotCache, "put", lambda self, rows, keys, choice: put(self, rows, keys, choice.flip(0))
        )
    elif mutation == "adapter":
        adapter = ""
    else:
        if path == "plain":
            pytest.skip("PEFT's own LoRA")
        monkeypatch.setattr(own_layers.Part, "folded", lambda part: part.weight)
    assert tokens(run(made, prompts, temperature=0, max_tokens=40, adapter=adapter)) != wanted


def windowed(config):
    """`build` with the checkpoint's window, where the rest of a Sample has none: only the decoding is wrong."""
    build = prefill.build

    def right(*arguments):
        wrong, config.sliding_window = config.sliding_window, testing.SPEC.sliding_window
        made = build(*arguments)
        config.sliding_window = wrong
        return made

    return right


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


def test_one_uniform_for_all_rows_would_fail(made, handles, path, monkeypatch):
    """The mutation of the last test: randomness by place in the batch instead of by seed."""
    owner = kernel_batch if path == "kernels" else running_batch
    stream = owner.uniforms
    calls = iter(range(1000))
    monkeypatch.setattr(owner, "uniforms", lambda _seed, count: stream(next(calls), count))
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
    row = sample.Row(0, 0, None, 0, [*family.encode_turn("The heart is enlarged.")], [0.0])
    answer = sample._answer(model, row)
    assert answer.text == "The heart is enlarged."
    assert answer.tokens[-1] == family.end_of_turn
    assert answer.finish == pb.FINISH_STOP


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_no_numbers_are_refused(made, handles, temperature):
    testing.new_policy(made, "diverged")
    weights = testing.parts_of(made)[2].get("diverged").parameters
    next(iter(weights.values())).data.fill_(float("nan"))
    try:
        with pytest.raises(EngineError, match="adapter 'diverged' gives logits that are no numbers"):
            run(made, [(handles[0], [1, 2])], temperature, adapter="diverged")
    finally:
        made.free(pb.FreeRequest(adapter="diverged"))
    assert len(run(made, [(handles[0], [1])], temperature)) == 1


def test_at_an_endless_temperature_every_token_is_as_likely(made, handles):
    one = run(made, [(handles[0], [1])], temperature=1e300, max_tokens=4)[0, 0]
    assert np.allclose(one.logprobs, -np.log(testing.parts_of(made)[0].vocabulary), atol=1e-5)


def test_cancelled_between_tokens(made, handles):
    calls = []

    def cancelled():
        calls.append(None)
        return len(calls) > 5

    done = run(made, [(handle, [1, 2]) for handle in handles], max_tokens=200, cancelled=cancelled)
    assert all(one.finish == pb.FINISH_STOP for one in done.values())
    assert len(calls) == 6


def test_once_cancelled_no_prompt_is_computed(made, handles, monkeypatch):
    begun, calls = [], []
    compute = prefill.Waiting._compute
    monkeypatch.setattr(prefill, "PREFILL_TOKENS", 1)
    monkeypatch.setattr(prefill.Waiting, "_compute", lambda self: begun.append(None) or compute(self))

    def cancelled():
        calls.append(None)
        return len(calls) > 3

    run(made, [(handle, [1, 2]) for handle in handles], max_tokens=200, max_rows=1, cancelled=cancelled)
    assert len(begun) == 1


def stopping(made, monkeypatch, prompts):
    """Makes a frequent token end completions, so that they differ in length."""
    model = testing.parts_of(made)[0]
    free = run(made, prompts, max_tokens=30)
    often = max(range(9, 300), key=lambda token: sum(token in one.tokens for one in free.values()))
    monkeypatch.setattr(model, "stop_tokens", model.stop_tokens | {often})


def test_rows_take_the_places_of_those_that_ended(made, handles, path, monkeypatch):
    prompts = [(handle, [10 * index + number for number in range(5)]) for index, handle in enumerate(handles)]
    stopping(made, monkeypatch, prompts)
    monkeypatch.setattr(prefill, "PREFILL_TOKENS", 1)  # a prompt at a time, also in the middle of others' completions
    steps, seen = [], []
    owner = kernel_batch.KernelBatch if path == "kernels" else running_batch.RunningBatch
    step = owner.step
    monkeypatch.setattr(kernel_batch, "STEPS", 1)
    monkeypatch.setattr(owner, "step", lambda self: steps.append(len(self.rows)) or step(self))
    whole = run(made, prompts, max_tokens=30)
    for rows in (1, 3, 7):
        steps.clear()
        done = run(made, prompts, max_tokens=30, max_rows=rows)
        assert tokens(done) == tokens(whole)
        assert max(steps) == rows
        seen.append(steps.copy())
    # Token for token what batches that drain give too, in fewer steps.
    drained = sum(
        max(len(one.tokens) - 1 for one in list(ordered(whole))[start : start + 3]) for start in range(0, len(whole), 3)
    )
    assert len(seen[1]) == drained if path == "plain" else len(seen[1]) < drained


def ordered(done):
    return [done[key] for key in sorted(done)]


def test_a_mix_up_of_places_would_differ(made, handles, path, monkeypatch):
    if path == "kernels":
        pytest.skip("rows have no places there")
    prompts = [(handle, list(range(5))) for handle in handles]
    stopping(made, monkeypatch, prompts)
    whole = tokens(run(made, prompts, max_tokens=30))
    move = cache.SlotCache.move
    monkeypatch.setattr(
        cache.SlotCache, "move", lambda self, sources, targets, slots: move(self, targets, targets, slots)
    )
    assert tokens(run(made, prompts, max_tokens=30)) != whole


def test_a_first_token_may_end_a_row(made, handles, monkeypatch):
    prompts = [(handle, list(range(4))) for handle in handles]
    free = run(made, prompts, max_tokens=1)
    assert all(len(one.tokens) == 1 for one in free.values())
    first = {one.tokens[0] for one in free.values()}
    monkeypatch.setattr(testing.parts_of(made)[0], "stop_tokens", frozenset(first))
    done = run(made, prompts, max_tokens=9, max_rows=3)
    assert tokens(done) == tokens(free)
    assert all(one.finish == pb.FINISH_STOP for one in done.values())


def test_an_open_number_of_rows_is_bounded_by_memory(made, handles, path, monkeypatch):
    most = []
    name, at = ("KernelBatch", 3) if path == "kernels" else ("RunningBatch", 4)
    batch = getattr(sample, name)
    monkeypatch.setattr(sample, name, lambda *given: most.append(given[at]) or batch(*given))
    prompts = [(handle, list(range(4))) for handle in handles]
    whole = run(made, prompts, max_tokens=6)
    store = testing.parts_of(made)[1]
    slots = max(len(store.get(handle).ids) for handle in handles) + 6
    monkeypatch.setitem(sample.CACHE_BYTES, "cpu", 5 * slots * 2 * 3 * 2 * 8 * 8)  # 3 layers, 2 heads of 8 float64
    assert tokens(run(made, prompts, max_tokens=6)) == tokens(whole)
    assert most == [16, 5]


@pytest.mark.parametrize("wrong", [{"top_p": 0.0}, {"top_p": 1.5}, {"temperature": -1.0}, {"max_tokens": 0}])
def test_wrong_settings_are_refused(made, handles, wrong):
    with pytest.raises(EngineError):
        run(made, [(handles[0], [1])], **wrong)

"""Each shortcut off: it is really off, and the numbers stay."""

import numpy as np
import pytest
import torch

from chexengine import families, forward, lora_linear, own_decoder, step_size, testing, token_scores
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb
from chexengine.kernels import Kernels, kernels

ALL = [number for number in pb.Shortcut.values() if number]


def requests():
    return [testing.prompt("Findings?", testing.picture(1)), testing.prompt("Is it enlarged?", testing.picture(2))]


def results(folder, **options):
    """Forward's log-probabilities, unrounded, and a Sample's tokens."""
    made = testing.engine(folder, **options)
    testing.new_policy(made)
    handles = testing.prepare(made, *requests())
    model, store, adapters = testing.parts_of(made)
    groups, shape = forward.read_groups(pb.ForwardRequest(groups=testing.groups(handles)), model, store)
    mode = forward.Mode("policy", None)
    logprob = forward.score(model, store, adapters, groups, shape, mode, 0.7, False).logprob.numpy()
    prompts = [pb.SamplePrompt(handle=handle, seeds=[1, 2]) for handle in handles]
    request = pb.SampleRequest(prompts=prompts, adapter="policy", temperature=1, top_p=0.9, max_tokens=20)
    sampled = sorted(made.sample(request, lambda: False), key=lambda one: (one.prompt, one.completion))
    return logprob, [list(one.tokens) for one in sampled]


@pytest.fixture(scope="module")
def wanted(folder):
    return results(folder)


@pytest.mark.parametrize("without", [*[[one] for one in ALL], ALL], ids=str)
def test_without_a_shortcut_the_numbers_stay(folder, wanted, without):
    logprob, sampled = results(folder, without=without)
    assert np.abs(logprob - wanted[0]).max() < 1e-6
    assert sampled == wanted[1]


@pytest.fixture(scope="module")
def wide(root, family):
    """In float32 and of whole registers, so that there are kernels."""
    folder = testing.wide_folder(root, family)
    return folder, results(folder, dtype="float32")


@pytest.mark.parametrize("without", [*[[one] for one in ALL], ALL], ids=str)
@pytest.mark.parametrize("threads", [1, 2])
def test_in_float32_too(wide, without, threads):
    folder, wanted = wide
    logprob, sampled = results(folder, dtype="float32", without=without, threads=threads)
    assert np.abs(logprob - wanted[0]).max() < 1e-4
    assert sampled == wanted[1]


def test_plain_is_without_all(folder):
    model = testing.parts_of(testing.engine(folder, plain=True))[0]
    assert model.without == set(ALL)
    assert testing.parts_of(testing.engine(folder))[0].without == set()
    with pytest.raises(EngineError, match="no such shortcuts"):
        testing.engine(folder, without=[0])
    with pytest.raises(EngineError, match="no such shortcuts"):
        testing.engine(folder, without=[99])


def test_without_the_feature_cache_the_tower_runs_each_time(folder, monkeypatch):
    ran = []
    for without in ([], [pb.SHORTCUT_FEATURE_CACHE]):
        made = testing.engine(folder, without=without)
        family = testing.parts_of(made)[0].family
        features, calls = family.features, []
        monkeypatch.setattr(
            family, "features", lambda *given, run=features, calls=calls: calls.append(None) or run(*given)
        )
        handles = testing.prepare(made, *requests())
        for _ in range(2):
            made.forward(pb.ForwardRequest(groups=testing.groups(handles)))
        ran.append(len(calls))
    assert ran == [2, 4]


def test_without_chunks_there_is_one(folder, monkeypatch):
    monkeypatch.setattr(token_scores, "CHUNK_ELEMENTS", 1000)
    made = []
    logits = token_scores._logits
    monkeypatch.setattr(
        token_scores, "_logits", lambda hidden, *rest: made.append(len(hidden)) or logits(hidden, *rest)
    )
    for without in ([], [pb.SHORTCUT_LOGPROB_CHUNKS]):
        results(folder, without=without)
    assert made[-1] == 22
    assert max(made[:-1]) <= 3


def test_without_fused_lora_pefts_layer_runs(folder, monkeypatch):
    calls = []
    apply = lora_linear.LoraLinear.apply
    monkeypatch.setattr(lora_linear.LoraLinear, "apply", lambda *given: calls.append(None) or apply(*given))
    results(folder, without=[pb.SHORTCUT_FUSED_LORA])
    assert not calls
    results(folder, without=[pb.SHORTCUT_OWN_LAYERS])
    assert calls


def test_without_kernels_none_runs(root, family, monkeypatch):
    folder = testing.wide_folder(root, family)
    monkeypatch.setattr(Kernels, "__init__", lambda *given: pytest.fail("they were loaded"))
    kernels.cache_clear()
    results(folder, dtype="float32", without=[pb.SHORTCUT_KERNELS])


def test_without_row_threads_rows_are_one_part(folder, monkeypatch):
    parts = []
    in_parts = forward.in_parts
    monkeypatch.setattr(
        forward, "in_parts", lambda work, given, **more: parts.append(len(given)) or in_parts(work, given, **more)
    )
    for without in ([], [pb.SHORTCUT_ROW_THREADS]):
        results(folder, threads=2, without=without)
    assert parts == [2, 1]


def test_without_shared_keys_the_attention_is_transformers(folder):
    names = {
        "chexengine_sdpa_seen_keys": [],
        "chexengine_sdpa": [pb.SHORTCUT_SEEN_KEYS],
        "sdpa": [pb.SHORTCUT_SHARED_KEYS],
    }
    for name, without in names.items():
        config = testing.parts_of(testing.engine(folder, without=without))[0].hf.config.get_text_config()
        assert config._attn_implementation == name


def test_without_single_threads_small_work_has_all(folder, family, monkeypatch):
    seen = []
    kind = families.Gemma3 if family == "gemma3" else families.Qwen25VL
    for owner, name in ((own_decoder.OwnDecoder, "step"), (kind, "features")):
        run = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *given, name=name, run=run: seen.append((name, torch.get_num_threads())) or run(*given)
        )
    for without, threads in (([], 1), ([pb.SHORTCUT_SINGLE_THREADS], 2)):
        seen.clear()
        results(folder, threads=2, without=without)
        assert set(seen) == {("step", threads), ("features", threads)}


def test_a_large_step_has_all_threads(folder, monkeypatch):
    model = testing.parts_of(testing.engine(folder))[0]
    size = step_size.StepSize(model)
    assert size.is_small(4, 100)
    assert not size.is_small(4, 10**6)  # slots
    assert not size.is_small(10**4, 1)  # rows
    monkeypatch.setattr(step_size, "SMALL", step_size.FEWEST * 32 * 64 * 3 + 2 * 4 * 8)
    assert not size.is_small(1, 1)  # the MLP, beside which there is more
    monkeypatch.setattr(step_size, "SMALL", step_size.FEWEST * size._weights + 2 * 4 * 8)
    assert size.is_small(1, 1)
    assert not size.is_small(1, 2)

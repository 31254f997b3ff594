"""Handles, the feature cache, and what Prepare refuses."""

import threading

import numpy as np
import pytest
import torch

from chexengine import testing, tower
from chexengine.errors import EngineError
from chexengine.feature_cache import FeatureCache
from chexengine.gen import engine_pb2 as pb
from chexengine.side_by_side import side_by_side


@pytest.fixture
def made(folder):
    return testing.engine(folder)


@pytest.fixture
def runs(made, monkeypatch):
    """Counts the pictures the tower sees."""
    family = testing.parts_of(made)[0].family
    whole, seen = family.features, []

    def counted(model, pixels):
        seen.append(len(pixels))
        return whole(model, pixels)

    monkeypatch.setattr(family, "features", counted)
    return seen


def ask(made, *prompts):
    return made.prepare(pb.PrepareRequest(prompts=prompts)).prompts


def test_a_picture_passes_the_tower_once(made, runs):
    first = ask(made, testing.prompt("Findings?", testing.picture(1)), testing.prompt("Heart?", testing.picture(1)))
    assert [prompt.features_cached for prompt in first] == [False, True]
    again = ask(made, testing.prompt("Findings?", testing.picture(1)), testing.prompt("Heart?", testing.picture(2)))
    assert again[0].handle == first[0].handle
    assert len({prompt.handle for prompt in (*first, *again)}) == 3
    assert [prompt.features_cached for prompt in again] == [True, False]
    assert runs == [1, 1]
    assert again[0].tokens > again[0].image_tokens == 16


def test_one_text_about_pictures_of_other_sizes_has_other_tokens(qwen_folder):
    """Where tokens go by size; a text's tokens are remembered."""
    made = testing.engine(qwen_folder)
    sizes = [(32, 32), (96, 64), (32, 32), (64, 96)]
    prompts = [testing.prompt("x", testing.picture(number, *size)) for number, size in enumerate(sizes)]
    together = [(prompt.tokens, prompt.image_tokens) for prompt in ask(made, *prompts)]
    alone = [ask(testing.engine(qwen_folder), prompt)[0] for prompt in prompts]
    assert together == [(prompt.tokens, prompt.image_tokens) for prompt in alone]
    assert len(set(together)) > 1


def test_features_do_not_depend_on_the_company(made):
    store = testing.parts_of(made)[1]
    pictures = [testing.picture(seed) for seed in range(5)]
    together = testing.prepare(made, *[testing.prompt("x", picture) for picture in pictures])
    apart = testing.engine(testing.parts_of(made)[0].folder)
    handles = [testing.prepare(apart, testing.prompt("x", picture))[0] for picture in pictures[::-1]][::-1]
    assert handles == together
    for handle in handles:
        one, other = (
            store.features(store.get(handle)),
            testing.parts_of(apart)[1].features(testing.parts_of(apart)[1].get(handle)),
        )
        assert torch.equal(one[0], other[0])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_nor_on_what_stands_beside_them(folder, threads, monkeypatch):
    """Several at once, on threads of their own; a tower too large for that has them in turn."""
    pictures = [testing.prompt("x", testing.picture(seed)) for seed in range(7)]
    made, found, ran = testing.engine(folder, dtype="float32", threads=threads), [], set()
    family = testing.parts_of(made)[0].family
    features = family.features
    monkeypatch.setattr(family, "features", lambda *given: ran.add(threading.get_ident()) or features(*given))
    for at_once, largest in ((7, tower.SMALL), (3, tower.SMALL), (1, tower.SMALL), (7, 0)):
        monkeypatch.setattr("chexengine.prompts.AT_ONCE", at_once)
        monkeypatch.setattr(tower, "SMALL", largest)
        other = testing.engine(folder, dtype="float32", threads=threads)
        monkeypatch.setattr(testing.parts_of(other)[0], "family", family)
        store = testing.parts_of(other)[1]
        ran.clear()
        found.append([store.features(store.get(handle))[0] for handle in testing.prepare(other, *pictures)])
        alone = threads == 1 or at_once == 1 or not largest
        assert (ran == {threading.get_ident()}) == alone
    assert all(torch.equal(one, other) for some in found[1:3] for one, other in zip(found[0], some, strict=True))
    assert max((one - other).abs().max() for one, other in zip(found[0], found[3], strict=True)) < 1e-4
    assert not torch.equal(found[0][0], found[0][1])


def test_nothing_is_kept_of_a_prepare_that_fails(made):
    bad = testing.picture(2)
    bad.pixels = bad.pixels[:-1]
    with pytest.raises(EngineError, match=r"Prepare: prompt 1: .* another number of bytes"):
        ask(made, testing.prompt("x", testing.picture(1)), testing.prompt("x", bad), testing.prompt("x", bad))
    assert not ask(made, testing.prompt("x", testing.picture(1)))[0].features_cached


def test_an_error_says_which_prompt(made, monkeypatch):
    monkeypatch.setattr("chexengine.prompts.AT_ONCE", 1)
    with pytest.raises(EngineError, match="Prepare: prompt 1: no messages"):
        ask(made, testing.prompt("x"), pb.PromptRequest())


def test_one_off_pictures_are_not_kept(made, runs):
    request = testing.prompt("x", testing.picture(1), store=False)
    handle = ask(made, request)[0].handle
    groups = testing.groups([handle])
    first = testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups)))
    made.free(pb.FreeRequest(handle=handle))
    with pytest.raises(EngineError, match="Prepare again"):
        made.forward(pb.ForwardRequest(groups=groups))
    assert not ask(made, request)[0].features_cached
    assert np.array_equal(first, testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups))))
    assert runs == [1, 1]


def test_other_settings_or_weights_are_other_handles(folder, qwen_folder):
    request = testing.prompt("x", testing.picture(1))

    def handle(of, **options):
        return testing.prepare(testing.engine(of, **options), request)[0]

    assert handle(folder) == handle(folder)
    assert handle(folder) != handle(folder, seed=8)
    assert handle(folder) != handle(folder, dtype="float32")
    assert handle(qwen_folder) != handle(qwen_folder, max_visual_tokens=9)


def test_features_past_the_limit_go_to_disk(folder, tmp_path, runs, made):
    size = 16 * 32 * 8  # a picture's features in float64
    spilling = testing.engine(folder, feature_cache=str(tmp_path), feature_cache_memory_bytes=2 * size)
    pictures = [testing.prompt("x", testing.picture(seed)) for seed in range(5)]
    handles = testing.prepare(spilling, *pictures)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 3
    plain = testing.groups(testing.prepare(made, *pictures))
    wanted = testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=plain)))
    found = testing.flat_logprobs(spilling.forward(pb.ForwardRequest(groups=testing.groups(handles))))
    assert np.array_equal(found, wanted)
    # Another engine of the same model finds them.
    later = testing.engine(folder, feature_cache=str(tmp_path))
    assert [prompt.features_cached for prompt in ask(later, *pictures)].count(True) >= 3


def test_the_cache_forgets_nothing_it_cannot_write():
    cache = FeatureCache("", 1)
    for number in range(3):
        cache.put(str(number), torch.full((2, 2), float(number)))
    assert [float(cache.get(str(number))[0, 0]) for number in range(3)] == [0, 1, 2]
    assert cache.get("3") is None


def test_the_least_recently_used_leave_memory_first(tmp_path):
    cache = FeatureCache(str(tmp_path), 2 * 16)
    for key in ("aa", "bb"):
        cache.put(key, torch.ones(2, 2))
    cache.get("aa")
    cache.put("cc", torch.ones(2, 2))
    assert [path.stem for path in tmp_path.rglob("*.safetensors")] == ["bb"]


def test_threads_find_what_is_on_its_way_to_disk(tmp_path):
    cache = FeatureCache(str(tmp_path), 4 * 16)
    keys = [f"{number:02}" for number in range(12)]
    for number, key in enumerate(keys):
        cache.put(key, torch.full((2, 2), float(number)))
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = side_by_side(cache.get, keys * 20)
    finally:
        torch.set_num_threads(threads)
    assert [float(one[0, 0]) for one in found] == [float(number) for number in range(12)] * 20
    assert cache._held == sum(one.nbytes for one in cache._memory.values())


def message(role, *parts):
    return pb.Message(role=role, parts=parts)


@pytest.mark.parametrize(
    ("request_", "match"),
    [
        (pb.PromptRequest(), "no messages"),
        (pb.PromptRequest(messages=[message("robot", pb.Part(text="x"))]), "role 'robot'"),
        (pb.PromptRequest(messages=[message("user", pb.Part(image=0))]), "images"),
        (pb.PromptRequest(messages=[message("user", pb.Part(text="x"))], images=[testing.picture(1)]), "images"),
        (testing.prompt("x", pb.Image(width=4, height=4, channels=1, pixels=b"abc")), "bytes"),
        (testing.prompt("x", pb.Image(width=1, height=1, channels=2, pixels=b"ab")), "1 or 3 channels"),
    ],
)
def test_wrong_prompts_are_refused(made, request_, match):
    with pytest.raises(EngineError, match=match) as refused:
        ask(made, request_)
    assert refused.value.code.name == "INVALID_ARGUMENT"


def test_a_system_message_and_a_dialogue(made):
    request = pb.PromptRequest(
        messages=[
            message("system", pb.Part(text="Be brief.")),
            message("user", pb.Part(image=0), pb.Part(text="Findings?")),
            message("assistant", pb.Part(text="Edema.")),
            message("user", pb.Part(text="Sure?")),
        ],
        images=[testing.picture(1)],
    )
    store = testing.parts_of(made)[1]
    text = testing.parts_of(made)[0].family.tokenizer.decode(store.get(ask(made, request)[0].handle).ids)
    assert text.index("Be brief.") < text.index("Findings?") < text.index("Edema.") < text.index("Sure?")


def test_tokens_outside_the_vocabulary_are_refused(made):
    handle = testing.prepare(made, testing.prompt("x"))[0]
    with pytest.raises(EngineError, match="outside the vocabulary"):
        made.extend(pb.ExtendRequest(handle=handle, tokens=[5000]))
    group = pb.Group(handle=handle, completions=[pb.Completion(tokens=[5000])])
    with pytest.raises(EngineError, match="completion 0 of group 0"):
        made.forward(pb.ForwardRequest(groups=[group]))
    with pytest.raises(EngineError, match="no tokens"):
        made.forward(pb.ForwardRequest(groups=[pb.Group(handle=handle, completions=[pb.Completion()])]))

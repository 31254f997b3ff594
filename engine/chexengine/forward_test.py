"""Forward against transformers' own whole-model forward; each mutation must make the comparison fail."""

import numpy as np
import pytest
import torch

from chexengine import batch, forward, reference, testing
from chexengine.gen import engine_pb2 as pb

TOLERANCE = {"float64": 1e-6, "float32": 1e-4}


def requests():
    return [
        testing.prompt("Findings?", testing.picture(1)),
        testing.prompt("Is the heart enlarged, and are the lungs clear?", testing.picture(2)),
        testing.prompt("No image here."),
        testing.prompt("Compare the two, please.", testing.picture(3), testing.picture(4, channels=3)),
    ]


@pytest.fixture(scope="module", params=["float64", "float32", "float64 plain"])
def setup(request, family, folder):
    """An engine, its Forward's groups and the reference's log-probabilities of them."""
    dtype, *plain = request.param.split()
    made = testing.engine(folder, dtype=dtype, plain=bool(plain))
    testing.new_policy(made)
    testing.new_policy(made, "other", seed=6)
    handles = testing.prepare(made, *requests())
    groups = testing.groups(handles)
    model, _, adapters = testing.parts_of(made)
    wanted = []
    with torch.no_grad(), adapters.active("policy", dropout=False):
        for prompt, group in zip(requests(), groups, strict=True):
            given = reference.inputs(family, folder, prompt)
            for completion in group.completions:
                wanted.append(reference.logprobs(model.hf, given, list(completion.tokens), 0.7))
    return made, groups, torch.cat(wanted).numpy(), TOLERANCE[dtype]


def scored(made, groups, adapter="policy", temperature=0.7):
    """Log-probabilities without the contract's rounding to float32."""
    model, store, adapters = testing.parts_of(made)
    request = pb.ForwardRequest(groups=groups)
    read, shape = forward.read_groups(request, model, store)
    mode = forward.Mode(adapter, None)
    return forward.score(model, store, adapters, read, shape, mode, temperature, False).logprob.numpy()


def error(setup, **changes):
    made, groups, wanted, _ = setup
    return np.abs(scored(made, groups, **changes) - wanted).max()


def test_logprobs_are_the_models_own(setup):
    assert error(setup) < setup[3]


@pytest.mark.parametrize("change", [{"adapter": "other"}, {"adapter": ""}, {"temperature": 1.0}])
def test_swapped_adapter_or_temperature_would_fail(setup, change):
    assert error(setup, **change) > 100 * setup[3]


@pytest.mark.parametrize("mutation", ["one-way image block", "no window", "shifted positions", "flat positions"])
def test_wrong_masks_or_positions_would_fail(setup, family, monkeypatch, mutation):
    kind = type(testing.parts_of(setup[0])[0].family)
    if mutation == "one-way image block":
        monkeypatch.setattr(kind, "bidirectional", lambda self: family != "gemma3")
    elif mutation == "no window":
        if family != "gemma3":
            pytest.skip("Qwen2.5-VL has no sliding layers")
        whole = batch.row_masks

        def without(*arguments):
            masks = whole(*arguments)
            return {**masks, "sliding_attention": masks["full_attention"]}

        monkeypatch.setattr(batch, "row_masks", without)
    elif mutation == "shifted positions":
        # A shift of all positions changes nothing (they are relative); of the completions alone it does.
        monkeypatch.setattr(batch.Prompt, "next_position", property(lambda prompt: int(prompt.positions.max()) + 2))
    else:
        if family != "qwen2_5_vl":
            pytest.skip("Gemma 3's positions are flat")
        build = forward.build

        def flat(*arguments):
            made = build(*arguments)
            made.positions = torch.arange(made.positions.shape[2]).expand_as(made.positions)
            return made

        monkeypatch.setattr(forward, "build", flat)
    assert error(setup) > 100 * setup[3]


@pytest.mark.parametrize("mutation", ["completions see each other", "positions go on", "window along the row"])
def test_a_wrongly_shared_prompt_would_fail(setup, family, monkeypatch, mutation):
    if not testing.parts_of(setup[0])[0].share_prompts:
        pytest.skip("nothing is shared")
    segments, build = batch._segments, forward.build

    def wrong_segments(layouts, length):
        segment, place = segments(layouts, length)
        if mutation == "completions see each other":
            return segment.clamp(max=1), place
        return segment, torch.arange(length).expand_as(place)

    def wrong_build(*arguments):
        made = build(*arguments)
        made.positions = torch.arange(made.positions.shape[2]).expand_as(made.positions)
        return made

    if mutation == "positions go on":
        monkeypatch.setattr(forward, "build", wrong_build)
    elif mutation == "window along the row" and family != "gemma3":
        pytest.skip("Qwen2.5-VL has no sliding layers")
    else:
        monkeypatch.setattr(batch, "_segments", wrong_segments)
    assert error(setup) > 100 * setup[3]


def test_wrong_features_would_fail(setup, monkeypatch):
    right = batch.picture_features

    def wrong(*arguments):
        return {handle: [one * 1.01 for one in features] for handle, features in right(*arguments).items()}

    monkeypatch.setattr(batch, "picture_features", wrong)
    assert error(setup) > 10 * setup[3]


def test_the_answer_has_entropy_and_argmax(setup):
    made, groups, wanted, tolerance = setup
    answer = made.forward(pb.ForwardRequest(groups=groups, adapter="policy", temperature=0.7))
    assert np.abs(testing.flat_logprobs(answer) - wanted).max() < max(tolerance, 2e-6)
    completion = answer.groups[1].completions[0]
    assert len(completion.entropy) == len(completion.argmax) == len(completion.logprob) == 7
    assert answer.ticket == ""


def test_a_group_equals_its_completions_apart(setup):
    made, groups, _, tolerance = setup
    apart = [pb.Group(handle=group.handle, completions=[one]) for group in groups for one in group.completions]
    together = scored(made, groups)
    assert np.abs(together - scored(made, apart)).max() < tolerance
    # Groups of different sizes, completions of different lengths.
    uneven = [*groups[:2], *apart[4:]]
    assert np.abs(together - scored(made, uneven)).max() < tolerance


def test_extend_equals_a_longer_prompt(setup):
    made, groups, _, tolerance = setup
    tokens = list(groups[1].completions[0].tokens)
    longer = made.extend(pb.ExtendRequest(handle=groups[1].handle, tokens=tokens[:3]))
    rest = [pb.Group(handle=longer.handle, completions=[pb.Completion(tokens=tokens[3:])])]
    whole = [pb.Group(handle=groups[1].handle, completions=[pb.Completion(tokens=tokens)])]
    assert np.abs(scored(made, rest) - scored(made, whole)[3:]).max() < tolerance


def test_full_training_runs_the_tower_inside(family, folder):
    cached, inside = testing.engine(folder), testing.engine(folder, trainable=pb.TRAINABLE_FULL)
    results = []
    for made, adapter in ((cached, ""), (inside, "full")):
        handles = testing.prepare(made, *requests())
        results.append(scored(made, testing.groups(handles), adapter=adapter))
    assert np.abs(results[0] - results[1]).max() < 1e-6


def test_bfloat16_stays_near_float32(folder):
    """A smoke test: the roundings of bfloat16 are large on such a model, NaN or garbage larger."""
    results = []
    for dtype in ("float32", "bfloat16"):
        made = testing.engine(folder, dtype=dtype)
        testing.new_policy(made)
        model = testing.parts_of(made)[0]
        if dtype == "float32":
            weights = model.hf.state_dict()
        else:
            model.hf.load_state_dict(weights)
        results.append(scored(made, testing.groups(testing.prepare(made, requests()[0])), temperature=4.0))
    assert np.isfinite(results[1]).all()
    assert np.abs(results[0] - results[1]).mean() < 0.2 * np.abs(results[0] - results[0].mean()).mean()

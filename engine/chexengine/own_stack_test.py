"""The own stack without kernels against transformers' modules: scores, gradients, dropout, blocks, where it is used.

With kernels: `kernel_stack_test.py`.
"""

import dataclasses

import pytest
import torch

from chexengine import (
    adapters,
    attention,
    forward,
    gated_unit,
    head_attention,
    noise,
    own_stack,
    rotations,
    seen_keys,
    testing,
    unit_norm,
)
from chexengine.gen import engine_pb2 as pb

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
# Both sides round to float32 in the norms' backward, whatever the model's type is, and not in the same places.
ROUNDED = 1e-6
MODULES = [pb.SHORTCUT_OWN_LAYERS]
TORCH = [pb.SHORTCUT_KERNELS]


def requests():
    """Prompts of different lengths, so that there is padding; with two pictures, one and none."""
    return [
        testing.prompt("Is the heart enlarged, and are the lungs clear?", testing.picture(2)),
        testing.prompt("No image here."),
        testing.prompt("Compare the two, please.", testing.picture(3), testing.picture(4)),
    ]


def results(
    folder, dtype="float64", adapter="policy", dropout_seed=None, counts=(7, 4), first=0, without=TORCH, **more
):
    """Log-probability, entropy, arg-max, and with an adapter the gradients of all its parameters."""
    made = testing.engine(folder, dtype, without=without, **more)
    testing.new_policy(made, dropout=0.3)
    model, store, known = testing.parts_of(made)
    given = testing.groups(testing.prepare(made, *requests()[first:]), counts=counts)
    groups, shape = forward.read_groups(pb.ForwardRequest(groups=given), model, store)
    mode = forward.Mode(adapter, dropout_seed)
    scores = forward.score(model, store, known, groups, shape, mode, 0.7, bool(adapter))
    out = {"logprob": scores.logprob.detach(), "entropy": scores.entropy, "argmax": scores.argmax.double()}
    if adapter:
        parameters = known.get(adapter).parameters
        upstream = torch.randn(len(scores.logprob), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        logprob = torch.cat(scores.graphs)
        grown = torch.autograd.grad(logprob, list(parameters.values()), upstream.to(logprob.dtype))
        out |= dict(zip(parameters, grown, strict=True))
    return out


def difference(found, wanted) -> float:
    """The largest, gradients by relative norm."""
    assert found.keys() == wanted.keys()
    return max(
        float((found[name] - value).norm() / value.norm().clamp(min=1))
        if ".lora_" in name
        else float((found[name] - value).abs().max())
        for name, value in wanted.items()
    )


def of_scores(found) -> dict:
    return {name: value for name, value in found.items() if ".lora_" not in name}


CASES = {
    "plain": {},
    "a row for each completion": {"without": [pb.SHORTCUT_SHARED_PROMPT]},
    "dropout": {"dropout_seed": 5},
    "dropout, a row for each completion": {"dropout_seed": 5, "without": [pb.SHORTCUT_SHARED_PROMPT]},
    "one completion": {"counts": (5,)},
    "no adapter": {"adapter": ""},
    "without seen keys": {"without": [pb.SHORTCUT_SEEN_KEYS]},
    "float32": {"dtype": "float32"},
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_transformers_modules(folder, case, monkeypatch):
    if case != "without seen keys":
        monkeypatch.setattr(attention, "LONG", 1)
        monkeypatch.setattr(seen_keys, "BLOCK", 16)
    options = dict(CASES[case])
    without = options.pop("without", [])
    found = results(folder, without=without, **options)
    wanted = results(folder, without=without + MODULES, **options)
    tolerance = TOLERANCE[options.get("dtype", "float64")]
    assert difference(*(of_scores(one) for one in (found, wanted))) < tolerance
    assert difference(found, wanted) < max(tolerance, ROUNDED)


def test_causal_rows_need_no_mask(folder):
    """Text alone, unpacked: where there is no window either, there is no mask."""
    options = {"counts": (5,), "first": 1, "without": [pb.SHORTCUT_SHARED_PROMPT]}
    found = results(folder, **options)
    options["without"] = options["without"] + MODULES
    assert difference(found, results(folder, **options)) < ROUNDED


def wrong_wanted(monkeypatch):
    of = head_attention.Wanted.of
    monkeypatch.setattr(head_attention.Wanted, "of", lambda places, length: of((places - 1).clamp(min=0), length))


def wrong_rows(monkeypatch):
    of = head_attention.Wanted.of

    def first_row(places, length):
        made = of(places, length)
        return dataclasses.replace(made, rows=[(0, within) for _, within in made.rows])

    monkeypatch.setattr(head_attention.Wanted, "of", first_row)


def wrong_turn(monkeypatch):
    backward = rotations.Rotate.backward
    wrong = staticmethod(lambda ctx, gradient: (backward(ctx, gradient)[0] * 0.99, None, None))
    monkeypatch.setattr(rotations.Rotate, "backward", wrong)


def wrong_noise(monkeypatch):
    """The last layer's wanted tokens with the masks of the first ones."""
    of = noise.Noise.of
    shifted = lambda self, number, wanted=None: of(self, number, None if wanted is None else wanted - wanted[0])  # noqa: E731
    monkeypatch.setattr(noise.Noise, "of", shifted)


def wrong_norm(monkeypatch):
    backward = unit_norm.UnitNorm.backward

    def without_residual(ctx, gradient):
        own, _, *rest = backward(ctx, gradient)
        return own, None, *rest

    monkeypatch.setattr(unit_norm.UnitNorm, "backward", staticmethod(without_residual))


def wrong_curve(monkeypatch):
    monkeypatch.setattr(own_stack, "CURVES", {"gelu_pytorch_tanh": (1.702, 0.0), "silu": (1.0, 0.01)})


def wrong_scale(monkeypatch):
    part_of = own_stack.part_of

    def twice(linear, adapter):
        part = part_of(linear, adapter)
        return dataclasses.replace(part, scale=2 * part.scale)

    monkeypatch.setattr(own_stack, "part_of", twice)


@pytest.mark.parametrize(
    "mutate", [wrong_wanted, wrong_rows, wrong_turn, wrong_noise, wrong_norm, wrong_curve, wrong_scale]
)
def test_a_mutation_shows(folder, family, mutate, monkeypatch):
    if mutate is wrong_norm and family != "gemma3":
        pytest.skip("Qwen2.5-VL's norms have no sum behind them")
    wanted = results(folder, dropout_seed=5, without=MODULES)
    mutate(monkeypatch)
    assert difference(results(folder, dropout_seed=5), wanted) > 1e-4


@pytest.mark.parametrize("curve", gated_unit.CURVES)
def test_the_gate_is_torchs(curve):
    generator = torch.Generator().manual_seed(2)
    both = (3 * torch.randn(5, 12, generator=generator, dtype=torch.float64)).requires_grad_()
    upstream = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    gate, up = both.chunk(2, dim=1)
    active = torch.nn.functional.silu(gate) if curve == "silu" else torch.nn.functional.gelu(gate, approximate="tanh")
    wanted = active * up
    found = gated_unit.GatedUnit.apply(both, gated_unit.CURVES[curve])
    assert float((found - wanted).detach().abs().max()) < 1e-12
    one, other = (torch.autograd.grad(out, both, upstream)[0] for out in (found, wanted))
    assert float((one - other).abs().max()) < 1e-12


def test_what_it_does_not_cover_is_left_to_the_modules(folder, tmp_path, monkeypatch):
    def covered(dtype="float64", adapter="policy", **options):
        made = testing.engine(folder, dtype, **options)
        model, _, known = testing.parts_of(made)
        if not model.full:
            testing.new_policy(made)
        return own_stack.covers(model, known, adapter)

    assert covered()
    assert covered(adapter="")
    assert not covered("bfloat16")  # its LoRA is float32
    assert covered("bfloat16", adapter="")
    assert not covered(gradient_checkpointing=True)
    assert not covered(trainable=pb.TRAINABLE_FULL, adapter="full")
    for shortcut in own_stack.NEEDED:
        assert not covered(without=[shortcut])
    monkeypatch.setattr(adapters.Adapters, "has_variants", lambda *given: True)
    assert not covered()
    monkeypatch.setattr(own_stack, "CURVES", {})
    assert not covered(adapter="")
    monkeypatch.setattr(own_stack.OwnStack, "__init__", lambda *given: pytest.fail("the own stack was made"))
    results(folder)

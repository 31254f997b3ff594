"""Step against torch.optim.AdamW and torch's clipping, and its idempotence."""

import math

import pytest
import torch

from chexengine import optimizer, testing
from chexengine.adapters import Adapter
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb
from chexengine.gradients import Tickets

SETTINGS = {"learning_rate": 3e-2, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "weight_decay": 0.1}


@pytest.fixture(params=["torch", "kernels"])
def kernels(request):
    return None if request.param == "torch" else testing.compiled("float64")


def adapter(dtype=torch.float64, kernels=None):
    generator = torch.Generator().manual_seed(1)
    shapes = {"a": (3, 4), "b": (5,), "unused": (2,)}
    weights = {
        name: torch.nn.Parameter(torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype))
        for name, shape in shapes.items()
    }
    return Adapter("policy", True, weights, kernels)


def gradients_at(step):
    generator = torch.Generator().manual_seed(100 + step)
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64)
        for name, shape in (("a", (3, 4)), ("b", (5,)))
    }


def run(steps, clip_norm=0.0, kernels=None, transposed=False, **changes):
    made = adapter(kernels=kernels)
    norms = []
    for number in range(1, steps + 1):
        made.gradients = gradients_at(number)
        if transposed:
            made.gradients["a"] = made.gradients["a"].T.contiguous().T
        request = testing.step_request("policy", number, clip_norm=clip_norm, **{**SETTINGS, **changes})
        norms.append(optimizer.step(made, Tickets("t"), request).gradient_norm)
    return made, norms


def by_torch(steps, clip_norm=0.0):
    made = adapter()
    adam = torch.optim.AdamW(
        made.parameters.values(),
        lr=SETTINGS["learning_rate"],
        betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
        eps=SETTINGS["epsilon"],
        weight_decay=SETTINGS["weight_decay"],
        foreach=False,
    )
    norms = []
    for number in range(1, steps + 1):
        for name, gradient in gradients_at(number).items():
            made.parameters[name].grad = gradient
        norms.append(float(torch.nn.utils.clip_grad_norm_(made.parameters.values(), clip_norm or math.inf)))
        adam.step()
    return made, norms


def difference(first, second):
    pairs = [(value, second.parameters[name]) for name, value in first.parameters.items()]
    return max(float((one - other).detach().abs().max()) for one, other in pairs)


@pytest.mark.parametrize("clip_norm", [0.0, 0.5, 1e3])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_update_is_adamws(kernels, clip_norm, transposed):
    found, norms = run(6, clip_norm, kernels, transposed)
    wanted, wanted_norms = by_torch(6, clip_norm)
    assert difference(found, wanted) < 1e-12
    assert norms == pytest.approx(wanted_norms, rel=1e-12)
    assert torch.equal(found.parameters["unused"], adapter().parameters["unused"])


@pytest.mark.parametrize(
    "change", [{"beta1": 0.81}, {"beta2": 0.96}, {"epsilon": 1e-3}, {"weight_decay": 0.0}, {"clip_norm": 0.6}]
)
def test_another_setting_would_fail(kernels, change):
    found, _ = run(6, **{"clip_norm": 0.5, "kernels": kernels, **change})
    assert difference(found, by_torch(6, 0.5)[0]) > 1e-8


def test_a_repeated_step_is_answered_from_memory():
    made, _ = run(2)
    weights = {name: value.clone() for name, value in made.parameters.items()}
    made.gradients = gradients_at(9)
    again = optimizer.step(made, Tickets("t"), testing.step_request("policy", 2, **SETTINGS))
    assert again == made.last_step
    assert again.step == 2
    assert all(torch.equal(made.parameters[name], value) for name, value in weights.items())
    assert made.gradients  # those of the next step stay
    for wrong in (1, 4):
        with pytest.raises(EngineError, match="the next is 3"):
            optimizer.step(made, Tickets("t"), testing.step_request("policy", wrong, **SETTINGS))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_non_finite_gradient_is_skipped(bad):
    made, _ = run(2)
    weights = {name: value.clone() for name, value in made.parameters.items()}
    moments = {name: (first.clone(), second.clone()) for name, (first, second) in made.moments.items()}
    version = made.version
    made.gradients = gradients_at(3)
    made.gradients["b"][1] = bad
    answer = optimizer.step(made, Tickets("t"), testing.step_request("policy", 3, clip_norm=1.0, **SETTINGS))
    assert answer.outcome == pb.STEP_OUTCOME_SKIPPED_NON_FINITE
    assert not math.isfinite(answer.gradient_norm)
    assert (answer.step, made.step, made.updates, made.version) == (3, 3, 2, version)
    assert made.gradients == {}
    assert all(torch.equal(made.parameters[name], value) for name, value in weights.items())
    assert all(torch.equal(made.moments[name][at], pair[at]) for name, pair in moments.items() for at in (0, 1))


def test_bfloat16_weights_have_float32_moments():
    made = adapter(torch.bfloat16)
    made.gradients = {name: value.float() for name, value in gradients_at(1).items()}
    optimizer.step(made, Tickets("t"), testing.step_request("policy", 1, **SETTINGS))
    assert made.moments["a"][0].dtype == torch.float32
    assert made.parameters["a"].dtype == torch.bfloat16
    assert not torch.equal(made.parameters["a"], adapter(torch.bfloat16).parameters["a"])


@pytest.mark.parametrize("wrong", [{"learning_rate": -1.0}, {"beta1": 1.0}, {"epsilon": 0.0}, {"clip_norm": math.nan}])
def test_wrong_settings_are_refused(wrong):
    made = adapter()
    made.gradients = gradients_at(1)
    with pytest.raises(EngineError):
        optimizer.step(made, Tickets("t"), testing.step_request("policy", 1, **{**SETTINGS, **wrong}))
    assert made.step == 0
    assert made.gradients


def test_no_gradient_at_all_is_a_step_of_norm_zero():
    made = adapter()
    answer = optimizer.step(made, Tickets("t"), testing.step_request("policy", 1, **SETTINGS))
    assert answer.gradient_norm == 0
    assert answer.outcome == pb.STEP_OUTCOME_APPLIED
    assert difference(made, adapter()) == 0

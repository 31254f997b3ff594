"""Forward -> dL/dlogprob -> Backward against autograd through the same loss on transformers' own forward."""

import dataclasses

import numpy as np
import pytest
import torch

from chexengine import gradients, reference, testing
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb

TOLERANCE = {"float64": 1e-6, "float32": 1e-4}  # relative, of the norm of each weight's gradient


def requests():
    return [testing.prompt("Findings?", testing.picture(1)), testing.prompt("Are the lungs clear?", testing.picture(2))]


@pytest.fixture(params=["float64", "float32"])
def setup(request, family, folder):
    made = testing.engine(folder, dtype=request.param)
    testing.new_policy(made)
    testing.new_policy(made, "other", seed=6)
    groups = testing.groups(testing.prepare(made, *requests()))
    return made, groups, TOLERANCE[request.param]


def loss(logprobs):
    """Not linear, so that the gradient depends on the log-probabilities: a clipped ratio and a KL-like term."""
    old = np.linspace(-6, -4, logprobs.shape[0])
    if isinstance(logprobs, torch.Tensor):
        ratio = (logprobs - torch.from_numpy(old).to(logprobs.dtype)).clamp(max=3).exp()
        return -ratio.clamp(max=1.2).mul(0.3).sum() + 0.1 * logprobs.square().sum()
    ratio = np.exp(np.minimum(logprobs - old, 3))
    return np.where(ratio < 1.2, -0.3 * ratio, 0) + 0.2 * logprobs


def wanted(made, family, folder, groups, adapter="policy"):
    """The reference gradient of each of the adapter's weights."""
    model, _, adapters = testing.parts_of(made)
    parameters = adapters.get(adapter).parameters
    with adapters.active(adapter, dropout=False):
        scores = torch.cat(
            [
                reference.logprobs(model.hf, reference.inputs(family, folder, prompt), list(completion.tokens))
                for prompt, group in zip(requests(), groups, strict=True)
                for completion in group.completions
            ]
        )
        parts = torch.autograd.grad(loss(scores), list(parameters.values()))
    return dict(zip(parameters, parts, strict=True))


def go(made, groups, adapter="policy", between=None, **options):
    answer = made.forward(pb.ForwardRequest(groups=groups, adapter=adapter, keep_graph=True, **options))
    if between:
        between()
    upstream = loss(testing.flat_logprobs(answer).astype(np.float64))
    made.backward(pb.BackwardRequest(ticket=answer.ticket, groups=testing.flat_gradient(answer, upstream)))
    return testing.gradients(made, adapter)


def difference(found, right):
    """Largest relative difference of any weight's gradient, by norm."""
    assert found.keys() == right.keys()
    return max(float((found[name] - right[name]).norm() / right[name].norm()) for name in right)


def test_lora_gradients_are_autograds(setup, family, folder):
    made, groups, tolerance = setup
    # The contract carries float32: in float64 its roundings, about 1e-7 of values around 5, are what remains.
    assert difference(go(made, groups), wanted(made, family, folder, groups)) < tolerance


@pytest.mark.parametrize("mutation", ["scaled", "reordered", "temperature", "swapped adapter"])
def test_wrong_gradients_would_fail(setup, family, folder, monkeypatch, mutation):
    made, groups, tolerance = setup
    right = wanted(made, family, folder, groups)
    if mutation == "scaled":
        read = gradients.read_gradients
        monkeypatch.setattr(gradients, "read_gradients", lambda *given: [1.01 * value for value in read(*given)])
    elif mutation == "reordered":
        read = gradients.read_gradients
        monkeypatch.setattr(gradients, "read_gradients", lambda *given: read(*given)[::-1])
    options = {"temperature": 1.1} if mutation == "temperature" else {}
    if mutation == "swapped adapter":
        found = go(made, groups, adapter="other")
        found = {name.replace(".other.", ".policy."): value for name, value in found.items()}
    else:
        found = go(made, groups, **options)
    assert difference(found, right) > 10 * tolerance


def test_gradients_add_up_and_known_ones_need_no_ticket(setup):
    made, groups, tolerance = setup
    once = go(made, groups)
    twice = go(made, groups)
    assert difference(twice, {name: 2 * value for name, value in once.items()}) < tolerance
    made.zero_grad(pb.ZeroGradRequest(adapter="policy"))
    answer = made.forward(pb.ForwardRequest(groups=groups, adapter="policy"))
    upstream = testing.flat_gradient(answer, loss(testing.flat_logprobs(answer).astype(np.float64)))
    given = [
        pb.Group(
            handle=group.handle,
            completions=[
                pb.Completion(tokens=completion.tokens, gradient=known.logprob)
                for completion, known in zip(group.completions, of_group.completions, strict=True)
            ],
        )
        for group, of_group in zip(groups, upstream, strict=True)
    ]
    answer = made.forward(pb.ForwardRequest(groups=given, adapter="policy"))
    assert answer.ticket == ""
    assert difference(testing.gradients(made, "policy"), once) < tolerance


@pytest.mark.parametrize("checkpointing", [False, True])
def test_another_adapter_between_forward_and_backward(family, folder, checkpointing):
    """With recomputation the ticket's adapter must be active again: else no error and no gradient."""
    made = testing.engine(folder, gradient_checkpointing=checkpointing)
    testing.new_policy(made)
    testing.new_policy(made, "reference", seed=6, trainable=False)
    groups = testing.groups(testing.prepare(made, *requests()))
    right = go(made, groups)
    made.zero_grad(pb.ZeroGradRequest(adapter="policy"))

    def other():
        made.forward(pb.ForwardRequest(groups=groups, adapter="reference"))
        made.forward(pb.ForwardRequest(groups=groups))

    assert difference(go(made, groups, between=other), right) == 0


def test_recomputation_is_what_the_last_test_guards(folder, monkeypatch):
    """Without the ticket's mode, checkpointing loses the gradient."""
    made = testing.engine(folder, gradient_checkpointing=True)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    right = go(made, groups)
    made.zero_grad(pb.ZeroGradRequest(adapter="policy"))
    backward = gradients.add_gradient

    def unguarded(adapters, adapter, ticket, given):
        backward(adapters, adapter, dataclasses.replace(ticket, mode=gradients.Mode("", None)), given)

    monkeypatch.setattr(gradients, "add_gradient", unguarded)
    try:
        found = go(made, groups, between=lambda: made.forward(pb.ForwardRequest(groups=groups)))
        assert found.keys() != right.keys() or difference(found, right) > 0.1
    except RuntimeError:
        pass  # torch noticed that the recomputation differs


@pytest.mark.parametrize("dropout_seed", [None, 11])
def test_checkpointing_changes_nothing(folder, dropout_seed):
    results = []
    for checkpointing in (False, True):
        made = testing.engine(folder, gradient_checkpointing=checkpointing, without=[pb.SHORTCUT_OWN_LAYERS])
        testing.new_policy(made, dropout=0.3)
        groups = testing.groups(testing.prepare(made, *requests()))
        options = {} if dropout_seed is None else {"dropout_seed": dropout_seed}
        # Sampling before leaves checkpointing on, and is not hindered by it.
        prompts = [pb.SamplePrompt(handle=groups[0].handle, seeds=[1])]
        ask = pb.SampleRequest(prompts=prompts, adapter="policy", temperature=1, top_p=1, max_tokens=4)
        assert len(next(iter(made.sample(ask, lambda: False))).tokens) > 1
        results.append(go(made, groups, **options))
    assert difference(results[1], results[0]) < 1e-9


def test_dropout_is_the_seeds_alone(folder):
    made = testing.engine(folder)
    testing.new_policy(made, dropout=0.3)
    groups = testing.groups(testing.prepare(made, *requests()))

    def scores(**options):
        torch.rand(3)  # the process's own random state moves on
        return testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups, adapter="policy", **options)))

    state = torch.random.get_rng_state()
    made.forward(pb.ForwardRequest(groups=groups, adapter="policy", dropout_seed=1))
    assert torch.equal(torch.random.get_rng_state(), state)
    plain, first = scores(), scores(dropout_seed=1)
    assert np.array_equal(first, scores(dropout_seed=1))
    assert np.abs(first - scores(dropout_seed=2)).max() > 1e-3
    assert np.abs(first - plain).max() > 1e-3
    assert np.array_equal(plain, scores())
    torch.random.set_rng_state(state)


def test_training_touches_nothing_but_its_adapter(setup):
    made, groups, _ = setup
    model, _, adapters = testing.parts_of(made)
    testing.new_policy(made, "reference", seed=8, trainable=False)

    def others():
        policy = set(adapters.get("policy").parameters)
        return {name: value.clone() for name, value in model.hf.named_parameters() if name not in policy}

    before, policy = others(), adapters.get("policy")
    weights = {name: value.clone() for name, value in policy.parameters.items()}
    for number in (1, 2):
        made.forward(pb.ForwardRequest(groups=groups, adapter="reference"))
        go(made, groups)
        made.step(testing.step_request("policy", number, weight_decay=0.1))
    after = others()
    assert any("vision_tower" in name or "visual" in name for name in before)
    assert any(".reference." in name for name in before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not any(torch.equal(policy.parameters[name], value) for name, value in weights.items())
    with pytest.raises(EngineError, match="frozen"):
        made.forward(pb.ForwardRequest(groups=groups, adapter="reference", keep_graph=True))
    with pytest.raises(EngineError, match="frozen"):
        made.step(testing.step_request("reference", 1))


def code(error):
    return error.value.code.name


def test_tickets_are_for_one_backward_of_the_same_weights(setup):
    made, groups, _ = setup

    def forward():
        return made.forward(pb.ForwardRequest(groups=groups, adapter="policy", keep_graph=True))

    def backward(answer, **changes):
        given = testing.flat_gradient(answer, np.ones(len(testing.flat_logprobs(answer))))
        made.backward(pb.BackwardRequest(ticket=answer.ticket, groups=changes.get("groups", given)))

    first = forward()
    with pytest.raises(EngineError, match="had") as wrong:
        backward(first, groups=[])
    assert code(wrong) == "INVALID_ARGUMENT"
    backward(first)  # a wrong shape leaves the ticket open
    with pytest.raises(EngineError, match="was used") as used:
        backward(first)
    assert code(used) == "FAILED_PRECONDITION"
    second, third = forward(), forward()
    assert made.describe("", 0).open_tickets == 2
    made.free(pb.FreeRequest(ticket=third.ticket))
    made.step(testing.step_request("policy", 1))
    assert made.describe("", 0).open_tickets == 0
    with pytest.raises(EngineError, match="older weights") as old:
        backward(second)
    assert code(old) == "FAILED_PRECONDITION"
    with pytest.raises(EngineError, match="unknown") as unknown:
        made.backward(pb.BackwardRequest(ticket="ticket-0"))
    assert code(unknown) == "NOT_FOUND"


@pytest.mark.parametrize("where", ["before", "midway", "known"])
def test_out_of_memory_leaves_the_sums_as_they_were(folder, monkeypatch, where):
    made = testing.engine(folder)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    before = go(made, groups)
    grad = torch.autograd.grad

    def failing(outputs, inputs, *arguments, **options):
        if where == "midway":
            grad(outputs, inputs[: len(inputs) // 2], *arguments, **options)
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.autograd, "grad", failing)
    known = [
        pb.Group(handle=group.handle, completions=[pb.Completion(tokens=[20, 21], gradient=[1, 1])]) for group in groups
    ]
    with pytest.raises(torch.OutOfMemoryError):
        made.forward(pb.ForwardRequest(groups=known, adapter="policy")) if where == "known" else go(made, groups)
    after = testing.gradients(made, "policy")
    assert all(torch.equal(after[name], value) for name, value in before.items())
    monkeypatch.undo()
    assert difference(go(made, groups), {name: 2 * value for name, value in before.items()}) < 1e-9


@pytest.mark.parametrize("known", [True, False])
def test_out_of_memory_in_the_first_sums_leaves_none(folder, monkeypatch, known):
    made = testing.engine(folder)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    wanted = go(made, groups)
    made.zero_grad(pb.ZeroGradRequest(adapter="policy"))
    to, copies = torch.Tensor.to, []

    def failing(tensor, *arguments, **options):
        if options.get("copy"):
            copies.append(tensor)
            if len(copies) == 20:
                raise torch.OutOfMemoryError("CUDA out of memory")
        return to(tensor, *arguments, **options)

    monkeypatch.setattr(torch.Tensor, "to", failing)
    given = [
        pb.Group(handle=group.handle, completions=[pb.Completion(tokens=[20, 21], gradient=[1, 1])]) for group in groups
    ]
    with pytest.raises(torch.OutOfMemoryError):
        made.forward(pb.ForwardRequest(groups=given, adapter="policy")) if known else go(made, groups)
    assert len(copies) == 20
    assert not testing.parts_of(made)[2].get("policy").gradients
    monkeypatch.undo()
    assert difference(go(made, groups), wanted) < 1e-9


def test_an_accumulator_without_the_guard_would_be_left_half_added(folder):
    """What `.backward()` would do, and why autograd.grad is used: some weights have the sum, others not."""
    made = testing.engine(folder)
    testing.new_policy(made)
    _, _, adapters = testing.parts_of(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    answer = made.forward(pb.ForwardRequest(groups=groups, adapter="policy", keep_graph=True))
    ticket = made._tickets.take(answer.ticket)
    parameters = list(adapters.get("policy").parameters.values())

    def fail(_gradient):
        raise torch.OutOfMemoryError("CUDA out of memory")

    parameters[len(parameters) // 2].register_hook(fail)
    with pytest.raises(torch.OutOfMemoryError):
        ticket.graphs[0].sum().backward()
    done = [parameter.grad is not None for parameter in parameters]
    assert any(done)
    assert not all(done)


def test_a_freed_or_reloaded_adapter_ends_its_tickets_and_gradients(folder, tmp_path):
    made = testing.engine(folder)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    made.save_state(pb.SaveStateRequest(adapter="policy", folder=str(tmp_path / "s")))

    def ticket():
        return made.forward(pb.ForwardRequest(groups=groups, adapter="policy", keep_graph=True)).ticket

    def refused(name):
        assert made.describe("", 0).open_tickets == 0  # its graph is gone already
        with pytest.raises(EngineError, match="older weights"):
            made.backward(pb.BackwardRequest(ticket=name))

    go(made, groups)
    old = ticket()
    version = made.describe("", 0).adapters[0].version
    made.load_state(pb.LoadStateRequest(adapter="policy", folder=str(tmp_path / "s")))
    assert testing.gradients(made, "policy") == {}
    assert made.describe("", 0).adapters[0].version > version
    refused(old)
    old = ticket()
    made.free(pb.FreeRequest(adapter="policy"))
    testing.new_policy(made)  # the same name, other weights
    refused(old)


def test_gradients_that_share_memory_are_summed_apart(folder, monkeypatch):
    """autograd may answer with one tensor for two weights."""
    made = testing.engine(folder)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, *requests()))
    grad = torch.autograd.grad

    def sharing(outputs, inputs, *arguments, **options):
        parts = list(grad(outputs, inputs, *arguments, **options))
        twin = next(at for at, part in enumerate(parts[1:], 1) if part.shape == parts[0].shape)
        parts[twin] = parts[0]
        return parts

    monkeypatch.setattr(torch.autograd, "grad", sharing)
    once = go(made, groups)
    twice = go(made, groups)
    assert difference(twice, {name: 2 * value for name, value in once.items()}) < 1e-9


@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_bfloat16_base_trains_a_float32_lora(folder, checkpointing):
    made = testing.engine(folder, "bfloat16", gradient_checkpointing=checkpointing)
    testing.new_policy(made, dropout=0.1)
    groups = testing.groups(testing.prepare(made, *requests()))
    found = go(made, groups, dropout_seed=3)
    policy = testing.parts_of(made)[2].get("policy")
    assert found.keys() == policy.parameters.keys()
    assert all(value.dtype == torch.float32 and value.isfinite().all() and value.any() for value in found.values())
    before = {name: value.clone() for name, value in policy.parameters.items()}
    assert made.step(testing.step_request("policy", 1, clip_norm=1.0)).outcome == pb.STEP_OUTCOME_APPLIED
    assert not any(torch.equal(policy.parameters[name], value) for name, value in before.items())

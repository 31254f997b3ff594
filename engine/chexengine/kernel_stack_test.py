"""The compiled layers against transformers' modules: scores, gradients, dropout, threads, where they are not used."""

import dataclasses
import weakref

import pytest
import torch
from peft import LoraConfig

from chexengine import (
    adapters,
    forward,
    kernel_plan,
    kernel_stack,
    kernel_weights,
    noise,
    own_stack,
    own_stack_test,
    row_parts,
    testing,
)
from chexengine.gen import engine_pb2 as pb
from chexengine.own_stack_test import MODULES, difference

# In float64 transformers' norms are left unrounded: what is left is the order of sums.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


@pytest.fixture(params=testing.FAMILIES)
def folders(request, root):
    """A folder for each type."""
    wide = testing.wide_folder(root, request.param)
    return {"float64": testing.tiny_folder(root, request.param), "float32": wide}


def results(folders, dtype="float64", without=(), **options):
    kernels = {} if MODULES[0] in without else {"kernels": True}
    with testing.unrounded_norms():
        return own_stack_test.results(folders[dtype], dtype=dtype, without=without, **kernels, **options)


CASES = {
    "plain": {},
    "a row for each completion": {"without": [pb.SHORTCUT_SHARED_PROMPT]},
    "dropout": {"dropout_seed": 5},
    "dropout, a row for each completion": {"dropout_seed": 5, "without": [pb.SHORTCUT_SHARED_PROMPT]},
    "one completion": {"counts": (5,)},
    "text alone": {"counts": (5,), "first": 1, "without": [pb.SHORTCUT_SHARED_PROMPT]},
    "no adapter": {"adapter": ""},
    "rows on threads": {"threads": 2, "dropout_seed": 5},
    "threads that share a row": {"threads": 2, "dropout_seed": 5, "without": [pb.SHORTCUT_ROW_THREADS]},
}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_it_is_transformers_modules(folders, dtype, case, monkeypatch):
    monkeypatch.setattr(kernel_stack, "SHARE", 8)
    options = dict(CASES[case])
    without = options.pop("without", [])
    found = results(folders, dtype, without, **options)
    wanted = results(folders, dtype, without + MODULES, **options)
    assert difference(found, wanted) < TOLERANCE[dtype]


@pytest.mark.parametrize("dropout_seed", [None, 5])
@pytest.mark.parametrize(
    "uneven",
    [
        {"target_modules": r".*language_model\.layers\.[12]\.self_attn\.(q|v)_proj"},
        {"rank_pattern": {r"language_model\.layers\.2\.mlp\.up_proj": 70}},
    ],
    ids=["none in the first layer", "a larger rank in the last"],
)
def test_layers_may_have_different_loras(folders, monkeypatch, uneven, dropout_seed):
    monkeypatch.setattr(adapters, "LoraConfig", lambda **given: LoraConfig(**given | uneven))
    found = results(folders, dropout_seed=dropout_seed)
    assert len(found) < 45 or any(70 in value.shape for value in found.values())
    assert difference(found, results(folders, without=MODULES, dropout_seed=dropout_seed)) < TOLERANCE["float64"]


def wrong_wanted(monkeypatch):
    of = kernel_stack.Wanted.of
    monkeypatch.setattr(kernel_stack.Wanted, "of", lambda places, length: of((places - 1).clamp(min=0), length))


def wrong_rows(monkeypatch):
    of = kernel_stack.Wanted.of

    def first_row(places, length):
        made = of(places, length)
        return dataclasses.replace(made, rows=[(0, within) for _, within in made.rows])

    monkeypatch.setattr(kernel_stack.Wanted, "of", first_row)


def wrong_turn(monkeypatch):
    tables = kernel_plan.tables
    monkeypatch.setattr(kernel_plan, "tables", lambda *given: {k: (c, -s) for k, (c, s) in tables(*given).items()})


def wrong_sight(monkeypatch):
    of_all = kernel_plan.of_all
    monkeypatch.setattr(kernel_plan, "of_all", lambda kernels, mask, rows: of_all(kernels, mask | True, rows))


def wrong_noise(monkeypatch):
    """The last layer's wanted tokens with the masks of the first ones."""
    of = noise.Noise.of

    def shifted(self, number, wanted=None):
        return of(self, number, None if wanted is None else wanted - wanted[0])

    monkeypatch.setattr(noise.Noise, "of", shifted)


def wrong_curve(monkeypatch):
    monkeypatch.setattr(kernel_weights, "CURVES", {"gelu_pytorch_tanh": (1.702, 0.0), "silu": (1.0, 0.01)})


def wrong_scale(monkeypatch):
    part_of = kernel_weights.part_of

    def twice(linear, adapter):
        part = part_of(linear, adapter)
        return dataclasses.replace(part, scale=2 * part.scale)

    monkeypatch.setattr(kernel_weights, "part_of", twice)


def wrong_sums(monkeypatch):
    """One thread's share of the gradients is lost."""
    monkeypatch.setattr(kernel_stack, "SHARE", 8)
    monkeypatch.setattr(kernel_stack, "total", lambda sums: sums[0].tensors)


MUTATIONS = [wrong_wanted, wrong_rows, wrong_turn, wrong_sight, wrong_noise, wrong_curve, wrong_scale, wrong_sums]


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_mutation_shows(folders, mutate, monkeypatch):
    options = {"dropout_seed": 5, "threads": 2, "without": [pb.SHORTCUT_ROW_THREADS]}
    wanted = results(folders, **options)
    mutate(monkeypatch)
    assert difference(results(folders, **options), wanted) > 1e-4


def unfolded(monkeypatch, claims: bool):
    """LoRAs stay beside the weights; with `claims` they count as folded all the same."""
    add = kernel_weights.KernelWeights._add_loras

    def beside(self, layer, parts, _folds):
        add(self, layer, parts, False)
        for linear in layer.linear:
            linear.folded = claims

    monkeypatch.setattr(kernel_weights.KernelWeights, "_add_loras", beside)


def test_a_lora_that_is_not_folded_gives_the_same(folders, monkeypatch):
    folded = results(folders)
    unfolded(monkeypatch, claims=False)
    assert difference(results(folders), folded) < TOLERANCE["float64"]


def test_folding_is_looked_at(folders, monkeypatch):
    """The mutation of the last test."""
    folded = results(folders)
    unfolded(monkeypatch, claims=True)
    assert difference(results(folders), folded) > 1e-4


def test_shares_do_not_change_a_row(folders, monkeypatch):
    """The same sums in other orders."""
    wanted = results(folders, dropout_seed=5)
    for tokens in (1, 40, 1 << 20):
        monkeypatch.setattr(row_parts, "PART_TOKENS", tokens)
        assert difference(results(folders, dropout_seed=5), wanted) < TOLERANCE["float64"]


def test_without_a_gradient_nothing_is_kept(folders, monkeypatch):
    made = testing.engine(folders["float64"], kernels=True)
    testing.new_policy(made)
    rooms, alive = [], []
    room = kernel_stack.KernelStack._room

    def watched(*given):
        alive.append(sum(reference() is not None for reference in rooms))
        made_room = room(*given)
        rooms.append(weakref.ref(made_room))
        return made_room

    monkeypatch.setattr(kernel_stack.KernelStack, "_room", watched)
    groups = testing.groups(testing.prepare(made, testing.prompt("No image here.")))
    made.forward(pb.ForwardRequest(groups=groups, adapter="policy"))
    assert max(alive) <= 1  # the one before
    made.forward(pb.ForwardRequest(groups=groups, adapter="policy", keep_graph=True))
    assert alive[-1] == 2
    alive.clear()
    request = pb.SampleRequest(
        prompts=[{"handle": groups[0].handle, "seeds": [1]}], adapter="policy", top_p=1, max_tokens=2
    )
    assert len(list(made.sample(request, lambda: False))) == 1
    assert max(alive) <= 4  # three of these are the ticket's


@pytest.mark.parametrize("name", ["enter_keys", "enter_queries", "leave", "attend"])
def test_memory_that_is_short_is_said(folders, monkeypatch, name):
    made = testing.engine(folders["float64"], kernels=True)
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, testing.prompt("No image here.")))
    monkeypatch.setattr(testing.parts_of(made)[0].kernels.library, name, lambda *given: 1)
    with pytest.raises(MemoryError):
        made.forward(pb.ForwardRequest(groups=groups, adapter="policy"))


def test_what_it_does_not_cover_is_left_to_the_own_stack(folders, tmp_path, monkeypatch):
    def covered(dtype="float32", adapter="policy", **options):
        made = testing.engine(folders[dtype], dtype, **options)
        model, _, known = testing.parts_of(made)
        if not model.full:
            testing.new_policy(made)
        return kernel_stack.covers(model, known, adapter)

    testing.need_compiler()
    assert covered()
    assert covered(adapter="")
    assert not covered("float64")
    assert covered("float64", kernels=True)
    assert not covered(gradient_checkpointing=True)
    assert not covered(trainable=pb.TRAINABLE_FULL, adapter="full")
    for shortcut in (pb.SHORTCUT_KERNELS, *own_stack.NEEDED):
        assert not covered(without=[shortcut])
    monkeypatch.setattr("chexengine.model.KERNEL_BYTES", 1000)
    assert not covered()
    monkeypatch.undo()
    monkeypatch.setattr(adapters.Adapters, "has_variants", lambda *given: True)
    assert not covered()
    monkeypatch.setattr(kernel_stack.KernelStack, "__init__", lambda *given: pytest.fail("the kernels were used"))
    made = testing.engine(folders["float32"], "float32")
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, testing.prompt("No image here.")))
    assert made.forward(pb.ForwardRequest(groups=groups, adapter="policy")).groups


def test_widths_that_are_no_whole_registers_are_not_served(root, tmp_path):
    spec = dataclasses.replace(testing.SPEC, mlp=52)
    folder = tmp_path / "narrow"
    testing.tiny_model.build("gemma3", folder, testing.CORPUS, spec)
    model = testing.parts_of(testing.engine(folder, "float32"))[0]
    assert model.kernels is None
    assert "none" in model.kernels_state


def test_scores_are_of_each_part_in_order(folders):
    """Two parts' tokens, scored together and apart."""
    made = testing.engine(folders["float64"], kernels=True, threads=2)
    testing.new_policy(made)
    model, store, known = testing.parts_of(made)
    handles = testing.prepare(made, *own_stack_test.requests())
    given = [testing.groups(handles), *([group] for group in testing.groups(handles))]
    mode, out = forward.Mode("policy", None), []
    for groups in given:
        read, shape = forward.read_groups(pb.ForwardRequest(groups=groups), model, store)
        out.append(forward.score(model, store, known, read, shape, mode, 1.0, False).logprob)
    assert float((out[0] - torch.cat(out[1:])).abs().max()) < 1e-9

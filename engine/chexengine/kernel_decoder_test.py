"""Decoding by the kernels beyond `sample_test.py`'s path of it: to the bit in any company, and in float32."""

import numpy as np
import pytest

from chexengine import kernel_batch, kernel_decoder, kernel_stack_test, sample_test, testing
from chexengine.gen import engine_pb2 as pb
from chexengine.sample_test import run, tokens

PLAIN = sample_test.PATHS["plain"]


def engine(folder, dtype="float64", **options):
    made = testing.engine(folder, dtype, kernels=True, **options)
    testing.new_policy(made)
    return made


def prompts(made, *seeds):
    handles = testing.prepare(made, *sample_test.requests())
    return [(handle, list(seeds)) for handle in handles]


def answers(done):
    """Tokens and log-probabilities, to the bit."""
    return {key: (list(one.tokens), list(one.logprobs)) for key, one in done.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_completion_is_the_same_to_the_bit_in_any_company(root, family, dtype, monkeypatch):
    folder = testing.wide_folder(root, family)
    made = engine(folder, dtype)
    asked = prompts(made, 1, 2, 3)
    wanted = answers(run(made, asked, top_p=0.9, max_tokens=40))
    for row in (1, 4, 7):
        assert answers(run(made, asked, top_p=0.9, max_tokens=40, max_rows=row)) == wanted
    for index, (handle, seeds) in enumerate(asked):
        alone = answers(run(made, [(handle, seeds[1:2])], top_p=0.9, max_tokens=40))
        assert alone[(0, 0)] == wanted[(index, 1)]
    for steps in (1, 5, 1000):
        monkeypatch.setattr(kernel_batch, "STEPS", steps)
        assert answers(run(made, asked, top_p=0.9, max_tokens=40)) == wanted
    monkeypatch.undo()
    for threads in (2, 3):
        other = engine(folder, dtype, threads=threads)
        prompts(other)
        assert answers(run(other, asked, top_p=0.9, max_tokens=40)) == wanted


@pytest.mark.parametrize("settings", [{"temperature": 0}, {"top_p": 0.9}, {"temperature": 0.7}])
def test_float32_is_transformers_modules(root, family, settings):
    folder = testing.wide_folder(root, family)
    made, plain = engine(folder, "float32"), testing.engine(folder, "float32", without=PLAIN)
    testing.new_policy(plain)
    for adapter in ("policy", ""):
        done = [run(each, prompts(each, 1, 2), adapter=adapter, max_tokens=30, **settings) for each in (made, plain)]
        assert tokens(done[0]) == tokens(done[1])
        for key, one in done[0].items():
            assert np.abs(np.array(one.logprobs) - np.array(done[1][key].logprobs)).max() < 1e-4


def test_dropout_belongs_to_training(root, family):
    """Whether or not a Forward has just had it."""
    done = []
    for dropout in (0.0, 0.5):
        made = testing.engine(testing.wide_folder(root, family), "float32", kernels=True)
        testing.new_policy(made, dropout=dropout)
        asked = prompts(made, 1)
        groups = testing.groups([handle for handle, _ in asked])
        made.forward(pb.ForwardRequest(groups=groups, adapter="policy", dropout_seed=3))
        done.append(answers(run(made, asked, max_tokens=20)))
    assert done[0] == done[1]


def swapped_prompts(monkeypatch):
    """A prompt's keys are those of another."""
    make = kernel_batch.KernelBatch._prompt
    kept = []

    def first(self, row, keys):
        kept.append(make(self, row, keys))
        structure, held = kept[0]
        return structure, (*held, kept)

    monkeypatch.setattr(kernel_batch.KernelBatch, "_prompt", first)


def shifted_positions(monkeypatch):
    rotations = kernel_decoder._rotations
    monkeypatch.setattr(kernel_decoder, "_rotations", lambda *given: rotations(*given).roll(1, 0))


def without_lora(monkeypatch):
    kernel_stack_test.unfolded(monkeypatch, claims=True)


@pytest.mark.parametrize("mutate", [swapped_prompts, shifted_positions, without_lora])
def test_a_mutation_shows(folder, mutate, monkeypatch):
    made = engine(folder)
    asked = prompts(made, 1)
    wanted = tokens(run(made, asked, temperature=0, max_tokens=40))
    mutate(monkeypatch)
    assert tokens(run(made, asked, temperature=0, max_tokens=40)) != wanted


def test_where_the_kernels_do_not_decode(root, family):
    folder = testing.wide_folder(root, family)

    def covered(adapter="policy", **options):
        made = engine(folder, "float32", **options)
        model, _, known = testing.parts_of(made)
        return kernel_decoder.covers(model, known, adapter)

    assert covered()
    assert covered("")
    for shortcut in kernel_decoder.NEEDED:
        assert not covered(without=[shortcut])


def test_a_large_vocabulary_is_left_to_torch(root, family, monkeypatch):
    made = engine(testing.wide_folder(root, family), "float32")
    monkeypatch.setattr(kernel_decoder, "FOLD_BYTES", 1000)
    monkeypatch.setattr(kernel_decoder.KernelDecoder, "__init__", lambda *given: pytest.fail("the kernels decode"))
    assert run(made, prompts(made, 1), max_tokens=3)
    assert pb.SHORTCUT_KERNELS not in testing.parts_of(made)[0].without

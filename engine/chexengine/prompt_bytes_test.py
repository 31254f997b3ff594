"""A prompt that moved to another engine computes to the same bits, and its picture's tower does not run again."""

import numpy as np
import pytest

from chexengine import testing
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb


def moved(source, target, handle):
    data = source.export_prompt(pb.ExportPromptRequest(handle=handle)).data
    return target.import_prompt(pb.PromptBytes(data=data))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("store", [True, False])
def test_the_same_numbers_elsewhere(folder, full, store):
    options = {"trainable": pb.TRAINABLE_FULL} if full else {}
    source, target = (testing.engine(folder, **options) for _ in range(2))
    request = testing.prompt("Findings?", testing.picture(1, 48, 32), testing.picture(2), store=store)
    prepared = source.prepare(pb.PrepareRequest(prompts=[request])).prompts[0]
    extended = source.extend(pb.ExtendRequest(handle=prepared.handle, tokens=[12, 13]))
    testing.parts_of(target)[0].family.features = None  # the tower is not asked
    for prompt in (prepared, extended):
        arrived = moved(source, target, prompt.handle)
        assert (arrived.handle, arrived.tokens, arrived.image_tokens) == (
            prompt.handle,
            prompt.tokens,
            prompt.image_tokens,
        )
    if full:
        del testing.parts_of(target)[0].family.features  # there it belongs to Forward
    groups = testing.groups([prepared.handle, extended.handle])
    scored = [
        testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups, adapter="full" if full else "")))
        for made in (source, target)
    ]
    assert np.array_equal(*scored)


def test_one_that_is_there_is_left_alone(gemma_folder):
    made = testing.engine(gemma_folder)
    (handle,) = testing.prepare(made, testing.prompt("Findings?", testing.picture(1)))
    before = testing.parts_of(made)[1].get(handle)
    moved(made, made, handle)
    assert testing.parts_of(made)[1].get(handle) is before


def test_other_bytes_and_unknown_handles_are_refused(gemma_folder):
    made = testing.engine(gemma_folder)
    for data in (b"", b"no tensors", b"\x02\0\0\0\0\0\0\0{}"):
        with pytest.raises(EngineError, match="not the bytes of an ExportPrompt"):
            made.import_prompt(pb.PromptBytes(data=data))
    with pytest.raises(EngineError, match="unknown"):
        made.export_prompt(pb.ExportPromptRequest(handle="nobody's"))


def test_full_training_takes_no_features(gemma_folder):
    frozen = testing.engine(gemma_folder)
    (handle,) = testing.prepare(frozen, testing.prompt("Findings?", testing.picture(1)))
    with pytest.raises(EngineError, match="another kind of training"):
        moved(frozen, testing.engine(gemma_folder, trainable=pb.TRAINABLE_FULL), handle)

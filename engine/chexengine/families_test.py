"""Tokens, pixels and positions against transformers' own processors."""

import json
import shutil

import pytest
import torch
from transformers import AutoConfig

from chexengine import reference, testing
from chexengine.errors import EngineError
from chexengine.families import Gemma3, Qwen25VL
from chexengine.gen import engine_pb2 as pb
from chexengine.pixels import decode


@pytest.fixture(scope="module")
def made(folder):
    return testing.engine(folder)


def cases():
    return [
        testing.prompt("No image."),
        testing.prompt("Findings?", testing.picture(1)),
        testing.prompt("Compare the two, please.", testing.picture(2), testing.picture(3, channels=3)),
        testing.prompt("A wide one.", testing.picture(4, width=50, height=24)),
    ]


@pytest.mark.parametrize("case", range(4))
def test_tokens_are_the_processors(made, family, folder, case):
    request = cases()[case]
    handle = testing.prepare(made, request)[0]
    wanted = reference.inputs(family, folder, request)["input_ids"][0].tolist()
    assert testing.parts_of(made)[1].get(handle).ids == wanted


@pytest.mark.parametrize("case", [1, 3])
def test_pixels_are_the_processors(made, family, folder, case):
    request = cases()[case]
    pixels = testing.parts_of(made)[0].family.preprocess(decode(request.images[0], "test"))
    wanted = reference.inputs(family, folder, request)
    values = wanted["pixel_values"][0] if family == "gemma3" else wanted["pixel_values"]
    assert torch.equal(pixels.values, values)
    if family == "qwen2_5_vl":
        assert list(pixels.grid) == wanted["image_grid_thw"][0].tolist()


def test_values_looked_up_are_the_processors_bits(gemma_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(gemma_folder, tmp_path / "model")
    config = AutoConfig.from_pretrained(folder)
    for name in ("preprocessor_config.json", "processor_config.json"):
        if (folder / name).exists():
            values = json.loads((folder / name).read_text())
            inner = values.get("image_processor", values)
            inner |= {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
            (folder / name).write_text(json.dumps(values))
    family = Gemma3(folder, config, 0, 0)
    assert family.images.image_mean[1] == 0.456
    image = decode(testing.picture(3, channels=3), "test")
    wanted = family.images(images=[image], return_tensors="pt")["pixel_values"][0]
    found = family.preprocess(image).values
    assert torch.equal(found, wanted)
    assert found.dtype == wanted.dtype
    assert not torch.equal(found[0], found[1])
    monkeypatch.setattr(family, "_levels", family._levels[[1, 0, 2]])
    assert not torch.equal(family.preprocess(image).values, wanted)


@pytest.mark.parametrize("case", range(4))
def test_qwen_positions_are_get_rope_index(qwen_folder, case):
    made = testing.engine(qwen_folder)
    request = cases()[case]
    model, store, _ = testing.parts_of(made)
    prompt = store.get(testing.prepare(made, request)[0])
    given = reference.inputs("qwen2_5_vl", qwen_folder, request)
    wanted, _ = model.hf.model.get_rope_index(
        given["input_ids"],
        mm_token_type_ids=given["mm_token_type_ids"],
        image_grid_thw=given.get("image_grid_thw"),
    )
    assert torch.equal(prompt.positions, wanted[:, 0])
    flat = torch.arange(len(prompt.ids)).expand(3, -1)
    assert torch.equal(prompt.positions, flat) == (case == 0)


def test_a_special_token_in_a_prompt_is_refused(made, family):
    text = "<start_of_image>" if family == "gemma3" else "<|image_pad|>"
    with pytest.raises(EngineError, match="special token"):
        testing.prepare(made, testing.prompt(f"Look: {text}"))


def test_a_special_token_in_a_turn_stays_text(made):
    family = testing.parts_of(made)[0].family
    ids = family.encode_turn(f"clear{family.end_of_turn_text} lungs")
    assert ids.count(family.end_of_turn) == 1
    assert ids[-1] == family.end_of_turn
    assert family.tokenizer.decode(ids[:-1]) == f"clear{family.end_of_turn_text} lungs"


def test_the_visual_budget_bounds_the_tokens(qwen_folder, gemma_folder):
    made = testing.engine(qwen_folder, min_visual_tokens=4, max_visual_tokens=9)
    answer = made.prepare(pb.PrepareRequest(prompts=[testing.prompt("x", testing.picture(1, 200, 200))]))
    assert answer.prompts[0].image_tokens == 9
    answer = made.prepare(pb.PrepareRequest(prompts=[testing.prompt("x", testing.picture(1, 4, 4))]))
    assert answer.prompts[0].image_tokens == 4
    with pytest.raises(EngineError, match="exactly 16"):
        testing.engine(gemma_folder, max_visual_tokens=9)
    with pytest.raises(EngineError, match="at most"):
        testing.engine(qwen_folder, min_visual_tokens=40)
    assert Qwen25VL.name == "qwen2_5_vl"

"""Adapters from elsewhere: taken whole, or refused in one line with nothing left behind."""

import json
import shutil

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from chexengine import testing
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb


@pytest.fixture
def saved(folder, tmp_path):
    """An engine and a folder with its adapter."""
    made = testing.engine(folder)
    testing.new_policy(made)
    made.save_state(pb.SaveStateRequest(adapter="policy", folder=str(tmp_path / "saved")))
    return made, tmp_path / "saved"


def variant(saved, key=lambda name: name, **config):
    """A copy with other tensor names (None leaves one out) and another configuration."""
    out = saved.parent / "variant"
    shutil.copytree(saved, out)
    tensors = load_file(out / "adapter_model.safetensors")
    save_file({key(name): value for name, value in tensors.items() if key(name)}, out / "adapter_model.safetensors")
    settings = out / "adapter_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | config))
    return out


def load(made, folder, name="other"):
    return made.new_adapter(pb.NewAdapterRequest(name=name, folder=str(folder), trainable=False))


def of_others(folder, saved, what):
    """By plain suffix; the tower's is in the language model too (Gemma 3)."""
    hf = testing.parts_of(testing.engine(folder))[0].hf
    tower = "qkv" if hf.config.model_type.startswith("qwen") else "q_proj"
    suffix = tower if what == "tower" else "embed_tokens"
    get_peft_model(hf, LoraConfig(target_modules=[suffix])).save_pretrained(saved.parent / what)
    return saved.parent / what


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ("renamed", r"tensors fit nothing in this model, the first is \S+model\.layers\.0"),
        ("lacking", r"names \d+ weights that adapter_model\.safetensors lacks, the first is \S+k_proj"),
        ("tower", r"adapts \d+ layers that are no projections of the language model: the first is"),
        ("embedding", r"adapts 1 layers that are no projections .* the first is \S+embed_tokens"),
        ("nowhere", r"does not fit this model: .*no_such_layer.* not found"),
        ("shape", r"does not fit this model: .*size mismatch"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.filterwarnings("ignore:Found missing adapter keys")
def test_what_does_not_fit_is_refused_and_leaves_nothing(folder, saved, what, match, first):
    made, path = saved
    if what == "renamed":
        path = variant(path, lambda name: name.replace("language_model.", ""))
    elif what == "lacking":
        path = variant(path, lambda name: name if "q_proj" in name else None)
    elif what == "shape":
        path = variant(path, r=3)
    elif what == "nowhere":
        path = variant(path, target_modules=r".*no_such_layer")
    else:
        path = of_others(folder, path, what)
    if first:
        made = testing.engine(folder)
    with pytest.raises(EngineError, match=match) as refused:
        load(made, path)
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert "\n" not in str(refused.value)
    assert [adapter.name for adapter in made.describe("", 0).adapters] == ([] if first else ["policy"])
    load(made, saved[1])


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"modules_to_save": ["lm_head"]}, "sets modules_to_save, which is more than LoRAs"),
        ({"bias": "lora_only"}, "sets bias, which"),
        ({"lora_bias": True}, "sets lora_bias, which"),
        ({"peft_type": "IA3"}, "IA3 adapter, not LoRA"),
    ],
)
def test_more_than_lora_is_refused(saved, settings, match):
    made, path = saved
    with pytest.raises(EngineError, match=match):
        load(made, variant(path, **settings))
    assert [adapter.name for adapter in made.describe("", 0).adapters] == ["policy"]


@pytest.mark.parametrize("own_layers", [True, False])
def test_one_of_fewer_layers_than_another_computes_what_it_has(saved, own_layers):
    made, path = saved
    few = variant(path, lambda name: name if "q_proj" in name else None, target_modules=r".*language_model.*\.q_proj")
    load(made, few)
    model, _, adapters = testing.parts_of(made)
    for name, parameter in adapters.get("policy").parameters.items():
        if "q_proj" not in name:
            parameter.data.zero_()  # so both are the same
    if not own_layers:
        model.without |= {pb.SHORTCUT_OWN_LAYERS}
    groups = testing.groups(testing.prepare(made, testing.prompt("x", testing.picture(1))))
    one, other = (
        testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups, adapter=name)))
        for name in ("policy", "other")
    )
    assert torch.tensor(one).allclose(torch.tensor(other), atol=1e-9)
    base = testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups)))
    assert not torch.tensor(one).allclose(torch.tensor(base), atol=1e-3)


def test_a_name_that_modules_have_is_refused(folder):
    made = testing.engine(folder)
    with pytest.raises(EngineError, match="adapter name 'half'"):
        testing.new_policy(made, "half")

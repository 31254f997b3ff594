"""Saved states: readable by plain transformers and PEFT, and the same bytes however they were reached."""

import hashlib
import json
import pathlib

import numpy as np
import pytest
import torch
from peft import PeftModel

from chexengine import durable, reference, testing
from chexengine.errors import EngineError
from chexengine.families import family_class
from chexengine.gen import engine_pb2 as pb


def requests():
    return [testing.prompt("Findings?", testing.picture(1)), testing.prompt("Are the lungs clear?", testing.picture(2))]


def train(made, name, first, last, seed=0):
    """Steps `first` to `last`, each with its own completions and gradient."""
    handles = testing.prepare(made, *requests())
    for number in range(first, last + 1):
        groups = testing.groups(handles, seed=seed + number)
        answer = made.forward(pb.ForwardRequest(groups=groups, adapter=name, keep_graph=True, dropout_seed=number))
        given = np.sin(np.arange(len(testing.flat_logprobs(answer))) + number)
        made.backward(pb.BackwardRequest(ticket=answer.ticket, groups=testing.flat_gradient(answer, given)))
        made.step(testing.step_request(name, number, weight_decay=0.01, clip_norm=1.0))


def save(made, name, folder, **options):
    return made.save_state(pb.SaveStateRequest(adapter=name, folder=str(folder), **options)).weights_hash


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def logits(model, family, folder):
    given = reference.inputs(family, folder, requests()[0])
    given["pixel_values"] = given["pixel_values"].to(model.dtype)
    with torch.no_grad(), reference.own_attention(model):
        return model(**given, use_cache=False).logits


@pytest.fixture(scope="module")
def saved_base(folder, family, tmp_path_factory):
    """A model folder with weights, written by the engine itself."""
    made = testing.engine(folder, trainable=pb.TRAINABLE_FULL)
    train(made, "full", 1, 2)
    out = tmp_path_factory.mktemp("base") / family
    save(made, "full", out, dtype="float64")
    return made, out


def plain(folder, dtype=torch.float64):
    """The folder's model by transformers alone; every weight must be found in the file."""
    from transformers import AutoConfig

    kind = family_class(AutoConfig.from_pretrained(folder)).model_class
    model, report = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    return model.eval()


def test_a_whole_model_loads_in_plain_transformers(saved_base, family):
    made, out = saved_base
    model = testing.parts_of(made)[0]
    assert torch.equal(logits(plain(out), family, out), logits(model.hf, family, out))
    assert {"tokenizer.json", "config.json", "generation_config.json", "chat_template.jinja"} <= digests(out).keys()


def test_bfloat16_on_disk_loads_as_float32(saved_base, family, tmp_path):
    made, out = saved_base
    digest = save(made, "full", tmp_path / "small", dtype="bfloat16")
    file = tmp_path / "small" / "model.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == digest
    assert file.stat().st_size < 0.3 * (out / "model.safetensors").stat().st_size
    assert json.loads((tmp_path / "small" / "config.json").read_text())["dtype"] == "bfloat16"
    again = testing.engine(tmp_path / "small", dtype="float32", random_weights=False)
    wanted = {name: value.bfloat16().float() for name, value in testing.parts_of(made)[0].hf.named_parameters()}
    found = dict(testing.parts_of(again)[0].hf.named_parameters())
    assert all(torch.equal(found[name], value) for name, value in wanted.items())
    assert again.describe("", 0).model.dtype == "float32"
    testing.new_policy(again)
    with pytest.raises(EngineError, match="whole models alone"):
        save(again, "policy", tmp_path / "x", dtype="bfloat16")


def test_an_adapter_loads_in_plain_peft(saved_base, family, tmp_path):
    _, out = saved_base
    made = testing.engine(out, random_weights=False)
    testing.new_policy(made, "reference", seed=9)
    testing.new_policy(made)
    train(made, "policy", 1, 2)
    digest = save(made, "policy", tmp_path / "a")
    assert set(digests(tmp_path / "a")) == {"adapter_config.json", "adapter_model.safetensors"}
    assert digests(tmp_path / "a")["adapter_model.safetensors"] == digest
    model, _, adapters = testing.parts_of(made)
    with adapters.active("policy", dropout=False):
        wanted = logits(model.hf, family, out)
    found = logits(PeftModel.from_pretrained(plain(out), tmp_path / "a"), family, out)
    # Here the layers are fused: the same numbers up to roundings, of float64.
    assert torch.allclose(found, wanted, atol=1e-9)
    assert (logits(plain(out), family, out) - wanted).abs().max() > 0.1
    # And in an engine, under another name, frozen.
    made.new_adapter(pb.NewAdapterRequest(name="frozen", folder=str(tmp_path / "a"), trainable=False))
    fresh = testing.engine(out, random_weights=False)
    fresh.new_adapter(pb.NewAdapterRequest(name="frozen", folder=str(tmp_path / "a"), trainable=False))
    for one in (made, fresh):
        part, _, others = testing.parts_of(one)
        with others.active("frozen", dropout=False):
            assert torch.equal(logits(part.hf, family, out), wanted)
        assert not any(value.requires_grad for value in others.get("frozen").parameters.values())
    assert all(value.requires_grad for value in adapters.get("policy").parameters.values())


def test_a_merged_model_loads_in_plain_transformers(saved_base, family, tmp_path):
    _, out = saved_base
    made = testing.engine(out, random_weights=False)
    testing.new_policy(made, "other", seed=9)
    testing.new_policy(made)
    train(made, "policy", 1, 2)
    model, _, adapters = testing.parts_of(made)
    before = {name: value.clone() for name, value in model.hf.named_parameters()}
    digest = save(made, "policy", tmp_path / "whole", merged=True)
    assert digests(tmp_path / "whole")["model.safetensors"] == digest
    assert all(torch.equal(before[name], value) for name, value in model.hf.named_parameters())
    with adapters.active("policy", dropout=False):
        wanted = logits(model.hf, family, out)
    # W x + s B (A x) and (W + s B A) x: the same numbers up to roundings, of float64.
    assert torch.allclose(logits(plain(tmp_path / "whole"), family, out), wanted, atol=1e-9)
    save(made, "policy", tmp_path / "small", merged=True, dtype="bfloat16")
    small = plain(tmp_path / "small").state_dict()
    whole = plain(tmp_path / "whole").state_dict()
    assert all(torch.equal(small[name], value.bfloat16().double()) for name, value in whole.items())
    with pytest.raises(EngineError, match="no optimizer"):
        save(made, "policy", tmp_path / "x", merged=True, optimizer=True)


@pytest.mark.parametrize("name", ["policy", "full"])
def test_resuming_gives_the_bytes_of_going_on(folder, tmp_path, name):
    options = {"dtype": "float32", "trainable": pb.TRAINABLE_FULL if name == "full" else pb.TRAINABLE_ADAPTER}

    def start():
        made = testing.engine(folder, **options)
        if name == "policy":
            testing.new_policy(made, dropout=0.2)
        return made

    through, stopped, resumed, forgetful = start(), start(), start(), start()
    train(through, name, 1, 4)
    save(through, name, tmp_path / "through", optimizer=True)
    train(stopped, name, 1, 2)
    save(stopped, name, tmp_path / "half", optimizer=True)
    answer = resumed.load_state(pb.LoadStateRequest(adapter=name, folder=str(tmp_path / "half"), optimizer=True))
    assert answer.adapter.step == 2
    train(resumed, name, 3, 4)
    save(resumed, name, tmp_path / "resumed", optimizer=True)
    assert digests(tmp_path / "resumed") == digests(tmp_path / "through")
    # The mutation: without the optimizer the bytes are others.
    answer = forgetful.load_state(pb.LoadStateRequest(adapter=name, folder=str(tmp_path / "half")))
    assert answer.adapter.step == 0
    train(forgetful, name, 1, 2, seed=2)
    assert save(forgetful, name, tmp_path / "forgetful") != save(through, name, tmp_path / "again")


def test_a_repeated_step_is_answered_after_a_resume(folder, tmp_path):
    first, second = testing.engine(folder), testing.engine(folder)
    for made in (first, second):
        testing.new_policy(made)
    train(first, "policy", 1, 2)
    last = first.step(testing.step_request("policy", 2))
    save(first, "policy", tmp_path / "s", optimizer=True)
    second.load_state(pb.LoadStateRequest(adapter="policy", folder=str(tmp_path / "s"), optimizer=True))
    assert second.step(testing.step_request("policy", 2)) == last


def test_loading_checks_before_it_changes(folder, tmp_path):
    made = testing.engine(folder)
    testing.new_policy(made)
    save(made, "policy", tmp_path / "s")
    other = testing.engine(folder)
    other.new_adapter(pb.NewAdapterRequest(name="policy", lora=pb.Lora(rank=2, alpha=4), trainable=True))
    before = save(other, "policy", tmp_path / "before")
    with pytest.raises(EngineError, match="another shape"):
        other.load_state(pb.LoadStateRequest(adapter="policy", folder=str(tmp_path / "s")))
    with pytest.raises(EngineError, match=r"optimizer\.json"):
        made.load_state(pb.LoadStateRequest(adapter="policy", folder=str(tmp_path / "s"), optimizer=True))
    with pytest.raises(EngineError, match="adapter_model"):
        made.load_state(pb.LoadStateRequest(adapter="policy", folder=str(tmp_path)))
    assert save(other, "policy", tmp_path / "after") == before


def test_a_failed_save_leaves_the_old_files(folder, tmp_path, monkeypatch):
    made = testing.engine(folder)
    testing.new_policy(made)
    out = tmp_path / "s"
    save(made, "policy", out, optimizer=True)
    (out / "trainer.json").write_text("{}")
    before = digests(out)
    train(made, "policy", 1, 1)
    write = durable.write_tensors

    def failing(path: pathlib.Path, tensors):
        if path.name == "optimizer.safetensors":
            raise OSError(28, "No space left on device")
        return write(path, tensors)

    monkeypatch.setattr("chexengine.state.write_tensors", failing)
    with pytest.raises(OSError, match="No space"):
        save(made, "policy", out, optimizer=True)
    assert digests(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    monkeypatch.undo()
    save(made, "policy", out, optimizer=True)
    after = digests(out)
    assert after["trainer.json"] == before["trainer.json"]  # others' files stay
    assert after["adapter_model.safetensors"] != before["adapter_model.safetensors"]


def test_no_pickle_anywhere(saved_base):
    assert not [path for path in saved_base[1].iterdir() if path.suffix in (".bin", ".pt", ".pth", ".pkl", ".py")]

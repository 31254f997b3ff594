"""Loading: seeds, hashes, refusals."""

import json
import shutil

import pytest
import torch

from chexengine import testing, tiny_model
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb


def weights(made):
    return dict(testing.parts_of(made)[0].hf.named_parameters())


def test_the_seed_draws_the_weights(folder):
    first, same, other = (testing.engine(folder, seed=seed) for seed in (7, 7, 8))
    hashes = [made.describe("", 0).model.hash for made in (first, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert all(torch.equal(weights(same)[name], value) for name, value in weights(first).items())
    state = torch.random.get_rng_state()
    testing.engine(folder)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_pictures_matter_to_a_drawn_model(folder):
    """transformers starts Gemma 3's projector at zero: every picture would look the same."""
    made = testing.engine(folder)
    groups = testing.groups(
        testing.prepare(made, *[testing.prompt("x", testing.picture(seed)) for seed in (1, 2)]), counts=(5,)
    )
    groups[1].completions[0].CopyFrom(groups[0].completions[0])
    scores = testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups)))
    assert abs(scores[:5] - scores[5:]).max() > 1e-4


def test_the_hash_is_of_the_files(folder, tmp_path):
    made = testing.engine(folder, trainable=pb.TRAINABLE_FULL)
    for name in ("a", "b"):
        made.save_state(pb.SaveStateRequest(adapter="full", folder=str(tmp_path / name)))
    loads = [testing.engine(tmp_path / name, random_weights=False) for name in ("a", "b")]
    assert loads[0].describe("", 0).model.hash == loads[1].describe("", 0).model.hash
    made.step(testing.step_request("full", 1))
    randomised = testing.engine(folder, seed=9, trainable=pb.TRAINABLE_FULL)
    randomised.save_state(pb.SaveStateRequest(adapter="full", folder=str(tmp_path / "c")))
    third = testing.engine(tmp_path / "c", random_weights=False)
    assert third.describe("", 0).model.hash != loads[0].describe("", 0).model.hash


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dtype": "float16"}, "dtype 'float16'"),
        ({"random_weights": False}, "safetensors"),
    ],
)
def test_wrong_loads_are_refused(folder, options, match):
    with pytest.raises(EngineError, match=match):
        testing.engine(folder, **options)


def test_other_sources_are_refused(gemma_folder, tmp_path):
    with pytest.raises(EngineError, match=r"no config\.json"):
        testing.engine(tmp_path)
    with pytest.raises(EngineError, match="needs a revision"):
        testing.engine("somebody/something")
    other = tmp_path / "other"
    shutil.copytree(gemma_folder, other)
    config = (other / "config.json").read_text()
    (other / "config.json").write_text(config.replace('"model_type": "gemma3",', '"model_type": "llava",'))
    with pytest.raises(EngineError):
        testing.engine(other)


def test_full_training_takes_no_adapters(folder):
    made = testing.engine(folder, trainable=pb.TRAINABLE_FULL)
    with pytest.raises(EngineError, match="full training"):
        testing.new_policy(made)
    handle = testing.prepare(made, testing.prompt("x"))[0]
    with pytest.raises(EngineError, match='adapter "full"'):
        made.forward(pb.ForwardRequest(groups=testing.groups([handle])))
    assert [adapter.name for adapter in made.describe("", 0).adapters] == ["full"]


def test_adapters_come_and_go(folder):
    made = testing.engine(folder)
    handle = testing.prepare(made, testing.prompt("x", testing.picture(1)))[0]

    def scores(adapter):
        groups = testing.groups([handle])
        return testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups, adapter=adapter))).tolist()

    base = scores("")
    testing.new_policy(made)
    policy = scores("policy")
    assert policy != base
    assert scores("") == base
    testing.new_policy(made, "reference", seed=8, trainable=False)
    reference = scores("reference")
    assert reference not in (policy, base)
    with pytest.raises(EngineError, match="exists already"):
        testing.new_policy(made)
    with pytest.raises(EngineError, match="unknown"):
        scores("nobody")
    made.free(pb.FreeRequest(adapter="policy"))
    assert scores("reference") == reference
    assert scores("") == base
    testing.new_policy(made)
    assert scores("policy") == policy
    for name in ("policy", "reference"):
        made.free(pb.FreeRequest(adapter=name))
    assert scores("") == base
    testing.new_policy(made)
    assert scores("policy") == policy
    with pytest.raises(EngineError, match="rank 0"):
        made.new_adapter(pb.NewAdapterRequest(name="x", lora=pb.Lora()))
    with pytest.raises(EngineError, match="adapter name"):
        made.new_adapter(pb.NewAdapterRequest(name="a.b", lora=pb.Lora(rank=1, alpha=1)))


def test_lora_is_on_the_language_model_alone(folder):
    made = testing.engine(folder)
    testing.new_policy(made)
    names = testing.parts_of(made)[2].get("policy").parameters
    assert len(names) == testing.SPEC.layers * 7 * 2
    assert all("language_model.layers." in name for name in names)


def test_a_specification_is_checked(tmp_path):
    for wrong, match in (({"hiden": 1}, "unknown key"), ({"hidden": "1"}, "must be a number")):
        with pytest.raises(ValueError, match=match):
            tiny_model.parse_spec(wrong)
    with pytest.raises(ValueError, match="square root"):
        tiny_model.build("gemma3", tmp_path, ["x"], tiny_model.Spec(visual_tokens=50))
    with pytest.raises(ValueError, match="heads"):
        tiny_model.build("qwen2_5_vl", tmp_path, ["x"], tiny_model.Spec(head_dim=16))
    with pytest.raises(ValueError, match="no text"):
        tiny_model.build("gemma3", tmp_path, [])


def test_the_default_model_has_one_to_two_million_parameters(tmp_path, family):
    tiny_model.build(family, tmp_path, testing.CORPUS)
    made = testing.engine(tmp_path, dtype="float32")
    assert 1e6 < made.describe("", 0).model.parameters < 2e6


def test_the_same_corpus_gives_the_same_folder(tmp_path, family):
    (tmp_path / "c.jsonl").write_text('{"text": "a b c"}\n{"text": "b c d"}\n')
    (tmp_path / "s.json").write_text('{"layers": 1}')
    for name in ("one", "two"):
        arguments = ["--family", family, "--out", str(tmp_path / name), "--corpus", str(tmp_path / "c.jsonl")]
        tiny_model.main([*arguments, "--spec", str(tmp_path / "s.json")])
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    (tmp_path / "c.jsonl").write_text('{"txt": "a"}\n')
    with pytest.raises(SystemExit, match="row 1"):
        tiny_model.main(arguments)


def test_no_dropout_but_loras(folder, tmp_path):
    """The model stays in training mode: a checkpoint's own dropout would make its scores random."""
    noisy = tmp_path / "noisy"
    shutil.copytree(folder, noisy)
    config = json.loads((noisy / "config.json").read_text())
    for part in ("text_config", "vision_config"):
        config[part]["attention_dropout"] = 0.5
    (noisy / "config.json").write_text(json.dumps(config))
    results = []
    for source in (folder, noisy):
        made = testing.engine(source)
        groups = testing.groups(testing.prepare(made, testing.prompt("x", testing.picture(1))))
        results.append(testing.flat_logprobs(made.forward(pb.ForwardRequest(groups=groups))).tolist())
    assert results[0] == results[1]


def test_it_stops_where_the_checkpoints_generate_does(folder, family):
    model = testing.parts_of(testing.engine(folder))[0]
    other = "<eos>" if family == "gemma3" else "<|endoftext|>"
    assert model.stop_tokens == {model.family.end_of_turn, model.family.tokenizer.convert_tokens_to_ids(other)}

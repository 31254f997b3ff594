"""The own decoder against transformers' modules: prompts and steps, adapters and full training, types."""

import pytest
import torch

from chexengine import own_layers, testing
from chexengine.batch import Row, build
from chexengine.gen import engine_pb2 as pb
from chexengine.own_decoder import OwnDecoder
from chexengine.plain_decoder import PlainDecoder
from chexengine.row_memory import RowMemory

TOLERANCE = {"float64": 1e-6, "float32": 1e-4}
STEPS = 4


def requests():
    return [
        testing.prompt("Is the heart enlarged, and are the lungs clear?", testing.picture(2)),
        testing.prompt("No image here."),
        testing.prompt("Compare the two, please.", testing.picture(3), testing.picture(4)),
    ]


def states(made, adapter, kind):
    """Hidden states after each prompt and after each of a few steps, one row a prompt."""
    model, store, adapters = testing.parts_of(made)
    prompts = [store.get(handle) for handle in testing.prepare(made, *requests())]
    lengths = torch.tensor([len(prompt.ids) for prompt in prompts])
    out = []
    with torch.inference_mode(), adapters.active(adapter, dropout=False):
        decoder = OwnDecoder(model, adapter, 200) if kind == "own" else PlainDecoder(model)
        batch = build(model, store, [Row(prompt) for prompt in prompts])
        hidden, keys = decoder.prefill(batch, lengths - 1)
        out.append(hidden)
        window = model.hf.config.get_text_config().sliding_window
        memory = RowMemory(len(prompts), 200, window, decoder.scale, static=True, round_up=False)
        memory.put(torch.arange(3).numpy(), [], lengths.numpy(), keys, [0, 1, 2])
        for step in range(STEPS):
            tokens = torch.tensor([20, 150, 77]) + step
            slot = lengths + step
            positions = torch.tensor([prompt.next_position for prompt in prompts]) + step
            out.append(decoder.step(tokens, positions, slot, memory, memory.span(slot.numpy())))
    return torch.stack(out)


def difference(made, adapter="policy"):
    return (states(made, adapter, "own") - states(made, adapter, "plain")).abs().max().item()


@pytest.fixture(scope="module", params=TOLERANCE)
def setup(request, folder):
    made = testing.engine(folder, dtype=request.param)
    testing.new_policy(made)
    testing.new_policy(made, "other", seed=6)
    return made, TOLERANCE[request.param]


@pytest.mark.parametrize("adapter", ["policy", "other", ""])
@pytest.mark.parametrize("folded", [True, False])
def test_it_is_transformers_model(setup, adapter, folded, monkeypatch):
    if not folded:
        monkeypatch.setattr(own_layers, "FOLD_BYTES", 0)
    kinds = {type(part) for part in own_layers._layer(*_layer(setup[0]), small=folded).__dict__.values()}
    assert (own_layers.Folded in kinds, own_layers.Apart in kinds) == (folded, not folded)
    assert difference(setup[0], adapter) < setup[1]


def _layer(made):
    return testing.parts_of(made)[0].hf.model.language_model.layers[0], "policy"


@pytest.mark.parametrize("mutation", ["positions", "adapter", "scale", "norm", "rotation", "LoRA apart"])
def test_a_wrong_one_would_fail(setup, mutation, monkeypatch):
    made, tolerance = setup
    if mutation == "positions":
        step = OwnDecoder.step
        monkeypatch.setattr(OwnDecoder, "step", lambda self, tokens, at, *rest: step(self, tokens, at + 1, *rest))
    elif mutation == "adapter":
        read = own_layers.read_layers
        monkeypatch.setattr("chexengine.own_decoder.read_layers", lambda language, _: read(language, "other"))
    elif mutation == "scale":
        init = RowMemory.__init__

        def wrong(self, rows, slots, window, scale, static, round_up):
            init(self, rows, slots, window, scale * 1.05, static, round_up)

        monkeypatch.setattr(RowMemory, "__init__", wrong)
    elif mutation == "norm":
        call = own_layers.Norm.__call__
        monkeypatch.setattr(own_layers.Norm, "__call__", lambda self, x: call(self, x) * 1.01)
    elif mutation == "rotation":
        monkeypatch.setattr(torch.Tensor, "roll", lambda self, *_: self)
    else:
        monkeypatch.setattr(own_layers, "FOLD_BYTES", 0)
        monkeypatch.setattr(
            own_layers.Apart,
            "__call__",
            lambda self, x: torch.cat(
                [torch.nn.functional.linear(x, part.weight, part.bias) for part in self.parts], dim=1
            ),
        )
    assert difference(made) > 10 * tolerance


def test_full_training_too(folder):
    assert difference(testing.engine(folder, trainable=pb.TRAINABLE_FULL), "full") < 1e-6


def test_bfloat16_has_pefts_roundings(folder):
    """Nothing is folded into bfloat16, and the differences are those of sums in another order."""
    made = testing.engine(folder, dtype="bfloat16")
    testing.new_policy(made)
    layer = own_layers._layer(*_layer(made), small=True)
    assert isinstance(layer.joined, own_layers.Apart)
    plain = states(made, "policy", "plain").float()
    assert (states(made, "policy", "own").float() - plain).abs().mean() < 0.02 * plain.abs().mean()
    assert (states(made, "", "own").float() - plain).abs().mean() > 0.1 * plain.abs().mean()


def test_variants_of_lora_are_told(folder, tmp_path):
    made = testing.engine(folder)
    testing.new_policy(made)
    adapters = testing.parts_of(made)[2]
    assert not adapters.has_variants("policy")
    adapters._layers[3].lora_variant["policy"] = object()
    assert adapters.has_variants("policy")
    assert not adapters.has_variants("other")

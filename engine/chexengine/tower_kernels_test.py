"""The tower by kernels against transformers' own: features of both families, and where it is left alone."""

import pytest
import torch

from chexengine import testing, tower_kernels
from chexengine.gen import engine_pb2 as pb
from chexengine.kernels import Kernels

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def features(folder, dtype, width=32, **options):
    made = testing.engine(folder, dtype, **options)
    handles = testing.prepare(made, testing.prompt("Findings?", testing.picture(1, width=width)))
    _, store, _ = testing.parts_of(made)
    return store.features(store.get(handles[0]))[0]


@pytest.fixture
def calls(monkeypatch):
    ran = []
    for name in ("attend", "activate"):
        run = getattr(Kernels, name)
        monkeypatch.setattr(Kernels, name, lambda *given, name=name, run=run: ran.append(name) or run(*given))
    return ran


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_features_are_transformers(root, family, dtype, calls):
    folder = testing.wide_folder(root, family)
    found = features(folder, dtype, kernels=True)
    assert "attend" in calls
    assert ("activate" in calls) == (family == "gemma3")
    calls.clear()
    wanted = features(folder, dtype, without=[pb.SHORTCUT_KERNELS])
    assert not calls
    assert float((found - wanted).abs().max()) < TOLERANCE[dtype]


def test_a_wrong_scale_would_show(root, family, monkeypatch):
    folder = testing.wide_folder(root, family)
    wanted = features(folder, "float64", kernels=True)
    attend = Kernels.attend
    monkeypatch.setattr(Kernels, "attend", lambda self, shape, scale, *rest: attend(self, shape, scale * 1.1, *rest))
    assert float((features(folder, "float64", kernels=True) - wanted).abs().max()) > 1e-4


def test_a_tower_that_trains_is_left_to_transformers(root, calls):
    made = testing.engine(testing.wide_folder(root, "gemma3"), "float32", trainable=pb.TRAINABLE_FULL, kernels=True)
    handles = testing.prepare(made, testing.prompt("Findings?", testing.picture(1)))
    made.forward(pb.ForwardRequest(groups=testing.groups(handles), adapter="full", keep_graph=True))
    assert not calls


@pytest.mark.parametrize(("size", "is_causal"), [(3, False), (16, True)])
def test_what_kernels_do_not_do_is_left_to_transformers(root, calls, size, is_causal):
    """Heads that are no whole registers, and causal attention."""
    made = testing.engine(testing.wide_folder(root, "gemma3"), "float32", kernels=True)
    attention = tower_kernels._attention_by(testing.parts_of(made)[0].kernels)
    query, key, value = (torch.randn(1, 2, 5, size) for _ in range(3))
    with torch.no_grad():
        found, _ = attention(torch.nn.Module(), query, key, value, None, scaling=0.5, is_causal=is_causal)
    wanted = torch.nn.functional.scaled_dot_product_attention(query, key, value, scale=0.5, is_causal=is_causal)
    assert torch.allclose(found, wanted.transpose(1, 2), atol=1e-6)
    assert not calls

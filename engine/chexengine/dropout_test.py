"""Dropout's masks: their share, their independence, and what is torch's own."""

import pytest
import torch

from chexengine.dropout import Dropout, install, kept


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        yield


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_is_the_probabilitys(p):
    mask = kept((1000, 1001), p)
    deviation = (p * (1 - p) / mask.numel()) ** 0.5
    assert abs(float(mask.double().mean()) - (1 - p)) < 4 * deviation + 1 / 65536
    # Of each of a word's four lanes, of neighbours together, and of rows.
    lanes = mask.flatten()[: 250 * 1000].view(-1, 4).double()
    assert float((lanes.mean(dim=0) - (1 - p)).abs().max()) < 4 * (p * (1 - p) / len(lanes)) ** 0.5
    together = (~mask[:, 1:] & ~mask[:, :-1]).double().mean()
    assert abs(float(together) - p * p) < 0.002


def test_a_probability_of_nearly_one_drops_nearly_all():
    assert float(kept((1000, 100), 0.999999).double().mean()) < 0.001


def test_one_state_gives_one_mask_and_moves_on():
    torch.manual_seed(5)
    first, second = kept((3, 7), 0.5), kept((3, 7), 0.5)
    torch.manual_seed(5)
    assert torch.equal(kept((3, 7), 0.5), first)
    assert not torch.equal(first, second)


def test_extremes():
    assert kept((50, 50), 0.0).all()
    assert kept((0,), 0.3).shape == (0,)


def test_what_is_kept_is_scaled_and_its_gradient_too():
    x = torch.ones(64, 64, dtype=torch.float64, requires_grad=True)
    module = Dropout(0.25)
    out = module(x)
    assert set(out.detach().unique().tolist()) == {0.0, 1 / 0.75}
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert torch.equal(gradient, out.detach())


def test_off_it_changes_nothing():
    x = torch.randn(5, 5)
    assert Dropout(0.0)(x) is x
    assert Dropout(0.5).eval()(x) is x


def test_an_identity_is_left_alone():
    class Layer:
        lora_dropout = {"policy": torch.nn.Identity(), "other": torch.nn.Dropout(0.3)}  # noqa: RUF012

    install(Layer, "policy")
    install(Layer, "other")
    assert isinstance(Layer.lora_dropout["policy"], torch.nn.Identity)
    assert isinstance(Layer.lora_dropout["other"], Dropout)
    assert Layer.lora_dropout["other"].p == 0.3

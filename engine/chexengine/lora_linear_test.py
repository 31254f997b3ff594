"""The fused linear layer against PEFT's own forward."""

import pytest
import torch
from peft.tuners.lora import LoraConfig
from peft.tuners.lora.layer import Linear

from chexengine import lora_linear


def layer(dtype=torch.float64, bias=True, base_dtype=None):
    torch.manual_seed(3)
    base = torch.nn.Linear(6, 5, bias=bias, dtype=base_dtype or dtype).requires_grad_(False)
    made = Linear(base, "policy", LoraConfig(), r=3, lora_alpha=7, lora_dropout=0.4)
    made.lora_A.to(dtype)
    made.lora_B.to(dtype)
    torch.nn.init.normal_(made.lora_B["policy"].weight)
    made.train()
    return made


def results(made, forward, dropout, base_dtype=torch.float64):
    made.lora_dropout["policy"].p = dropout
    x = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = x.to(base_dtype).requires_grad_()
    torch.manual_seed(9)
    out = forward(x)
    weights = [x, made.lora_A["policy"].weight, made.lora_B["policy"].weight]
    return [out, *torch.autograd.grad(out.sin().sum(), weights)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_it_is_pefts_layer(bias, dropout):
    made = layer(bias=bias)
    wanted = results(made, made.forward, dropout)
    lora_linear.install(made)
    found = results(made, made.forward, dropout)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-12)
    made.scaling["policy"] *= 1.01
    assert not torch.allclose(results(made, made.forward, dropout)[0], wanted[0], atol=1e-6)


def test_without_an_active_adapter_it_is_the_base():
    made = layer()
    lora_linear.install(made)
    made._active_adapter = []
    x = torch.randn(3, 6, dtype=torch.float64)
    assert torch.equal(made(x), made.base_layer(x))


def test_mixed_types_stay_with_peft():
    made = layer(torch.float32, base_dtype=torch.bfloat16)
    wanted = results(made, made.forward, 0.0, torch.bfloat16)
    lora_linear.install(made)
    found = results(made, made.forward, 0.0, torch.bfloat16)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    assert found[0].dtype == torch.bfloat16
    assert found[2].dtype == torch.float32

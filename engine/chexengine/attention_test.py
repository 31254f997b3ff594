"""The engine's attention against transformers' eager one."""

from types import SimpleNamespace

import pytest
import torch
from transformers.models.gemma3.modeling_gemma3 import eager_attention_forward

from chexengine.attention import attention


@pytest.mark.parametrize("length", [1, 6])
@pytest.mark.parametrize("masked", [True, False])
def test_it_is_eager_attention(length, masked):
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(3, 4, length, 8, generator=generator, dtype=torch.float64).requires_grad_()
    key, value = (torch.randn(3, 2, 6, 8, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2))
    causal = torch.ones(length, 6, dtype=torch.bool).tril(6 - length)
    mask = (torch.rand(3, 1, length, 6, generator=generator) > 0.4) | torch.eye(6, dtype=torch.bool)[-length:]
    wanted_mask = mask if masked else causal[None, None]
    module = SimpleNamespace(num_key_value_groups=2, training=False, head_dim=8)
    added = torch.zeros(wanted_mask.shape, dtype=torch.float64).masked_fill(~wanted_mask, -torch.inf)
    wanted, _ = eager_attention_forward(module, query, key, value, added, scaling=0.3)
    found, _ = attention(module, query, key, value, mask if masked else None, scaling=0.3)
    # transformers' softmax is float32 whatever the model is.
    assert torch.allclose(found, wanted, atol=1e-6)
    upstream = torch.randn(wanted.shape, generator=generator, dtype=torch.float64)
    for one, other in zip(
        torch.autograd.grad(found, (query, key, value), upstream),
        torch.autograd.grad(wanted, (query, key, value), upstream),
        strict=True,
    ):
        assert torch.allclose(one, other, atol=1e-6)
    assert not torch.allclose(
        attention(module, query, key, value, mask if masked else None, scaling=0.31)[0], wanted, atol=1e-4
    )

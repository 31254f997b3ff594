"""The language model's attention: torch's sdpa without a copy of the keys for every query head.

transformers repeats keys and values up to the number of query heads before sdpa whenever there is a mask. Here,
on the CPU, sdpa shares them by itself; and for a single query (decoding) the heads that share a key become
queries of one head, which needs no repetition anywhere. Same numbers up to the order of sums.
"""

import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

NAME = "chexengine_sdpa"


def attention(module, query, key, value, attention_mask, dropout=0.0, scaling=None, is_causal=None, **kwargs):
    """transformers' attention interface: query [rows, heads, length, size] -> [rows, length, heads, size]."""
    rows, heads, length, size = query.shape
    if length == 1:
        grouped = query.view(rows, key.shape[1], -1, size)
        out = torch.nn.functional.scaled_dot_product_attention(
            grouped, key, value, attn_mask=attention_mask, scale=scaling
        )
        return out.reshape(rows, 1, heads, size), None
    if query.device.type != "cpu":
        # With a mask, CUDA's fast kernels refuse to share keys: the repetition is the lesser cost.
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, is_causal=is_causal, **kwargs
        )
    out = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, is_causal=attention_mask is None, scale=scaling, enable_gqa=True
    )
    return out.transpose(1, 2), None


def install(text_config) -> None:
    """Makes the language model of the configuration use it; the tower keeps transformers' own."""
    ALL_ATTENTION_FUNCTIONS.register(NAME, attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, sdpa_mask)
    text_config._attn_implementation = NAME

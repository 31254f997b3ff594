"""The language model's attention: torch's sdpa without a copy of the keys for every query head.

transformers repeats keys and values up to the number of query heads before sdpa whenever there is a mask. Here,
on the CPU, sdpa shares them by itself; and for a single query (decoding) the heads that share a key become
queries of one head, which needs no repetition anywhere. Same numbers up to the order of sums.
"""

import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from chexengine.seen_keys import BLOCK, seen_keys_attention

NAME = "chexengine_sdpa"
BY_SEEN_KEYS = "chexengine_sdpa_seen_keys"
# Queries from which on leaving keys out pays for the calls.
LONG = 2 * BLOCK


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


def attention_by_seen_keys(module, query, key, value, attention_mask, scaling=None, **kwargs):
    """The same; a long row on the CPU goes block by block over the keys that are seen (`seen_keys.py`)."""
    length = query.shape[2]
    if query.device.type != "cpu" or attention_mask is None or length < LONG or length != key.shape[2]:
        return attention(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    return seen_keys_attention(query, key, value, attention_mask, scaling).transpose(1, 2), None


def install(text_config, seen_keys: bool) -> None:
    """Makes the language model of the configuration use it; the tower keeps transformers' own."""
    name, function = (BY_SEEN_KEYS, attention_by_seen_keys) if seen_keys else (NAME, attention)
    ALL_ATTENTION_FUNCTIONS.register(name, function)
    ALL_MASK_ATTENTION_FUNCTIONS.register(name, sdpa_mask)
    text_config._attn_implementation = name

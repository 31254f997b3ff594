"""Log-probability, entropy and arg-max of given tokens from hidden states, in chunks of rows.

The full matrix of logits (262,208 columns for Gemma 3, 1.05 GB a thousand tokens in float32) never exists:
each chunk is reduced at once and, in backward, computed again. A matrix that fits one chunk is kept as its
probabilities, which spares a small model the second product.

    logprob = z_t - logsumexp(z),   z = W h / temperature
    d logprob / d z = onehot(t) - softmax(z)
"""

import torch

# Logits in one chunk: 2^26 float32 values are 256 MB. A constant, because a setting would change the roundings.
CHUNK_ELEMENTS = 1 << 26


class TokenScores(torch.autograd.Function):
    """(hidden [n, h], weight [v, h], tokens [n], temperature, chunk rows, dtype) -> logprob, entropy, argmax [n]."""

    @staticmethod
    def forward(ctx, hidden, weight, tokens, temperature, rows, dtype):
        count = hidden.shape[0]
        logprob = torch.empty(count, dtype=dtype, device=hidden.device)
        entropy = torch.empty_like(logprob)
        argmax = torch.empty(count, dtype=torch.bool, device=hidden.device)
        kept = None
        for start in range(0, count, rows):
            part = slice(start, start + rows)
            z = _logits(hidden[part], weight, temperature, dtype)
            argmax[part] = z.argmax(dim=-1) == tokens[part]
            total = z.logsumexp(dim=-1, keepdim=True)
            chosen = z.gather(1, tokens[part, None])
            logprob[part] = (chosen - total).squeeze(1)
            p = (z - total).exp_()
            entropy[part] = total.squeeze(1) - torch.linalg.vecdot(p, z)
            if count <= rows and any(ctx.needs_input_grad[:2]):
                kept = p
        ctx.save_for_backward(hidden, weight, tokens, kept)
        ctx.settings = (temperature, rows, dtype)
        ctx.mark_non_differentiable(entropy, argmax)
        return logprob, entropy, argmax

    @staticmethod
    def backward(ctx, gradient, _entropy, _argmax):
        hidden, weight, tokens, kept = ctx.saved_tensors
        temperature, rows, dtype = ctx.settings
        hidden_gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        weight_gradient = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        for start in range(0, hidden.shape[0], rows):
            part = slice(start, start + rows)
            if kept is None:
                z = _logits(hidden[part], weight, temperature, dtype)
                p = z.sub_(z.logsumexp(dim=-1, keepdim=True)).exp_()
            else:
                p = kept
            scale = (gradient[part] / temperature)[:, None]
            dz = p * -scale
            dz.scatter_add_(1, tokens[part, None], scale.to(dz.dtype))
            dz = dz.to(hidden.dtype)
            if hidden_gradient is not None:
                hidden_gradient[part] = dz @ weight
            if weight_gradient is not None:
                weight_gradient.addmm_(dz.T, hidden[part])
        return hidden_gradient, weight_gradient, None, None, None, None


def token_scores(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    tokens: torch.Tensor,
    temperature: float,
    dtype: torch.dtype,
    chunked: bool = True,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probability and entropy (nats, of the tempered softmax) and whether each token is the likeliest.

    `chunked` off makes one chunk of all rows.
    """
    rows = max(1, CHUNK_ELEMENTS // weight.shape[0] if chunked else hidden.shape[0])
    return TokenScores.apply(hidden, weight, tokens, temperature, rows, dtype)


def _logits(hidden, weight, temperature, dtype):
    z = (hidden @ weight.T).to(dtype)
    return z if temperature == 1 else z.div_(temperature)

"""Step: one AdamW update of an adapter from its summed gradient.

The rule is torch.optim.AdamW's (decoupled decay, Loshchilov and Hutter 2019), clipping that of
torch.nn.utils.clip_grad_norm_; `optimizer_test.py` holds both to them. Deviation: every parameter decays alike;
one without any gradient since the last Step is left alone, as torch leaves one whose `.grad` is None.
"""

import math

import torch

from chexengine.adapters import Adapter
from chexengine.errors import invalid, precondition
from chexengine.gen import engine_pb2 as pb
from chexengine.gradients import Tickets
from chexengine.kernels import AdamW

CLIP_EPSILON = 1e-6  # added to the norm before dividing, as in torch.nn.utils.clip_grad_norm_


def step(adapter: Adapter, tickets: Tickets, request: pb.StepRequest) -> pb.StepResponse:
    """Answers Step; the gradient is zeroed whatever the outcome. A repeated Step gets the stored answer alone."""
    return adapter.last_step if check(adapter, request) else apply(adapter, tickets, request)


def check(adapter: Adapter, request: pb.StepRequest) -> bool:
    """Whether the Step was made already. FAILED_PRECONDITION or INVALID_ARGUMENT for one that cannot be."""
    adapter.require_trainable("Step")
    if request.expected_step == adapter.step and adapter.last_step is not None:
        return True
    if request.expected_step != adapter.step + 1:
        raise precondition(
            f"Step: expected_step {request.expected_step}, but adapter {adapter.name!r} stands at step "
            f"{adapter.step}: the next is {adapter.step + 1}"
        )
    _check_settings(request)
    return False


def apply(adapter: Adapter, tickets: Tickets, request: pb.StepRequest) -> pb.StepResponse:
    """Makes the update, or skips it where the gradient is not finite."""
    gradients = adapter.gradients
    norm = global_norm(list(gradients.values()))
    if math.isfinite(norm):
        scale = min(1.0, request.clip_norm / (norm + CLIP_EPSILON)) if request.clip_norm > 0 else 1.0
        _update(adapter, scale, request)
        adapter.version += 1
        tickets.expire(adapter.name)
        outcome = pb.STEP_OUTCOME_APPLIED
    else:
        outcome = pb.STEP_OUTCOME_SKIPPED_NON_FINITE
    adapter.gradients = {}
    adapter.step += 1
    adapter.last_step = pb.StepResponse(gradient_norm=norm, outcome=outcome, step=adapter.step)
    return adapter.last_step


def global_norm(gradients: list[torch.Tensor]) -> float:
    """Euclidean norm over all of them; 0 when there are none."""
    if not gradients:
        return 0.0
    norms = torch._foreach_norm(gradients)
    return float(torch.linalg.vector_norm(torch.stack([norm.double() for norm in norms])))


@torch.no_grad()
def _update(adapter: Adapter, scale: float, request: pb.StepRequest) -> None:
    names = [name for name in adapter.parameters if name in adapter.gradients]
    adapter.updates += 1
    if not names:
        return
    for name in names:
        if name not in adapter.moments:
            gradient = adapter.gradients[name]
            adapter.moments[name] = tuple(gradient.new_zeros(gradient.shape) for _ in range(2))
    weights = [adapter.parameters[name].data for name in names]
    gradients = [adapter.gradients[name] for name in names]
    first = [adapter.moments[name][0] for name in names]
    second = [adapter.moments[name][1] for name in names]
    rate, beta1, beta2 = request.learning_rate, request.beta1, request.beta2
    correction1 = 1 - beta1**adapter.updates
    correction2 = math.sqrt(1 - beta2**adapter.updates)
    kernels = adapter.kernels
    if kernels is not None and all(weight.dtype == kernels.type and weight.is_contiguous() for weight in weights):
        given = AdamW(rate, request.weight_decay, beta1, beta2, request.epsilon, correction1, correction2)
        for weight, gradient, *moments in zip(weights, gradients, first, second, strict=True):
            kernels.adamw(weight, gradient.contiguous(), *moments, scale, given)
        return
    if scale != 1:
        torch._foreach_mul_(gradients, scale)
    if request.weight_decay:
        torch._foreach_mul_(weights, 1 - rate * request.weight_decay)
    torch._foreach_lerp_(first, gradients, 1 - beta1)
    torch._foreach_mul_(second, beta2)
    torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
    denominators = torch._foreach_sqrt(second)
    torch._foreach_div_(denominators, correction2)
    torch._foreach_add_(denominators, request.epsilon)
    for weight, moment, denominator in zip(weights, first, denominators, strict=True):
        weight.add_((moment / denominator).to(weight.dtype), alpha=-rate / correction1)


def _check_settings(request: pb.StepRequest) -> None:
    finite = (request.learning_rate, request.epsilon, request.weight_decay, request.clip_norm)
    if not all(math.isfinite(value) and value >= 0 for value in finite):
        raise invalid("Step: learning_rate, epsilon, weight_decay and clip_norm must be finite and not negative")
    if not (0 <= request.beta1 < 1 and 0 <= request.beta2 < 1):
        raise invalid(f"Step: beta1 {request.beta1} and beta2 {request.beta2} must lie in [0, 1)")
    if request.epsilon == 0:
        raise invalid("Step: epsilon 0 would divide by zero: 1e-8 is usual")


def zero_gradient(adapter: Adapter) -> None:
    """Answers ZeroGrad."""
    adapter.require_trainable("ZeroGrad")
    adapter.gradients = {}

"""Draws a model's weights from a seed, for the phantom models and for benchmarks."""

import torch
from transformers import PreTrainedModel


def draw(model_class: type[PreTrainedModel], config, dtype: torch.dtype, device: torch.device, seed: int):
    """A model of the class with the weights its own initialisation gives at the seed.

    Deviation from transformers: Gemma 3's projector starts at zero there, so that pictures would have no
    features at all; here it is normal with the configuration's `initializer_range` like every other matrix.
    """
    cuda = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda), torch.device(device):
        torch.manual_seed(seed)
        model = model_class._from_config(config, dtype=dtype, attn_implementation="sdpa")
        projector = getattr(model.model, "multi_modal_projector", None)
        if projector is not None:
            with torch.no_grad():
                projector.mm_input_projection_weight.normal_(std=config.initializer_range)
    return model

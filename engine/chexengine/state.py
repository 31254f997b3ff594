"""SaveState and LoadState: weights in PEFT's layout or as a whole model folder, optimizer beside them. No pickle.

adapter_config.json, adapter_model.safetensors     a LoRA, as PEFT writes and reads it
config.json, model.safetensors, tokenizer, ...     the adapter "full", as transformers writes and reads it
optimizer.safetensors, optimizer.json              AdamW's moments; step, updates and the last Step's answer
"""

import copy
import json
import pathlib
import shutil

import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file

from chexengine.adapters import FULL, Adapter, Adapters
from chexengine.durable import whole_folder, write_bytes, write_tensors
from chexengine.errors import invalid, not_found
from chexengine.gen import engine_pb2 as pb
from chexengine.gradients import Tickets
from chexengine.model import DTYPES, Loaded
from chexengine.weight_gradients import sum_dtype

# What a model folder needs beside configuration and weights: tokenizer, chat template, processor.
COMPANIONS = (
    "tokenizer*",
    "*processor_config.json",
    "chat_template*",
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)


def save(model: Loaded, adapters: Adapters, request: pb.SaveStateRequest) -> str:
    """Answers SaveState with the SHA-256 of the weights' file."""
    adapter = adapters.get(request.adapter)
    is_model = request.adapter == FULL or request.merged
    if request.dtype and (not is_model or request.dtype not in DTYPES):
        raise invalid(f"SaveState: dtype {request.dtype!r} is for whole models alone, one of {', '.join(DTYPES)}")
    if request.merged and (request.adapter == FULL or request.optimizer):
        raise invalid("SaveState: merged is for a LoRA, and a merged model has no optimizer")
    dtype = DTYPES.get(request.dtype, model.hf.dtype)
    with whole_folder(pathlib.Path(request.folder)) as folder:
        if request.merged:
            digest = _save_model(model, folder, dtype, _merged_weights(model, adapter.name, dtype))
        elif adapter.name == FULL:
            weights = {name: tensor.to(dtype) for name, tensor in model.hf.named_parameters()}
            digest = _save_model(model, folder, dtype, weights)
        else:
            digest = _save_lora(adapters, adapter.name, folder)
        if request.optimizer:
            _save_optimizer(adapter, folder)
    return digest


def load(adapters: Adapters, tickets: Tickets, request: pb.LoadStateRequest) -> Adapter:
    """Answers LoadState: weights, and with `optimizer` the moments and the step; without it both start anew."""
    adapter = adapters.get(request.adapter)
    folder = pathlib.Path(request.folder)
    name = "model.safetensors" if adapter.name == FULL else "adapter_model.safetensors"
    if not (folder / name).is_file():
        raise not_found(f"{folder} holds no {name}: give a folder written by SaveState")
    if request.optimizer and not (folder / "optimizer.json").is_file():
        raise not_found(f"{folder} holds no optimizer.json: it was saved without its optimizer")
    weights = load_file(folder / name)
    keys = _file_keys(adapters, adapter)
    if set(keys.values()) != set(weights):
        odd = sorted(set(keys.values()) ^ set(weights))[0]
        raise invalid(f"{folder / name} does not fit adapter {adapter.name!r}: {odd} is only on one side")
    for parameter, key in keys.items():
        if adapter.parameters[parameter].shape != weights[key].shape:
            raise invalid(f"{folder / name}: {key} has another shape than adapter {adapter.name!r}: another rank?")
    # Read everything before anything changes.
    moments, values = _read_optimizer(adapter, folder) if request.optimizer else ({}, {})
    with torch.no_grad():
        for parameter, key in keys.items():
            adapter.parameters[parameter].copy_(weights[key])
    adapter.moments = moments
    adapter.step = values.get("step", 0)
    adapter.updates = values.get("updates", 0)
    last = values.get("last_step")
    adapter.last_step = pb.StepResponse(**last) if last else None
    adapter.gradients = {}
    adapter.version += 1
    tickets.expire(adapter.name)
    return adapter


def _save_lora(adapters: Adapters, name: str, folder: pathlib.Path) -> str:
    weights = get_peft_model_state_dict(adapters.peft, adapter_name=name)
    config = adapters.peft.peft_config[name]
    trains, config.inference_mode = config.inference_mode, True
    try:
        config.save_pretrained(folder)
    finally:
        config.inference_mode = trains
    return write_tensors(folder / "adapter_model.safetensors", weights)


def _merged_weights(model: Loaded, name: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """W + s B A in float32 (or wider, where the model is), then cast once: merging in bfloat16 loses a young LoRA."""
    weights = {}
    for key, tensor in model.hf.named_parameters():
        if ".lora_" in key:
            continue
        layer_name, inside, rest = key.partition(".base_layer.")
        if inside:
            layer = model.hf.get_submodule(layer_name)
            if rest == "weight":
                wide = torch.promote_types(tensor.dtype, torch.float32)
                down, up = layer.lora_A[name].weight.to(wide), layer.lora_B[name].weight.to(wide)
                tensor = tensor.to(wide) + layer.scaling[name] * (up @ down)
        weights[f"{layer_name}.{rest}" if inside else key] = tensor.detach().to(dtype)
    return weights


def _save_model(model: Loaded, folder: pathlib.Path, dtype: torch.dtype, weights: dict[str, torch.Tensor]) -> str:
    for pattern in COMPANIONS:
        for path in model.folder.glob(pattern):
            shutil.copyfile(path, folder / path.name)
    config = copy.deepcopy(model.hf.config)
    config.architectures = [type(model.hf).__name__]
    for part in (config, config.get_text_config(), config.vision_config):
        part.dtype = dtype
    config.save_pretrained(folder)
    return write_tensors(folder / "model.safetensors", weights)


def _file_keys(adapters: Adapters, adapter: Adapter) -> dict[str, str]:
    """The parameter's name -> its key in the saved file."""
    if adapter.name == FULL:
        return {name: name for name in adapter.parameters}
    # PEFT's files leave the adapter's name out and carry its wrapper's prefix.
    return {name: "base_model.model." + name.replace(f".{adapter.name}.", ".") for name in adapter.parameters}


def _save_optimizer(adapter: Adapter, folder: pathlib.Path) -> None:
    tensors = {}
    for name, (first, second) in adapter.moments.items():
        tensors[f"{name}|first"] = first
        tensors[f"{name}|second"] = second
    # An adapter's own name is no part of its state: what the policy saved, another name may load.
    tensors = {name.replace(f".{adapter.name}.", "."): tensor for name, tensor in tensors.items()}
    write_tensors(folder / "optimizer.safetensors", tensors)
    last = adapter.last_step
    answer = {"gradient_norm": last.gradient_norm, "outcome": last.outcome, "step": last.step} if last else None
    values = {"step": adapter.step, "updates": adapter.updates, "last_step": answer}
    write_bytes(folder / "optimizer.json", (json.dumps(values, indent=2) + "\n").encode())


def _read_optimizer(adapter: Adapter, folder: pathlib.Path) -> tuple[dict, dict]:
    values = json.loads((folder / "optimizer.json").read_text("utf8"))
    tensors = load_file(folder / "optimizer.safetensors")
    moments = {}
    for name, parameter in adapter.parameters.items():
        key = name.replace(f".{adapter.name}.", ".")
        if f"{key}|first" not in tensors:
            continue
        moments[name] = tuple(
            tensors[f"{key}|{moment}"].to(parameter.device, sum_dtype(parameter)) for moment in ("first", "second")
        )
    return moments, values

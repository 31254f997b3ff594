"""Whether an adapter from elsewhere is what the engine can compute with: all of it, and of the language model alone.

PEFT loads what fits by name and leaves the rest as it was drawn, which is the base model again: an adapter saved under
other module names would be judged by answers that are not its own.
"""

import pathlib
import re

from peft import PeftConfig, PeftModel, load_peft_weights, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer

from chexengine.errors import EngineError, invalid
from chexengine.families import LORA_TARGETS

# What an adapter may train besides its LoRAs; other adapters of the same model would compute with it too.
BESIDES = ("modules_to_save", "trainable_token_indices", "layer_replication", "target_parameters", "lora_bias")

MOST_SAID = 300  # characters of PEFT's own reason


def more_than_lora(config: PeftConfig, folder: pathlib.Path) -> EngineError | None:
    """What is wrong with an adapter by its configuration alone."""
    if config.peft_type != "LORA":
        return invalid(f"{folder} is a {config.peft_type} adapter, not LoRA")
    besides = [name for name in BESIDES if getattr(config, name, None)] + (["bias"] if config.bias != "none" else [])
    if besides:
        return invalid(
            f"{folder}: adapter_config.json sets {', '.join(besides)}, which is more than LoRAs: merge the adapter and "
            "give the folder as a model of its own"
        )
    return None


def of_another_model(error: Exception, folder: pathlib.Path) -> EngineError:
    """What PEFT cannot put into the model."""
    line = " ".join(str(error).split())[:MOST_SAID]
    return invalid(f"{folder} does not fit this model: {line}: give an adapter that was trained on it")


def load_whole(peft: PeftModel, name: str, folder: pathlib.Path) -> EngineError | None:
    """Loads the weights of an adapter that PEFT has made room for; says what is wrong where not all of them fit."""
    elsewhere = [
        path
        for path, module in peft.base_model.model.named_modules()
        if isinstance(module, LoraLayer)
        and (name in module.lora_A or name in module.lora_embedding_A)
        and not re.fullmatch(LORA_TARGETS, path)
    ]
    if elsewhere:
        return invalid(
            f"{folder} adapts {len(elsewhere)} layers that are no projections of the language model: "
            f"the first is {elsewhere[0]}: merge the adapter and give the folder as a model of its own"
        )
    try:
        weights = load_peft_weights(str(folder), device="cpu")
        result = set_peft_model_state_dict(peft, weights, adapter_name=name)
    except (RuntimeError, ValueError, KeyError) as error:  # other shapes, above all
        return of_another_model(error, folder)
    if result.unexpected_keys:
        return invalid(
            f"{folder}: {len(result.unexpected_keys)} of its tensors fit nothing in this model, the first is "
            f"{result.unexpected_keys[0]}: save the adapter again with this transformers and PEFT"
        )
    missing = [key for key in result.missing_keys if f".{name}." in key and ".lora_" in key]
    if missing:
        return invalid(
            f"{folder}: adapter_config.json names {len(missing)} weights that adapter_model.safetensors lacks, the "
            f"first is {missing[0]}: save the adapter again"
        )
    return None

"""Whether an adapter from elsewhere is what the engine can compute with: all of it, and of the language model alone.

PEFT loads what fits by name and leaves the rest as it was drawn, which is the base model again: an adapter saved under
other module names would be judged by answers that are not its own.
"""

import pathlib

from peft import PeftConfig, PeftModel, load_peft_weights, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer

from chexengine.errors import EngineError, invalid

# What an adapter may train besides its LoRAs; other adapters of the same model would compute with it too.
BESIDES = ("modules_to_save", "trainable_token_indices", "layer_replication", "target_parameters", "lora_bias")


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


def misfit(peft: PeftModel, name: str, folder: pathlib.Path) -> EngineError | None:
    """What is wrong with an adapter that PEFT has just loaded from the folder; loads it once more to know."""
    result = set_peft_model_state_dict(peft, load_peft_weights(str(folder), device="cpu"), adapter_name=name)
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
    elsewhere = [
        path
        for path, module in peft.base_model.model.named_modules()
        if isinstance(module, LoraLayer) and name in module.lora_A and "language_model." not in path
    ]
    if elsewhere:
        return invalid(
            f"{folder} adapts {len(elsewhere)} layers outside the language model, the first is {elsewhere[0]}: "
            "pictures' features are computed once for all adapters; merge it and give the folder as a model of its own"
        )
    return None

"""Writes the model that both sides of the benchmark load, its first LoRA, and the traces cut to length.

    python bench/peers/make_model.py OUT      # OUT/request.json, see prepare-model.ts

OUT/model         a whole folder: chexengine.tiny_model's, with weights by chexengine.random_weights
OUT/start         the LoRA that both sides begin from, PEFT's layout (B is zero)
OUT/traces.json   for each length the texts, cut to that many tokens with the end of turn

The tokenizer learns from the texts, whatever the model's size; `overrides` then replaces values of config.json, such as
a large model's vocabulary.

Drawn weights would end a turn, or write a picture's token into a completion (on which transformers' Gemma 3 fails),
about once in a thousand tokens. So that every completion has the same length on both sides, the special tokens'
rows of the (tied) embedding point away from a direction that all other rows share: no hidden state is near them, their
probability is below 1e-30, and nothing has to be configured on either side.
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoTokenizer

from chexengine import random_weights, tiny_model
from chexengine.families import LORA_TARGETS, family_class

# How far every row lies along the shared direction: many times what the layers add to it.
SHARED = 10.0


def silence_specials(model, specials: list[int]) -> None:
    """Makes the tokens' probabilities vanish after whatever text."""
    embedding = model.get_input_embeddings().weight
    sign = torch.ones(embedding.shape[0], device=embedding.device, dtype=embedding.dtype)
    sign[specials] = -1
    with torch.no_grad():
        embedding += SHARED * embedding.shape[1] ** -0.5 * sign[:, None]


def cut(tokenizer, text: str, length: int) -> str:
    """The text's beginning of `length` tokens, the end of turn counted."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(ids) < length:
        sys.exit(f"make_model: a text has {len(ids)} tokens, {length} are wanted")
    return tokenizer.decode(ids[: length - 1])


def override(file: pathlib.Path, values: dict) -> None:
    """Replaces values in a JSON file, objects key by key."""

    def merged(old, new):
        if not isinstance(old, dict) or not isinstance(new, dict):
            return new
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}

    file.write_text(json.dumps(merged(json.loads(file.read_text()), values), indent=2))


def main(out: pathlib.Path) -> None:
    request = json.loads((out / "request.json").read_text())
    folder = out / "model"
    texts = [*request["texts"], request["prompt"]]
    tiny_model.build(request["family"], folder, texts, tiny_model.parse_spec(request["spec"]))
    override(folder / "config.json", request["overrides"])
    config = AutoConfig.from_pretrained(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = getattr(torch, request["dtype"])
    model = random_weights.draw(family_class(config).model_class, config, dtype, device, request["seed"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    silence_specials(model, [index for index, token in tokenizer.added_tokens_decoder.items() if token.special])
    model.save_pretrained(folder)
    traces = {length: [cut(tokenizer, text, length) for text in request["texts"]] for length in request["lengths"]}
    (out / "traces.json").write_text(json.dumps(traces))
    torch.manual_seed(request["seed"])
    lora = request["lora"]
    settings = LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=LORA_TARGETS, task_type="CAUSAL_LM")
    get_peft_model(model, settings).save_pretrained(out / "start")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

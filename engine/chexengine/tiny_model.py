"""Builds a tiny but real Hugging Face folder of either family: configuration, tokenizer, chat template and
processor, no weights. `Load` with `random_weights` draws the weights.

    python -m chexengine.tiny_model --family gemma3 --out DIR --corpus FILE [--spec spec.json]

The corpus is a `.jsonl` file of {"text": ...} rows, or plain text, one text a line. The specification is a
JSON object whose keys are the fields of `Spec`; what it leaves out keeps its default.
"""

import argparse
import json
import pathlib
import sys
from dataclasses import asdict, dataclass, fields

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Gemma3Config,
    Gemma3Processor,
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
)
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from chexengine import chat_templates

FAMILIES = ("gemma3", "qwen2_5_vl")


@dataclass(frozen=True)
class Spec:
    """Sizes of a tiny model; the defaults give about 1.2 million parameters."""

    hidden: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 32
    mlp: int = 384
    vocabulary: int = 1024
    sliding_window: int = 64
    full_every: int = 4  # Gemma 3: every n-th layer attends to all positions, the others to the window
    max_positions: int = 2048
    image_size: int = 112  # side in pixels, Gemma 3; Qwen2.5-VL takes what `visual_tokens` allows
    patch: int = 8
    visual_tokens: int = 49  # per image: exactly (Gemma 3), at most (Qwen2.5-VL)
    min_visual_tokens: int = 4  # Qwen2.5-VL only
    vision_hidden: int = 96
    vision_layers: int = 3
    vision_heads: int = 4
    vision_mlp: int = 256
    vision_window: int = 64  # Qwen2.5-VL: side in pixels of the windows of all but the last vision layer
    initializer_range: float = 0.02


def parse_spec(values: dict) -> Spec:
    """A `Spec` from a JSON object. ValueError for a key that is no field, or a value that is no number."""
    known = {field.name: field.type for field in fields(Spec)}
    for key, value in values.items():
        if key not in known:
            raise ValueError(f"spec: unknown key {key!r}; known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"spec: {key} must be a number")
    return Spec(**values)


def read_corpus(path: pathlib.Path) -> list[str]:
    """The texts of a corpus file. ValueError names the row that is not {"text": ...}."""
    lines = [line for line in path.read_text("utf8").splitlines() if line.strip()]
    if path.suffix != ".jsonl":
        return lines
    texts = []
    for number, line in enumerate(lines, 1):
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise ValueError(f'{path}, row {number}: expected {{"text": ...}}')
        texts.append(row["text"])
    return texts


def train_tokenizer(texts: list[str], vocabulary: int, specials: list[str]) -> Tokenizer:
    """Byte-level BPE; the special tokens take the first ids, in the order given."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=[AddedToken(text, special=True, normalized=False) for text in specials],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    return tokenizer


def build_gemma3(out: pathlib.Path, texts: list[str], spec: Spec) -> None:
    """Writes a Gemma 3 folder: SigLIP tower, average-pooling projector, sliding and full layers."""
    side = round(spec.visual_tokens**0.5)
    if side * side != spec.visual_tokens or spec.image_size % spec.patch or (spec.image_size // spec.patch) % side:
        raise ValueError("spec: image_size / patch must be a multiple of the square root of visual_tokens")
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    specials += ["<start_of_image>", "<end_of_image>", "<image_soft_token>"]
    raw = train_tokenizer(texts, spec.vocabulary, specials)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        extra_special_tokens={
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "image_token": "<image_soft_token>",
        },
        model_max_length=spec.max_positions,
    )
    ids = {text: raw.token_to_id(text) for text in specials}
    config = Gemma3Config(
        text_config={
            "vocab_size": raw.get_vocab_size(),
            "hidden_size": spec.hidden,
            "intermediate_size": spec.mlp,
            "num_hidden_layers": spec.layers,
            "num_attention_heads": spec.heads,
            "num_key_value_heads": spec.kv_heads,
            "head_dim": spec.head_dim,
            "query_pre_attn_scalar": spec.head_dim,
            "sliding_window": spec.sliding_window,
            "layer_types": [
                "full_attention" if (index + 1) % spec.full_every == 0 else "sliding_attention"
                for index in range(spec.layers)
            ],
            "max_position_embeddings": spec.max_positions,
            "initializer_range": spec.initializer_range,
            "pad_token_id": ids["<pad>"],
            "eos_token_id": ids["<eos>"],
            "bos_token_id": ids["<bos>"],
        },
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": spec.vision_hidden,
            "intermediate_size": spec.vision_mlp,
            "num_hidden_layers": spec.vision_layers,
            "num_attention_heads": spec.vision_heads,
            "image_size": spec.image_size,
            "patch_size": spec.patch,
            "vision_use_head": False,
        },
        mm_tokens_per_image=spec.visual_tokens,
        boi_token_index=ids["<start_of_image>"],
        eoi_token_index=ids["<end_of_image>"],
        image_token_index=ids["<image_soft_token>"],
        initializer_range=spec.initializer_range,
        architectures=["Gemma3ForConditionalGeneration"],
    )
    images = Gemma3ImageProcessorPil(
        size={"height": spec.image_size, "width": spec.image_size}, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    processor = Gemma3Processor(
        image_processor=images,
        tokenizer=tokenizer,
        chat_template=chat_templates.GEMMA3,
        image_seq_length=spec.visual_tokens,
    )
    processor.save_pretrained(out)
    config.save_pretrained(out)
    GenerationConfig(
        bos_token_id=ids["<bos>"],
        eos_token_id=[ids["<eos>"], ids["<end_of_turn>"]],
        pad_token_id=ids["<pad>"],
    ).save_pretrained(out)


def build_qwen2_5_vl(out: pathlib.Path, texts: list[str], spec: Spec) -> None:
    """Writes a Qwen2.5-VL folder: windowed tower that merges 2 x 2 patches, three-dimensional positions."""
    if spec.hidden != spec.heads * spec.head_dim:
        raise ValueError("spec: Qwen2.5-VL needs hidden = heads * head_dim")
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
    specials += ["<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
    raw = train_tokenizer(texts, spec.vocabulary, specials)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        extra_special_tokens={"image_token": "<|image_pad|>", "video_token": "<|video_pad|>"},
        model_max_length=spec.max_positions,
        chat_template=chat_templates.QWEN2_5_VL,
    )
    ids = {text: raw.token_to_id(text) for text in specials}
    # As in the public checkpoints (16, 24, 24 of 64): a quarter of the frequencies for time, the rest for the sides.
    time = spec.head_dim // 8
    height = (spec.head_dim // 2 - time) // 2
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": raw.get_vocab_size(),
            "hidden_size": spec.hidden,
            "intermediate_size": spec.mlp,
            "num_hidden_layers": spec.layers,
            "num_attention_heads": spec.heads,
            "num_key_value_heads": spec.kv_heads,
            "max_position_embeddings": spec.max_positions,
            "initializer_range": spec.initializer_range,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [time, height, spec.head_dim // 2 - time - height],
            },
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        vision_config={
            "depth": spec.vision_layers,
            "hidden_size": spec.vision_hidden,
            "intermediate_size": spec.vision_mlp,
            "num_heads": spec.vision_heads,
            "patch_size": spec.patch,
            "window_size": spec.vision_window,
            "out_hidden_size": spec.hidden,
            "fullatt_block_indexes": [spec.vision_layers - 1],
            "initializer_range": spec.initializer_range,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
        architectures=["Qwen2_5_VLForConditionalGeneration"],
    )
    pixels_per_token = (2 * spec.patch) ** 2
    images = Qwen2VLImageProcessorPil(
        patch_size=spec.patch,
        min_pixels=spec.min_visual_tokens * pixels_per_token,
        max_pixels=spec.visual_tokens * pixels_per_token,
    )
    tokenizer.save_pretrained(out)
    images.save_pretrained(out)
    config.save_pretrained(out)
    GenerationConfig(
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]],
        pad_token_id=ids["<|endoftext|>"],
    ).save_pretrained(out)


def build(family: str, out: pathlib.Path, texts: list[str], spec: Spec | None = None) -> None:
    """Writes the folder `out` of the given family. ValueError for sizes that do not fit together."""
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, not {family!r}")
    if not texts:
        raise ValueError("the corpus holds no text")
    out.mkdir(parents=True, exist_ok=True)
    (build_gemma3 if family == "gemma3" else build_qwen2_5_vl)(out, texts, spec or Spec())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="chexengine.tiny_model", description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=FAMILIES, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--spec", type=pathlib.Path, help=f"JSON; defaults {json.dumps(asdict(Spec()))}")
    options = parser.parse_args(arguments)
    try:
        spec = parse_spec(json.loads(options.spec.read_text("utf8"))) if options.spec else Spec()
        build(options.family, options.out, read_corpus(options.corpus), spec)
    except (OSError, ValueError) as error:
        sys.exit(f"tiny_model: {error}")


if __name__ == "__main__":
    main()

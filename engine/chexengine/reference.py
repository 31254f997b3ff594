"""The same numbers by transformers alone, for the tests: its own processors, its own whole-model forward.

One row at a time, no padding, no cached features, none of this package's masks or positions.
"""

import contextlib

import torch
from PIL import Image
from transformers import AutoTokenizer, Gemma3Processor
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

from chexengine.pixels import decode


class QwenProcessor(Qwen2_5_VLProcessor):
    """transformers' processor without its video part, which needs torchvision."""

    @classmethod
    def get_attributes(cls):
        return ["image_processor", "tokenizer"]

    def __init__(self, image_processor, tokenizer):
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=tokenizer.chat_template)


def processor(family: str, folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if family == "gemma3":
        images = Gemma3ImageProcessorPil.from_pretrained(folder)
        return Gemma3Processor(images, tokenizer, chat_template=tokenizer.chat_template, image_seq_length=16)
    return QwenProcessor(Qwen2VLImageProcessorPil.from_pretrained(folder), tokenizer)


def inputs(family: str, folder, request) -> dict[str, torch.Tensor]:
    """The processor's whole output for one prompt of one user turn."""
    made = processor(family, folder)
    message = request.messages[0]
    content = [
        {"type": "image"} if part.WhichOneof("kind") == "image" else {"type": "text", "text": part.text}
        for part in message.parts
    ]
    text = made.tokenizer.apply_chat_template(
        [{"role": message.role, "content": content}], tokenize=False, add_generation_prompt=True
    )
    images: list[Image.Image] = [decode(image, "test") for image in request.images]
    return dict(made(text=[text], images=images or None, add_special_tokens=False, return_tensors="pt"))


def extended(given: dict[str, torch.Tensor], tokens: list[int]) -> dict[str, torch.Tensor]:
    """The inputs with a completion behind the prompt."""
    out = dict(given)
    more = torch.tensor([tokens])
    out["input_ids"] = torch.cat([given["input_ids"], more], dim=1)
    out["attention_mask"] = torch.ones_like(out["input_ids"])
    for name in ("token_type_ids", "mm_token_type_ids"):
        if name in given:
            out[name] = torch.cat([given[name], torch.zeros_like(more)], dim=1)
    return out


@contextlib.contextmanager
def own_attention(model):
    """The model with transformers' own attention and masks, not the engine's."""
    config = model.config.get_text_config()
    installed, config._attn_implementation = config._attn_implementation, "sdpa"
    try:
        yield
    finally:
        config._attn_implementation = installed


def logprobs(model, given: dict[str, torch.Tensor], tokens: list[int], temperature: float = 1.0) -> torch.Tensor:
    """Log-probabilities [tokens] of a completion, by the model's own forward over the whole row."""
    row = extended(given, tokens)
    if "pixel_values" in row:
        row["pixel_values"] = row["pixel_values"].to(model.dtype)
    if "image_grid_thw" not in row:
        row.pop("mm_token_type_ids", None)
    # Qwen2.5-VL's positions are state on the module: nothing of an earlier row may stay.
    if hasattr(model.model, "rope_deltas"):
        model.model.rope_deltas = None
    with own_attention(model):
        logits = model(**row, use_cache=False).logits[0]
    start = given["input_ids"].shape[1] - 1
    scores = (logits[start : start + len(tokens)] / temperature).log_softmax(dim=-1)
    return scores.gather(1, torch.tensor(tokens)[:, None]).squeeze(1)

"""What differs between the two model families, behind one interface.

A family turns messages into tokens, pictures into the tower's input and features, and says which positions
and which attention masks a row of tokens has. Everything else in the engine is the same for both.

Sources: transformers' own `modeling_*.py` and `processing_*.py` of the two families, whose numbers and tokens
`families_test.py` and `forward_test.py` reproduce. Not covered: videos, Gemma 3's pan and scan.
"""

import json
import pathlib
import re
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer, Gemma3ForConditionalGeneration, Qwen2_5_VLForConditionalGeneration
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

from chexengine.errors import invalid

# The language model's linear layers only: a plain list of suffixes would hit the vision tower too.
LORA_TARGETS = r".*language_model\.layers\.\d+\.(self_attn\.(q|k|v|o)_proj|mlp\.(gate|up|down)_proj)"


@dataclass(frozen=True)
class Pixels:
    """One picture as the vision tower takes it."""

    values: torch.Tensor  # Gemma 3 [3, side, side]; Qwen2.5-VL [patches, values of a patch]; float32
    grid: tuple[int, int, int] | None = None  # Qwen2.5-VL: patches in time, down, across


class Family:
    """Interface and shared parts; see `Gemma3` and `Qwen25VL`."""

    name: str
    model_class: type
    end_of_turn_text: str
    axes: int  # of positions

    def __init__(self, folder: pathlib.Path, config, min_visual_tokens: int, max_visual_tokens: int):
        self.config = config
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.template = self.tokenizer.chat_template or _legacy_template(folder)
        if not self.template:
            raise invalid(f"{folder}: the folder has no chat template")
        self.end_of_turn = self.tokenizer.convert_tokens_to_ids(self.end_of_turn_text)
        if self.end_of_turn is None or self.end_of_turn == self.tokenizer.unk_token_id:
            raise invalid(f"{folder}: the tokenizer has no {self.end_of_turn_text}")
        specials = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
        self._special = re.compile("|".join(re.escape(text) for text in sorted(specials, key=len, reverse=True)))

    def render(self, messages: list[dict]) -> str:
        """The chat template's text, ready for the assistant's turn. Roles and parts as transformers has them."""
        return self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, tokenize=False, add_generation_prompt=True
        )

    def special_in(self, text: str) -> str | None:
        """A special token written out in a text, which would otherwise act as one."""
        found = self._special.search(text)
        return found.group() if found else None

    def encode(self, text: str) -> list[int]:
        """Tokens of a rendered prompt; the template has written the special tokens already."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def encode_turn(self, text: str) -> list[int]:
        """Tokens of an assistant's turn and its end; a special token written in the text stays plain text."""
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return [*ids, self.end_of_turn]

    def settings(self) -> str:
        """Everything that decides what the tower sees of a picture, as text to be hashed."""
        return json.dumps(self.images.to_dict(), sort_keys=True, default=str)

    def expand(self, text: str, sizes: list[tuple[int, int]]) -> str:
        """The rendered text with each picture's placeholder repeated as often as it has tokens."""
        raise NotImplementedError

    def preprocess(self, image: Image.Image) -> Pixels:
        """The model's own image processor, PIL path."""
        raise NotImplementedError

    def features(self, model, pixels: list[Pixels]) -> list[torch.Tensor]:
        """Tower and projector: for each picture [tokens, hidden]."""
        raise NotImplementedError

    def positions(self, model, ids: list[int], grids: list[tuple[int, int, int]]) -> torch.Tensor:
        """Positions of a prompt's tokens: [1, tokens], or [3, tokens] where the rotary embedding has three axes."""
        raise NotImplementedError

    def bidirectional(self) -> bool:
        """Whether the tokens of one picture attend to each other both ways."""
        raise NotImplementedError

    def hidden(self, model, embeds, positions, masks, cache=None) -> torch.Tensor:
        """The language model: [rows, length, hidden] from embeddings and positions [axes, rows, length]."""
        raise NotImplementedError

    def grid(self, size: tuple[int, int]) -> tuple[int, int, int] | None:
        """The patch grid of a picture of (width, height); None where the tower's input has one size."""
        raise NotImplementedError


class Gemma3(Family):
    """Gemma 3 and MedGemma: SigLIP tower at one size, a fixed number of tokens a picture."""

    name = "gemma3"
    model_class = Gemma3ForConditionalGeneration
    end_of_turn_text = "<end_of_turn>"
    axes = 1

    def __init__(self, folder, config, min_visual_tokens, max_visual_tokens):
        super().__init__(folder, config, min_visual_tokens, max_visual_tokens)
        self.images = Gemma3ImageProcessorPil.from_pretrained(folder, do_pan_and_scan=False)
        self.image_token = config.image_token_id
        count = config.mm_tokens_per_image
        if (min_visual_tokens or count) > count or (max_visual_tokens or count) < count:
            raise invalid(f"Gemma 3 has exactly {count} visual tokens a picture: leave the budget at 0")
        tokens = self.tokenizer.image_token * count
        self._sequence = f"\n\n{self.tokenizer.boi_token}{tokens}{self.tokenizer.eoi_token}\n\n"
        self._side = (self.images.size["width"], self.images.size["height"]) if self.images.do_resize else None
        levels = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2))
        # [3, 256]: what the processor makes of each of a channel's values.
        self._levels = self.images(images=[levels], do_resize=False)["pixel_values"][0].reshape(3, 256)

    def expand(self, text, sizes):
        return text.replace(self.tokenizer.boi_token, self._sequence)

    def preprocess(self, image):
        if image.mode == "RGB" and image.size == self._side:
            # Nothing to resize: each value is looked up, to the processor's own bits in a quarter of its time.
            channels = np.asarray(image).transpose(2, 0, 1)
            return Pixels(
                torch.from_numpy(np.stack([np.take(*each) for each in zip(self._levels, channels, strict=True)]))
            )
        return Pixels(self.images(images=[image], return_tensors="pt")["pixel_values"][0])

    def features(self, model, pixels):
        values = torch.stack([picture.values for picture in pixels]).to(model.device, model.dtype)
        return list(model.model.get_image_features(values).pooler_output)

    def positions(self, model, ids, grids):
        return torch.arange(len(ids)).unsqueeze(0)

    def bidirectional(self):
        return True

    def hidden(self, model, embeds, positions, masks, cache=None):
        return model.model.language_model(
            inputs_embeds=embeds,
            attention_mask=masks,
            position_ids=positions[0],
            past_key_values=cache,
            use_cache=cache is not None,
        ).last_hidden_state

    def grid(self, size):
        return None


class Qwen25VL(Family):
    """Qwen2.5-VL: pictures of any size within a budget of tokens, rotary positions over time, height and width."""

    name = "qwen2_5_vl"
    model_class = Qwen2_5_VLForConditionalGeneration
    end_of_turn_text = "<|im_end|>"
    axes = 3

    def __init__(self, folder, config, min_visual_tokens, max_visual_tokens):
        super().__init__(folder, config, min_visual_tokens, max_visual_tokens)
        images = Qwen2VLImageProcessorPil.from_pretrained(folder)
        area = (images.patch_size * images.merge_size) ** 2  # pixels a visual token stands for
        size = dict(images.size)
        low = min_visual_tokens * area or size["shortest_edge"]
        high = max_visual_tokens * area or size["longest_edge"]
        if low > high:
            raise invalid(
                f"at least {low // area} visual tokens a picture and at most {high // area}: raise the latter"
            )
        self.images = Qwen2VLImageProcessorPil.from_pretrained(folder, min_pixels=low, max_pixels=high)
        self._budget = (low, high)
        self.image_token = config.image_token_id
        self._placeholder = self.tokenizer.convert_ids_to_tokens(self.image_token)

    def grid(self, size):
        width, height = size
        patch = self.images.patch_size
        low, high = self._budget
        down, across = smart_resize(height, width, patch * self.images.merge_size, low, high)
        return (1, down // patch, across // patch)

    def expand(self, text, sizes):
        counts = iter([_patches(self.grid(size)) // self.images.merge_size**2 for size in sizes])
        return re.sub(re.escape(self._placeholder), lambda found: found.group() * next(counts), text)

    def preprocess(self, image):
        done = self.images(images=[image], return_tensors="pt")
        return Pixels(done["pixel_values"], tuple(done["image_grid_thw"][0].tolist()))

    def features(self, model, pixels):
        values = torch.cat([picture.values for picture in pixels]).to(model.device, model.dtype)
        grids = torch.tensor([picture.grid for picture in pixels], device=model.device)
        return list(model.model.get_image_features(values, grids).pooler_output)

    def positions(self, model, ids, grids):
        tokens = torch.tensor([ids])
        # Without the token types the positions would silently be those of plain text.
        index, _ = model.model.get_rope_index(
            tokens,
            mm_token_type_ids=(tokens == self.image_token).int(),
            image_grid_thw=torch.tensor(grids) if grids else None,
        )
        return index[:, 0]

    def bidirectional(self):
        return False

    def hidden(self, model, embeds, positions, masks, cache=None):
        return model.model.language_model(
            inputs_embeds=embeds,
            attention_mask=masks,
            position_ids=positions,
            past_key_values=cache,
            use_cache=cache is not None,
        ).last_hidden_state


def family_class(config) -> type[Family]:
    """The family of a configuration. INVALID_ARGUMENT for one the engine does not know."""
    for family in (Gemma3, Qwen25VL):
        if config.model_type == family.name:
            return family
    raise invalid(f"model_type {config.model_type!r} is neither gemma3 nor qwen2_5_vl: give a checkpoint of these")


def _patches(grid: tuple[int, int, int]) -> int:
    return grid[0] * grid[1] * grid[2]


def _legacy_template(folder: pathlib.Path) -> str | None:
    """Older checkpoints keep the processor's template in its own JSON file."""
    path = folder / "chat_template.json"
    return json.loads(path.read_text("utf8"))["chat_template"] if path.exists() else None

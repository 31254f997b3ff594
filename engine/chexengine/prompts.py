"""Prompts: chat messages and pictures made ready once, kept under a handle."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import torch

from chexengine.errors import invalid, not_found
from chexengine.families import Pixels
from chexengine.feature_cache import FeatureCache
from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded
from chexengine.pixels import decode, pixel_hash
from chexengine.tower import by_picture

TEXTS = 256  # whose tokens are remembered, with the sizes of their pictures
AT_ONCE = 64  # prompts whose pictures are computed before they are kept: 80 MB of MedGemma's features


@dataclass(frozen=True)
class ImageSpan:
    """One picture's tokens within a prompt."""

    start: int
    length: int
    key: str  # of its features in the cache
    pixels: Pixels | None = None  # where the tower runs inside Forward and Sample
    features: torch.Tensor | None = None  # one-off pictures: kept with the prompt, not in the cache


@dataclass(frozen=True)
class Prompt:
    """What a handle stands for."""

    handle: str
    ids: list[int]
    positions: torch.Tensor  # [axes, tokens]
    images: list[ImageSpan] = field(default_factory=list)

    @property
    def next_position(self) -> int:
        return int(self.positions.max()) + 1


@dataclass(frozen=True)
class Draft:
    """A prompt of a Prepare before its pictures are computed."""

    handle: str
    ids: list[int]
    starts: list[tuple[int, int]]  # of each picture's tokens: start and length
    keys: list[str]  # of each picture
    request: pb.PromptRequest
    where: str


class PromptStore:
    """The prompts of this process; handles live until they are freed."""

    def __init__(self, model: Loaded, cache: FeatureCache):
        self._model = model
        self._cache = cache
        self._prompts: dict[str, Prompt] = {}
        # One text about many pictures is the rule: its tokens, the pictures' places among them, are made once.
        family = model.family
        self._encode = lru_cache(maxsize=TEXTS)(lambda text, sizes: family.encode(family.expand(text, sizes)))
        self._settings = hashlib.sha256(f"{model.hash}|{model.dtype_name}|{model.family.settings()}".encode())

    def get(self, handle: str) -> Prompt:
        prompt = self._prompts.get(handle)
        if prompt is None:
            raise not_found(
                f"prompt handle {handle!r} is unknown here: call Prepare again (handles end with the engine)"
            )
        return prompt

    def free(self, handle: str) -> None:
        self.get(handle)
        del self._prompts[handle]

    @property
    def full(self) -> bool:
        """Whether pictures are kept as the tower takes them, because it runs in every Forward and Sample."""
        return self._model.tower_inside

    def adopt(self, prompt: Prompt) -> None:
        """Keeps a prompt that another rank prepared."""
        self._prompts.setdefault(prompt.handle, prompt)

    def keep_features(self, key: str, features: torch.Tensor) -> None:
        """Puts a picture's features into the cache, as if the tower had given them here."""
        if self._cache.get(key) is None:
            self._cache.put(key, features)

    def features(self, prompt: Prompt) -> list[torch.Tensor]:
        """Each picture's features [tokens, hidden], where the tower is frozen."""
        found = []
        for number, span in enumerate(prompt.images):
            features = span.features if span.features is not None else self._cache.get(span.key)
            if features is None:
                raise not_found(f"prompt {prompt.handle}: the features of image {number} are gone: call Prepare again")
            found.append(features)
        return found

    def prepare(self, requests: Sequence[pb.PromptRequest], where: str) -> list[pb.Prompt]:
        """The prompts of a Prepare. The same prompt has the same handle, and costs nothing the second time."""
        out = []
        for start in range(0, len(requests), AT_ONCE):
            drafts = [
                self._draft(request, f"{where}: prompt {number}")
                for number, request in enumerate(requests[start : start + AT_ONCE], start)
            ]
            computed = self._compute(drafts)
            out += [self._take(draft, computed) for draft in drafts]
        return out

    def _draft(self, request: pb.PromptRequest, where: str) -> Draft:
        family = self._model.family
        images = [pixel_hash(image) for image in request.images]
        text = family.render(self._messages(request, where))
        ids = self._encode(text, tuple((image.width, image.height) for image in request.images))
        handle = self._digest("prompt", " ".join(map(str, ids)), *images)
        keys = [self._digest("image", image) for image in images]
        starts = _runs(ids, family.image_token)
        if len(starts) != len(images):
            raise invalid(f"{where}: {len(images)} images, but the chat template wrote {len(starts)}")
        return Draft(handle, ids, starts, keys, request, where)

    def _compute(self, drafts: list[Draft]) -> dict[str, Pixels | torch.Tensor]:
        """By key what the pictures still lack: features, or the tower's input where the tower runs later."""
        lacking: dict[str, tuple[pb.Image, int, str]] = {}
        for draft in drafts:
            if draft.handle in self._prompts:
                continue
            for key, (_, length), image in zip(draft.keys, draft.starts, draft.request.images, strict=True):
                if self._model.tower_inside or self._cache.get(key) is None:
                    lacking.setdefault(key, (image, length, draft.where))
        one = self._pixels if self._model.tower_inside else self._features
        return dict(zip(lacking, by_picture(self._model, one, list(lacking.values())), strict=True))

    def _take(self, draft: Draft, computed: dict[str, Pixels | torch.Tensor]) -> pb.Prompt:
        """Keeps a prompt, and its pictures' features in the cache."""
        handle, ids = draft.handle, draft.ids
        cached = handle in self._prompts
        if not cached:
            spans, cached = [], True
            for (start, length), key in zip(draft.starts, draft.keys, strict=True):
                span, hit = self._span(start, length, key, computed, draft.request.store)
                spans.append(span)
                cached = cached and hit
            grids = [self._model.family.grid((image.width, image.height)) for image in draft.request.images]
            positions = self._model.family.positions(self._model.hf, ids, grids)
            self._prompts[handle] = Prompt(handle, ids, positions, spans)
        count = sum(span.length for span in self._prompts[handle].images)
        return pb.Prompt(
            handle=handle,
            tokens=len(ids),
            image_tokens=count,
            features_cached=bool(draft.keys) and cached and not self._model.tower_inside,
        )

    def extend(self, handle: str, tokens: list[int]) -> pb.Prompt:
        """The prompt followed by the tokens, as a prompt of its own."""
        prompt = self.get(handle)
        if not tokens:
            raise invalid("Extend: no tokens given")
        check_tokens(tokens, self._model, "Extend")
        longer = self._digest("extend", handle, " ".join(map(str, tokens)))
        start = prompt.next_position
        more = torch.arange(start, start + len(tokens)).expand(prompt.positions.shape[0], -1)
        positions = torch.cat([prompt.positions, more], dim=1)
        self._prompts[longer] = Prompt(longer, [*prompt.ids, *tokens], positions, prompt.images)
        count = sum(span.length for span in prompt.images)
        return pb.Prompt(
            handle=longer,
            tokens=len(prompt.ids) + len(tokens),
            image_tokens=count,
            features_cached=bool(prompt.images) and not self._model.tower_inside,
        )

    def _messages(self, request: pb.PromptRequest, where: str) -> list[dict]:
        messages, used = [], []
        for message in request.messages:
            if message.role not in ("system", "user", "assistant"):
                raise invalid(f"{where}: role {message.role!r}: system, user or assistant")
            parts = []
            for part in message.parts:
                if part.WhichOneof("kind") == "image":
                    used.append(part.image)
                    parts.append({"type": "image"})
                    continue
                special = self._model.family.special_in(part.text)
                if special is not None:
                    raise invalid(f"{where}: the text contains the special token {special}: take it out")
                parts.append({"type": "text", "text": part.text})
            messages.append({"role": message.role, "content": parts})
        if not messages:
            raise invalid(f"{where}: no messages")
        if used != list(range(len(request.images))):
            raise invalid(f"{where}: the messages use images {used}: each of the {len(request.images)} once, in order")
        return messages

    def _span(self, start: int, length: int, key: str, computed: dict, store: bool) -> tuple[ImageSpan, bool]:
        """A picture's place in the prompt, and whether the tower was spared."""
        if self._model.tower_inside:
            return ImageSpan(start, length, key, pixels=computed[key]), False
        if self._cache.get(key) is not None:
            return ImageSpan(start, length, key), True
        if not store:
            return ImageSpan(start, length, key, features=computed[key]), False
        self._cache.put(key, computed[key])
        return ImageSpan(start, length, key), False

    def _pixels(self, given: tuple[pb.Image, int, str]) -> Pixels:
        image, _, where = given
        return self._model.family.preprocess(decode(image, where))

    def _features(self, given: tuple[pb.Image, int, str]) -> torch.Tensor:
        _, length, where = given
        features = self._model.family.features(self._model.hf, [self._pixels(given)])[0].cpu()
        if features.shape[0] != length:
            raise invalid(f"{where}: the tower gave {features.shape[0]} features for {length} image tokens")
        return features

    def _digest(self, *parts: str) -> str:
        digest = self._settings.copy()
        for part in parts:
            digest.update(f"|{len(part)}|{part}".encode())
        return digest.hexdigest()


def check_tokens(tokens, model: Loaded, where: str) -> None:
    """INVALID_ARGUMENT for a token outside the vocabulary."""
    highest = max(tokens)
    if highest >= model.vocabulary:
        raise invalid(f"{where}: token {highest} is outside the vocabulary of {model.vocabulary}")


def _runs(ids: list[int], token: int) -> list[tuple[int, int]]:
    """Where a token stands in a row: (start, length) of each run."""
    runs: list[tuple[int, int]] = []
    for index, value in enumerate(ids):
        if value != token:
            continue
        if runs and runs[-1][0] + runs[-1][1] == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return runs

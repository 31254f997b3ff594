"""Loads one model: from a folder or a hub snapshot, with its weights or with drawn ones."""

from __future__ import annotations

import hashlib
import pathlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from huggingface_hub import snapshot_download
from transformers import AutoConfig, GenerationConfig, PreTrainedModel

from chexengine import attention, tower_kernels
from chexengine.errors import invalid, not_found
from chexengine.families import Family, family_class
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_build import NoKernelsError, compiler_found
from chexengine.kernels import Kernels, kernels, name_of
from chexengine.random_weights import draw

if TYPE_CHECKING:
    from chexengine.kernel_weights import Frozen

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}

# What the kernels compute in. A float64 model's norms are rounded to float32 in transformers' modules; kernels, which
# add up in another order, would not round alike, so tests alone have them in float64.
SERVED = ("float32",)
# Weights of the language model's layers at most: the kernels have them laid out in two ways more.
KERNEL_BYTES = 1 << 28

# Configuration, tokenizer, processor and safetensors; never pickled weights, never code.
HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.jinja", "merges.txt"]

HASH_BLOCK_BYTES = 1 << 22  # read at a time: large enough for the disk, small beside the memory


@dataclass
class Loaded:
    """The model of this process and what belongs to it for good."""

    hf: PreTrainedModel
    family: Family
    folder: pathlib.Path
    source: str
    hash: str
    dtype_name: str
    full: bool
    checkpointing: bool
    without: frozenset[int]  # shortcuts that are off
    stop_tokens: frozenset[int]
    parameters: int  # of the model itself; counted once, because adapters join its modules later
    kernels: Kernels | None  # that serve it
    kernels_state: str  # what they were compiled by, or why there are none
    frozen: Frozen | None = None  # its weights as the kernels read them (`kernel_weights.py`), once they are asked for

    @property
    def device(self) -> torch.device:
        return self.hf.device

    @property
    def score_dtype(self) -> torch.dtype:
        """Probabilities are computed in float32 at least, whatever the weights are."""
        return torch.float64 if self.hf.dtype == torch.float64 else torch.float32

    @property
    def vocabulary(self) -> int:
        return self.hf.config.get_text_config().vocab_size

    def uses(self, shortcut: int) -> bool:
        """Whether a shortcut of the contract is on."""
        return shortcut not in self.without

    @property
    def share_prompts(self) -> bool:
        return self.uses(pb.SHORTCUT_SHARED_PROMPT)

    @property
    def tower_inside(self) -> bool:
        """Whether pictures go through the tower anew each time, because it trains or because nothing is to be kept."""
        return self.full or not self.uses(pb.SHORTCUT_FEATURE_CACHE)

    def describe(self) -> pb.Model:
        return pb.Model(
            family=self.family.name,
            source=self.source,
            hash=self.hash,
            dtype=self.dtype_name,
            parameters=self.parameters,
            vocabulary=self.vocabulary,
            eos_token=self.family.end_of_turn,
        )


def load(request: pb.LoadRequest) -> Loaded:
    """Answers Load. INVALID_ARGUMENT or NOT_FOUND names what is wrong with the request or the folder."""
    if request.dtype not in DTYPES:
        raise invalid(f"dtype {request.dtype!r}: one of {', '.join(DTYPES)}")
    without = _without(request)
    if request.threads:
        torch.set_num_threads(request.threads)
    # On Hopper a masked head-dimension-256 backward in cuDNN's attention gave NaN for a sibling model.
    torch.backends.cuda.enable_cudnn_sdp(False)
    folder = _folder_of(request)
    config = AutoConfig.from_pretrained(folder)
    _without_dropout(config)
    kind = family_class(config)
    family = kind(folder, config, request.min_visual_tokens, request.max_visual_tokens)
    device = torch.device(request.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    dtype = DTYPES[request.dtype]
    if request.random_weights:
        hf = draw(kind.model_class, config, dtype, device, request.seed)
        digest = _hash_tensors(folder, hf)
    else:
        if not list(folder.glob("*.safetensors")):
            raise not_found(f"{folder} holds no *.safetensors: give a folder with weights, or ask for random weights")
        hf = kind.model_class.from_pretrained(
            folder, config=config, dtype=dtype, attn_implementation="sdpa", use_safetensors=True
        ).to(device)
        digest = _hash_files(folder)
    if pb.SHORTCUT_SHARED_KEYS not in without:
        attention.install(hf.config.get_text_config(), seen_keys=pb.SHORTCUT_SEEN_KEYS not in without)
    served, kernels_state = _kernels_for(hf, without)
    if served is not None:
        tower_kernels.install(hf, served)
    full = request.trainable == pb.TRAINABLE_FULL
    hf.requires_grad_(full)
    # Always in training mode: eval() would switch gradient checkpointing off, and no other dropout is left.
    hf.train()
    if request.gradient_checkpointing:
        hf.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    loaded = Loaded(
        hf=hf,
        family=family,
        folder=folder,
        source=request.source,
        hash=digest,
        dtype_name=request.dtype,
        full=full,
        checkpointing=request.gradient_checkpointing,
        without=without,
        stop_tokens=_stop_tokens(folder, family),
        parameters=sum(parameter.numel() for parameter in hf.parameters()),
        kernels=served,
        kernels_state=kernels_state,
    )
    set_checkpointing(loaded, False)
    return loaded


def set_checkpointing(model: Loaded, on: bool) -> None:
    """Switches recomputation for the next forward, if it was asked for; only one that keeps its graph gains by it."""
    if not model.checkpointing:
        return
    for module in model.hf.modules():
        if hasattr(module, "gradient_checkpointing"):
            module.gradient_checkpointing = on


def _without(request: pb.LoadRequest) -> frozenset[int]:
    known = frozenset(pb.Shortcut.values()) - {pb.SHORTCUT_UNSPECIFIED}
    asked = frozenset(request.without)
    if asked - known:
        raise invalid(f"Load: without {sorted(asked - known)}: this engine has no such shortcuts")
    return known if request.plain else asked


def _kernels_for(hf: PreTrainedModel, without: frozenset[int]) -> tuple[Kernels | None, str]:
    """The compiled kernels, if they serve the model, and one line on them."""
    config, name = hf.config.get_text_config(), name_of(hf.dtype)
    if pb.SHORTCUT_KERNELS in without:
        return None, "off by request"
    if hf.device.type != "cpu" or name not in SERVED:
        return None, f"none for {name or hf.dtype} on {hf.device.type}"
    if sum(weight.nbytes for weight in hf.model.language_model.layers.parameters()) > KERNEL_BYTES:
        return None, f"none for models of more than {KERNEL_BYTES >> 20} MiB"
    try:
        found = kernels(name)
    except NoKernelsError as reason:
        return None, f"none: {reason}"
    sizes = (config.hidden_size, config.intermediate_size, head_size(config))
    if not found.fits(*sizes):
        return None, f"none for widths of {sizes}"
    return found, compiler_found()


def head_size(config) -> int:
    """Numbers of one head of a language model."""
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def _folder_of(request: pb.LoadRequest) -> pathlib.Path:
    folder = pathlib.Path(request.source)
    if (folder / "config.json").is_file():
        return folder
    if folder.exists() or request.source.startswith((".", "/", "~")):
        raise not_found(f"{request.source} holds no config.json: give a Hugging Face model folder")
    if not request.revision:
        raise invalid(f"{request.source} is no folder; a hub id needs a revision")
    try:
        return pathlib.Path(snapshot_download(request.source, revision=request.revision, allow_patterns=HUB_FILES))
    except Exception as error:  # the hub's client has a dozen error types, all of which mean the same here
        line = " ".join(str(error).split())
        raise not_found(f"{request.source} at {request.revision} cannot be fetched from the hub: {line}") from error


def _without_dropout(config) -> None:
    """No dropout but LoRA's own: the model stays in training mode even when it samples."""
    for part in (config, config.get_text_config(), config.vision_config):
        for name in ("attention_dropout", "hidden_dropout", "dropout"):
            if hasattr(part, name):
                setattr(part, name, 0.0)


def _stop_tokens(folder: pathlib.Path, family: Family) -> frozenset[int]:
    """The end of a turn, and whatever else the checkpoint's `generate` stops at."""
    stops = {family.end_of_turn}
    if (folder / "generation_config.json").exists():
        listed = GenerationConfig.from_pretrained(folder).eos_token_id
        stops.update(listed if isinstance(listed, list) else [] if listed is None else [listed])
    return frozenset(stops)


def _hash_files(folder: pathlib.Path) -> str:
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()


def _hash_tensors(folder: pathlib.Path, hf: PreTrainedModel) -> str:
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for name, tensor in hf.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().contiguous().cpu().view(torch.uint8).numpy())
    return digest.hexdigest()

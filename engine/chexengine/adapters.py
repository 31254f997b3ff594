"""The adapters of one model: LoRA through PEFT, or the whole model as the adapter named "full".

Deviation from PEFT: its `set_adapter` makes the chosen adapter trainable and the others not. Here an adapter
is trainable or frozen from its making on, and activating one only chooses which takes part in a forward.
"""

import contextlib
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer

from chexengine import dropout, lora_linear
from chexengine.adapter_misfits import load_whole, more_than_lora, of_another_model
from chexengine.errors import invalid, not_found, precondition
from chexengine.families import LORA_TARGETS
from chexengine.gen import engine_pb2 as pb
from chexengine.kernels import Kernels
from chexengine.model import Loaded

FULL = "full"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass
class Adapter:
    """One adapter's weights, its gradient so far and its optimizer."""

    name: str
    trainable: bool
    parameters: dict[str, torch.nn.Parameter]
    kernels: Kernels | None = None  # that may move its weights
    step: int = 0
    version: int = 1
    gradients: dict[str, torch.Tensor] = field(default_factory=dict)  # summed since the last Step
    moments: dict[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    updates: int = 0  # AdamW's own count: steps that were not skipped
    last_step: pb.StepResponse | None = None

    def describe(self) -> pb.Adapter:
        return pb.Adapter(
            name=self.name,
            trainable=self.trainable,
            step=self.step,
            version=self.version,
            parameters=sum(parameter.numel() for parameter in self.parameters.values()),
        )

    def require_trainable(self, verb: str) -> None:
        if not self.trainable:
            raise precondition(f"{verb}: adapter {self.name!r} is frozen: ask for a trainable one")


class Adapters:
    """All adapters by name; the empty name is the base model."""

    def __init__(self, model: Loaded):
        self._model = model
        self._peft: PeftModel | None = None
        self._layers: list[LoraLayer] = []
        self._adapters: dict[str, Adapter] = {}
        if model.full:
            self._adapters[FULL] = Adapter(FULL, True, dict(model.hf.named_parameters()), model.kernels)

    @property
    def peft(self) -> PeftModel:
        """PEFT's wrapper; exists as soon as an adapter does."""
        if self._peft is None:
            raise precondition("no adapter was made yet")
        return self._peft

    def all(self) -> list[Adapter]:
        return list(self._adapters.values())

    def get(self, name: str) -> Adapter:
        adapter = self._adapters.get(name)
        if adapter is None:
            known = ", ".join(self._adapters) or "none"
            raise not_found(f"adapter {name!r} is unknown (there is: {known}): make it with NewAdapter")
        return adapter

    def has_variants(self, name: str) -> bool:
        """Whether an adapter computes something other than x W^T + s (x A^T) B^T."""
        return any(name in layer.lora_variant or layer.lora_bias.get(name) for layer in self._layers)

    def check(self, name: str) -> None:
        """NOT_FOUND unless the name is an adapter's, or empty where there is a base model apart from it."""
        if name:
            self.get(name)
        elif self._model.full:
            raise invalid('with full training the model is the adapter "full": give that name')

    def new_lora(self, name: str, lora: pb.Lora, trainable: bool) -> Adapter:
        """Draws a LoRA: A by Kaiming's uniform rule from the seed, B zero, as in PEFT."""
        self._check_new(name)
        if lora.rank < 1 or not 0 <= lora.dropout < 1:
            raise invalid(f"LoRA: rank {lora.rank}, dropout {lora.dropout}: rank at least 1, dropout in [0, 1)")
        config = LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=LORA_TARGETS,
            bias="none",
            task_type="CAUSAL_LM",
            inference_mode=not trainable,
        )
        devices = [self._model.device] if self._model.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(lora.seed)
            self._make_room(name, config)
        self.peft.peft_config[name].base_model_name_or_path = self._model.source
        return self._register(name, trainable)

    def from_folder(self, name: str, folder: str, trainable: bool) -> Adapter:
        """Loads an adapter from PEFT's layout. INVALID_ARGUMENT for one that is no LoRA or does not fit."""
        self._check_new(name)
        path = pathlib.Path(folder)
        if not (path / "adapter_model.safetensors").is_file():
            raise not_found(f"{folder} holds no adapter_model.safetensors: give a folder in PEFT's layout")
        config = PeftConfig.from_pretrained(path)
        more = more_than_lora(config, path)
        if more is not None:
            raise more
        config.inference_mode = not trainable
        try:
            self._make_room(name, config)
        except ValueError as error:
            raise of_another_model(error, path) from error
        wrong = load_whole(self.peft, name, path)
        if wrong is not None:
            self._take_out(name)
            raise wrong
        return self._register(name, trainable)

    def free(self, name: str) -> None:
        self.get(name)
        if self._model.full:
            raise precondition("the adapter named full is the model itself and cannot be freed")
        del self._adapters[name]
        self._take_out(name)
        self._freeze()

    def _make_room(self, name: str, config: LoraConfig) -> None:
        if self._peft is None:
            self._peft = get_peft_model(self._model.hf, config, adapter_name=name)
        else:
            self._peft.add_adapter(name, config)

    def _take_out(self, name: str) -> None:
        """Out of the modules; the last one takes PEFT's layers with it."""
        if self._adapters:
            self.peft.delete_adapter(name)
        else:
            self.peft.unload()
            self._peft = None
            self._layers = []

    @contextlib.contextmanager
    def active(self, name: str, dropout: bool) -> Iterator[None]:
        """Within the block the adapter alone takes part in forwards; dropout has probability 0 unless asked."""
        for layer in self._layers:
            layer._active_adapter = [name] if name else []
            if name not in layer.lora_dropout:
                continue  # an adapter may leave layers out
            module = layer.lora_dropout[name]
            if isinstance(module, torch.nn.Dropout):
                module.p = self.peft.peft_config[name].lora_dropout if dropout else 0.0
        yield

    def _check_new(self, name: str) -> None:
        if self._model.full:
            raise precondition("the model was loaded for full training: it takes no adapters")
        # PEFT keeps adapters as attributes of a module: "half" or "train" would take a method's place.
        if not _NAME.fullmatch(name) or name == FULL or hasattr(torch.nn.ModuleDict, name):
            raise invalid(
                f"adapter name {name!r}: letters, digits, - and _, and not {FULL} or what torch's modules have"
            )
        if name in self._adapters:
            raise precondition(f"adapter {name!r} exists already: free it first")

    def _register(self, name: str, trainable: bool) -> Adapter:
        self._layers = [module for module in self._model.hf.modules() if isinstance(module, LoraLayer)]
        for layer in self._layers:
            dropout.install(layer, name)
            if self._model.uses(pb.SHORTCUT_FUSED_LORA):
                lora_linear.install(layer)
        parameters = {
            key: parameter
            for key, parameter in self._model.hf.named_parameters()
            if f".{name}." in key and ".lora_" in key
        }
        self._adapters[name] = Adapter(name, trainable, parameters, self._model.kernels)
        self._freeze()
        self._model.hf.train()
        return self._adapters[name]

    def _freeze(self) -> None:
        """PEFT switches gradients on and off by which adapter is active; here only what an adapter is decides."""
        self._model.hf.requires_grad_(False)
        for adapter in self._adapters.values():
            for parameter in adapter.parameters.values():
                parameter.requires_grad_(adapter.trainable)

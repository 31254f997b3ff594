"""The frozen tower's features, once per picture for the whole run: in memory, past a limit on disk."""

import pathlib
import threading
from collections import OrderedDict

import torch
from safetensors.torch import load_file

from chexengine.durable import write_tensors

DEFAULT_MEMORY_BYTES = 4 << 30  # about 3,000 pictures of MedGemma in bfloat16


class FeatureCache:
    """Least recently used features leave memory first. Without a folder all of them stay in memory.

    For any number of threads: the parts of a Forward fetch their own.
    """

    def __init__(self, folder: str = "", memory_bytes: int = 0):
        self._folder = pathlib.Path(folder) if folder else None
        self._limit = memory_bytes or DEFAULT_MEMORY_BYTES
        self._held = 0
        self._memory: OrderedDict[str, torch.Tensor] = OrderedDict()
        # Held while a file is written or read as well: in between, features would be in neither place.
        self._lock = threading.Lock()

    def get(self, key: str) -> torch.Tensor | None:
        """The features [tokens, hidden] on the CPU, or None."""
        with self._lock:
            features = self._memory.get(key)
            if features is not None:
                self._memory.move_to_end(key)
                return features
            path = self._path(key)
            if path is None or not path.exists():
                return None
            features = load_file(path)["features"]
            self._keep(key, features)
            return features

    def put(self, key: str, features: torch.Tensor) -> None:
        with self._lock:
            self._keep(key, features.detach().cpu())

    def _keep(self, key: str, features: torch.Tensor) -> None:
        known = self._memory.pop(key, None)
        self._memory[key] = features
        self._held += features.nbytes - (0 if known is None else known.nbytes)
        if self._folder is None:
            return
        while self._held > self._limit and len(self._memory) > 1:
            old_key, old = self._memory.popitem(last=False)
            self._held -= old.nbytes
            path = self._path(old_key)
            if path is not None and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                write_tensors(path, {"features": old})

    def _path(self, key: str) -> pathlib.Path | None:
        # Two levels, so that no folder grows to a hundred thousand files.
        return self._folder / key[:2] / f"{key}.safetensors" if self._folder else None

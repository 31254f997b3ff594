"""Files that are written whole or not at all: temporary name, fsync, rename, fsync of the folder."""

import contextlib
import hashlib
import os
import pathlib
import shutil
from collections.abc import Iterator

import torch
from safetensors.torch import save


def write_bytes(path: pathlib.Path, data: bytes) -> None:
    """Replaces the file in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def write_tensors(path: pathlib.Path, tensors: dict[str, torch.Tensor]) -> str:
    """Writes a safetensors file in one step and returns its SHA-256. The same tensors give the same bytes."""
    data = save({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}, {"format": "pt"})
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def whole_folder(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A temporary folder whose files become the folder's when the block ends without an exception.

    A folder that does not exist appears in one step; into one that does, each file moves in one step.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for path in temporary.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(temporary)
        if folder.exists():
            for path in sorted(temporary.iterdir()):
                path.replace(folder / path.name)
            sync_folder(folder)
            temporary.rmdir()
        else:
            temporary.replace(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def sync_folder(folder: pathlib.Path) -> None:
    """Makes renames inside the folder last through a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

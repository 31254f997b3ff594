"""Compiles the kernels (`engine/kernels`) by the machine's own C compiler, once, into the user's cache folder.

Compiled for the processor at hand, since a wheel's common denominator would halve what they gain. Without a compiler
the engine computes the same by torch, slower, and says so (Describe, `chexreason doctor`). Nothing is fetched.

    python -m chexengine.kernel_build     # compiles them now; prints the compiler, or why there are none
"""

import contextlib
import ctypes
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
from functools import cache

FOLDER = pathlib.Path(__file__).parents[1] / "kernels"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno")
# For some of these processors GCC takes multiplication and sum apart where a sum stands alone, and together where
# several stand side by side: a row's bits would depend on its neighbours.
X86_FLAGS = ("-march=native", "--param=avoid-fma-max-bits=0")
OTHER_FLAGS = ("-mcpu=native",)
# How each type of numbers is named in C, and whether it is the wider one.
TYPES = {"float32": ("float", 0), "float64": ("double", 1)}
SECONDS = 120  # compiling takes two


class NoKernelsError(Exception):
    """They cannot be had on this machine; one line says why."""


def build(dtype: str) -> pathlib.Path:
    """The shared library for a type of numbers, compiled unless that was done before. Raises NoKernelsError."""
    compiler, version = _compiler()
    flags = [*FLAGS, *(X86_FLAGS if is_x86() else OTHER_FLAGS)]
    sources = sorted(FOLDER.glob("*.[ch]"))
    digest = hashlib.sha256("|".join([version, _processor(), *flags]).encode())
    for path in sources:
        digest.update(path.read_bytes())
    library = cache_folder() / f"kernels-{digest.hexdigest()[:12]}" / f"{dtype}.so"
    if not library.exists():
        name, wide = TYPES[dtype]
        options = [*flags, f"-DREAL={name}", f"-DREAL_IS_DOUBLE={wide}"]
        _compile([compiler, *options, *(str(path) for path in sources if path.suffix == ".c"), "-lm"], library)
    return library


def load_library(dtype: str) -> ctypes.CDLL:
    """The library, in this process. Raises NoKernelsError, also where what was compiled cannot be loaded."""
    library = build(dtype)
    try:
        return ctypes.CDLL(str(library))
    except OSError as error:  # nothing may be run from that folder, or the file is no longer whole
        raise NoKernelsError(
            f"{error}: delete {library.parent}, or set XDG_CACHE_HOME to a folder from which programs may be run"
        ) from error


def compiler_found() -> str:
    """The compiler that they are or would be compiled by, or why there is none."""
    try:
        return _compiler()[1]
    except NoKernelsError as reason:
        return f"none: {reason}"


def is_x86() -> bool:
    return platform.machine() in ("x86_64", "AMD64")


def cache_folder() -> pathlib.Path:
    """As `cacheFolder` in src/engine/cache-folder.ts has it, whose choice arrives in the environment."""
    given = os.environ.get("CHEXENGINE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(given) if given else pathlib.Path(base) / "chexreason"


@cache
def _compiler() -> tuple[str, str]:
    """Path and first line of its version."""
    asked = os.environ.get("CC")
    for name in (asked,) if asked else COMPILERS:
        path = shutil.which(name)
        if path is None:
            continue
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS)
            if answer.returncode == 0 and answer.stdout:
                return path, answer.stdout.splitlines()[0]
    raise NoKernelsError(f"no C compiler ({asked or ', '.join(COMPILERS)}) on the path answers")


def _compile(command: list[str], library: pathlib.Path) -> None:
    """Under another name first: several engines may start at once."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            made = pathlib.Path(folder) / library.name
            answer = subprocess.run(
                [*command, "-o", str(made)], capture_output=True, text=True, check=False, timeout=SECONDS
            )
            if answer.returncode != 0:
                lines = [line for line in answer.stderr.splitlines() if "error" in line] or ["no reason given"]
                raise NoKernelsError(f"{command[0]} cannot compile them: {lines[0]}")
            with made.open("rb") as file:
                os.fsync(file.fileno())  # a library that a power cut has shortened would end the process that loads it
            made.replace(library)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoKernelsError(str(error)) from error


def _processor() -> str:
    """What "native" means here: a home folder may be shared by machines of several kinds."""
    path = pathlib.Path("/proc/cpuinfo")
    if not path.exists():
        return f"{platform.machine()} {platform.processor()}"
    named = ("model name", "flags", "Features", "CPU part")
    return "|".join(sorted({line for line in path.read_text().splitlines() if line.startswith(named)}))


if __name__ == "__main__":
    try:
        load_library("float32")
        print(compiler_found())
    except NoKernelsError as error:
        print(f"none: {error}")

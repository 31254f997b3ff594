"""The same requests give the same bytes, in this process and in another."""

import os
import pathlib
import subprocess
import sys

import torch

from chexengine import determinism


def test_two_processes_agree(folder):
    try:
        here = determinism.run(folder)
    finally:
        torch.set_num_threads(1)
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent.parent)}
    there = subprocess.run(
        [sys.executable, "-m", "chexengine.determinism", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.splitlines() == here
    assert len(set(here)) == len(here)  # nothing stood still

"""Fixtures of all tests: the tiny folders, one thread, no network."""

import os
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest
import torch

from chexengine import testing

torch.set_num_threads(1)
warnings.filterwarnings("ignore")


@pytest.fixture(scope="session", params=testing.FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return str(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def folder(root, family):
    """A tiny folder of each family in turn."""
    return testing.tiny_folder(root, family)


@pytest.fixture(scope="session")
def gemma_folder(root):
    return testing.tiny_folder(root, "gemma3")


@pytest.fixture(scope="session")
def qwen_folder(root):
    return testing.tiny_folder(root, "qwen2_5_vl")

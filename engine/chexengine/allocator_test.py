"""The allocator's settings are taken, where there are such."""

import ctypes
import platform

import pytest

from chexengine import allocator


def test_glibc_takes_each_setting(monkeypatch):
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("not glibc")
    taken = []
    library = ctypes.CDLL(None)

    class Spy:
        @staticmethod
        def mallopt(name, value):
            taken.append((name, library.mallopt(name, value)))

    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: Spy)
    allocator.keep_freed_memory()
    names = allocator.M_ARENA_MAX, allocator.M_MMAP_THRESHOLD, allocator.M_TRIM_THRESHOLD
    assert sorted(taken) == [(name, 1) for name in names]


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: pytest.fail("it was loaded"))
    allocator.keep_freed_memory()

"""Compiling: once, for this processor, and what is said where it cannot be done."""

import pathlib
import shutil

import pytest

from chexengine import kernel_build, testing
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_build import NoKernelsError, build, cache_folder, compiler_found
from chexengine.kernels import kernels


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHEXENGINE_CACHE", str(tmp_path))
    forget()
    yield tmp_path
    forget()


def forget():
    kernel_build._compiler.cache_clear()
    kernels.cache_clear()


def test_they_are_compiled_once(cache):
    testing.need_compiler()
    library = build("float64")
    assert library.parent.parent == cache
    made = library.stat().st_mtime_ns
    assert build("float64") == library
    assert library.stat().st_mtime_ns == made
    assert [path.name for path in library.parent.iterdir()] == ["float64.so"]


def test_other_sources_or_another_processor_are_compiled_anew(tmp_path, monkeypatch):
    testing.need_compiler()
    first = build("float64")
    copy = tmp_path / "sources"
    shutil.copytree(kernel_build.FOLDER, copy)
    with (copy / "gate.c").open("a") as file:
        file.write("// changed\n")
    with monkeypatch.context() as other:
        other.setattr(kernel_build, "FOLDER", copy)
        assert build("float64") != first
    monkeypatch.setattr(kernel_build, "_processor", lambda: "another")
    assert build("float64") != first


def test_a_source_that_does_not_compile_is_named_in_one_line(tmp_path, monkeypatch):
    testing.need_compiler()
    copy = tmp_path / "sources"
    shutil.copytree(kernel_build.FOLDER, copy)
    (copy / "gate.c").write_text("int broken(\n")
    monkeypatch.setattr(kernel_build, "FOLDER", copy)
    with pytest.raises(NoKernelsError, match=r"gate\.c.*error") as failed:
        build("float64")
    assert "\n" not in str(failed.value)
    assert not list(cache_folder().glob("*/*.so"))


def test_a_library_that_cannot_be_loaded_is_none_and_is_named(root):
    testing.need_compiler()
    library = build("float32")
    library.write_bytes(b"")
    made = testing.engine(testing.wide_folder(root, "gemma3"), "float32")
    said = made.describe("", 0).kernels
    assert said.startswith("none: ")
    assert f"delete {library.parent}" in said


def test_a_compiler_that_cannot_be_started_is_none(tmp_path, monkeypatch):
    broken = tmp_path / "cc"
    broken.write_text("#!/nowhere/at/all\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert compiler_found().startswith("none: no C compiler")


def test_without_a_compiler_the_engine_computes_by_torch_and_says_so(root, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(NoKernelsError, match=r"no C compiler \(cc, gcc, clang\)"):
        build("float32")
    made = testing.engine(testing.wide_folder(root, "gemma3"), "float32")
    assert made.describe("", 0).kernels == "none: no C compiler (cc, gcc, clang) on the path answers"
    testing.new_policy(made)
    groups = testing.groups(testing.prepare(made, testing.prompt("No image here.")))
    assert made.forward(pb.ForwardRequest(groups=groups, adapter="policy")).groups


def test_a_compiler_that_is_asked_for_is_the_only_one_tried(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(NoKernelsError, match="no-such-compiler"):
        build("float32")


def test_describe_names_the_compiler(root, monkeypatch):
    testing.need_compiler()
    assert testing.Engine("test").describe("", 0).kernels == compiler_found()
    folder = testing.wide_folder(root, "gemma3")
    assert testing.engine(folder, "float32").describe("", 0).kernels == compiler_found()
    without = testing.engine(folder, "float32", without=[pb.SHORTCUT_KERNELS])
    assert without.describe("", 0).kernels == "off by request"
    assert testing.engine(folder, "float64").describe("", 0).kernels == "none for float64 on cpu"


def test_the_cache_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("CHEXENGINE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "chexreason"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == pathlib.Path.home() / ".cache" / "chexreason"
